// Texts that end an answer. Text is handed on as it comes, except what could still become part of a
// stop string; a stop string and what follows it never come out. What comes out does not depend on
// how the text was cut into pieces. Threads: one at a time. Cost: linear in the text times the
// number of stop strings.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// Whether these can be stop strings. Errors: invalid (one is empty or not UTF-8).
Result<void> check_stop_strings(std::span<const std::string> stops);

class StopStrings {
 public:
  /// The list must outlive this.
  explicit StopStrings(std::span<const std::string> stops) : stops_(stops) {}

  /// The text that may be handed on after `text` (whole characters) has come. Once a stop string
  /// has been found, nothing more.
  std::string push(std::string_view text);
  /// What was held back, at the end.
  std::string finish();
  /// The stop string that was found, or null. Of several the one that was complete first, and of
  /// these the longest.
  const std::string* found() const { return found_; }

 private:
  size_t held_bytes() const;

  std::span<const std::string> stops_;
  const std::string* found_ = nullptr;
  std::string pending_;
};

}  // namespace sluice
