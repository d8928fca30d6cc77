// What is seen of a generation while it runs: a progress line until the answer begins; with --live
// rates, which stay in the last row while the answer is written above. Threads: the one that
// computes.
#pragma once

#include <functional>
#include <optional>

#include "cli/bottom_row.hpp"
#include "cli/console.hpp"
#include "cli/live_line.hpp"

namespace sluice::cli {

class LiveDisplay {
 public:
  /// `session` and `console` must outlive this.
  LiveDisplay(const Session& session, Console& console, bool live);

  /// For GenerateOptions::on_layer, which must not outlive this; the prompt has so many new tokens.
  std::function<void(size_t layer, size_t layers)> for_prompt(size_t tokens);
  /// A token has come; afterwards the answer may be written.
  void token();
  /// Takes the display away.
  void end();

 private:
  Console& console_;
  LiveLine line_;
  std::optional<BottomRow> row_;
  bool stays_ = false;  // is seen while the answer is written, too
  size_t tokens_ = 0;
};

}  // namespace sluice::cli
