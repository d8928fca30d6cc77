// Runs the sluice program as a user would, and keeps what it says.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

struct Command {
  std::vector<std::string> arguments;
  std::string input;               ///< standard input
  std::string output_path;         ///< where standard output goes, instead of being kept
  std::string group_file;          ///< cgroup.procs of a control group to run in
  int timeout_seconds = 120;       ///< then it is killed, and the test has failed
  /// Called once the process has been started; it runs meanwhile.
  std::function<void(pid_t process)> on_start;
  /// Called with the process and each piece of standard output as it comes.
  std::function<void(pid_t process, std::string_view piece)> on_output;
};

struct CommandResult {
  int status = -1;                 ///< of the exit; -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;

  /// The lines of standard error.
  std::vector<std::string> error_lines() const;
};

/// Runs build/.../sluice. Failures to run it at all are GoogleTest failures.
CommandResult run_sluice(const Command& command);
inline CommandResult run_sluice(std::vector<std::string> arguments) {
  Command command;
  command.arguments = std::move(arguments);
  return run_sluice(command);
}

/// Expects exit status `status` and, on standard error, exactly one line that begins with
/// "sluice: error: ", the last; returns it without that beginning. Nothing of a sanitizer may be
/// there.
std::string expect_error(const CommandResult& result, int status = 1);

/// True if the program is built with a sanitizer, whose memory is not the program's own.
bool built_with_sanitizer();

}  // namespace sluice::test
