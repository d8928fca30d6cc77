// Standard input beside a prompt: text that was piped in, never a wait for a terminal or for a pipe
// that somebody forgot to close. Threads: functions without state.
#pragma once

#include <string>

#include "sluice/engine.hpp"
#include "sluice/error.hpp"

namespace sluice::cli {

/// Whether standard input is a pipe, a socket or a regular file; a terminal and /dev/null are not.
bool input_is_piped();

struct PipedInput {
  std::string text;
  bool gave_up = false;  ///< nothing came, and the pipe is still open
};

/// All of a piped standard input; if it is no file, waits for the first byte at most this long.
/// Errors: as read_prompt().
Result<PipedInput> read_piped_input(int patience_ms, const EngineOptions& options);

}  // namespace sluice::cli
