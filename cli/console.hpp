// Standard error for people: progress on a terminal, notes, and the one line of an error. Also the
// files that commands read and write. Threads: one.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice::cli {

class Console {
 public:
  explicit Console(bool quiet);
  ~Console() { clear(); }

  /// One line, unless quiet.
  void note(const std::string& text);
  /// The same, but only the first time that it is told this text.
  void note_once(const std::string& text);
  /// One line or more that was asked for, quiet or not.
  void say(const std::string& text);
  /// Redraws the progress line, at most ten times a second; only on a terminal and not if quiet.
  void progress(const std::string& text);
  /// Removes the progress line.
  void clear();
  /// True if progress would be seen.
  bool draws() const { return draws_; }

 private:
  bool quiet_;
  bool draws_;
  bool drawn_ = false;
  int64_t drawn_ms_ = 0;
  std::vector<std::string> noted_;
};

/// Prints "sluice: error: ..." as the last line and returns the exit status for the error.
int report(const Error& error);

/// Set by Ctrl-C and SIGTERM; a second one ends the process at once.
const std::atomic<bool>& interrupted();
void catch_interrupts();
/// As Ctrl-C; signal handlers may call it.
void interrupt();
/// What a second Ctrl-C writes to the terminal before it ends the process; null: nothing. The text
/// must stay.
void at_forced_exit(const char* text);
/// After something that Ctrl-C has stopped, to go on with another.
void forget_interrupt();
/// From now on no number of Ctrl-C ends the process.
void survive_interrupts();
inline constexpr int kInterruptedStatus = 130;

/// How messages call an input: "-" is standard input.
std::string input_name(const std::string& path);
/// Hands out a file, or standard input for "-", block by block, until `take` has enough and returns
/// false. Errors: io, cancelled.
Result<void> read_blocks(const std::string& path,
                         const std::function<bool(std::string_view)>& take);
/// The whole of a file, or of standard input for "-"; of a longer one a little more than `enough`.
/// Errors: io, cancelled.
Result<std::string> read_input(const std::string& path, size_t enough = SIZE_MAX);
/// Writes to standard output. Errors: io (the disk behind it is full, it was closed).
Result<void> write_output(std::string_view text);
/// Replaces `path` by a file with this text, whole or not at all, even if the machine stops.
/// Errors: io.
Result<void> write_file(const std::string& path, std::string_view text);
/// The same, for the user's eyes only.
Result<void> write_private_file(const std::string& path, std::string_view text);

}  // namespace sluice::cli
