// Writes a model's answer to standard output as it comes. On a terminal thinking is dimmed, and
// control characters of the model cannot reach it; elsewhere the text is as the model wrote it.
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/console.hpp"
#include "cli/thinking.hpp"

namespace sluice::cli {

struct AnswerStyle {
  bool terminal = false;        ///< standard output is one
  bool dim = false;             ///< it can show dimmed text
  bool show_thinking = true;
  bool thinking_begun = false;  ///< the prompt has ended with <think>
};

/// What standard output can do, by what it is and NO_COLOR and TERM.
AnswerStyle detect_style();

class AnswerWriter {
 public:
  /// The console must outlive this.
  AnswerWriter(Console& console, const AnswerStyle& style);
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  void write(std::string_view text);
  /// What was held back, and a line feed if there was none.
  void finish();
  /// Set when standard output could not be written; nothing is written after.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  void show(bool is_thinking, std::string_view text);
  void put(std::string_view text);

  Console& console_;
  AnswerStyle style_;
  Thinking thinking_;
  bool verbatim_;
  bool dimming_ = false;
  size_t hidden_characters_ = 0;
  char last_ = '\n';
  std::optional<Error> failure_;
};

}  // namespace sluice::cli
