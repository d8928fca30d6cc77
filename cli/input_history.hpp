// What was typed before: in memory, and in a file that only the user may read. Each entry is one
// line of the file, as a JSON string, so that entries may have several lines. Threads: one at a
// time; several programs may add to the file at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice::cli {

class InputHistory {
 public:
  /// Without a file.
  InputHistory() = default;
  /// Reads the file if it exists. Errors: io; the history then works without a file.
  Result<void> open(const std::string& path);
  /// Adds to the end, unless it is there already, or empty.
  void add(const std::string& entry);

  /// The newest entry before `index` (size() for the newest of all) that begins with `prefix`, and
  /// the oldest after it.
  std::optional<size_t> before(size_t index, std::string_view prefix) const;
  std::optional<size_t> after(size_t index, std::string_view prefix) const;
  const std::string& entry(size_t index) const { return entries_[index]; }
  size_t size() const { return entries_.size(); }

 private:
  std::vector<std::string> entries_;
  std::string path_;
};

/// $XDG_STATE_HOME/sluice/history, or ~/.local/state/sluice/history; empty if neither is known.
std::string default_history_path();

}  // namespace sluice::cli
