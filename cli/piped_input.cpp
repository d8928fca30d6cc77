#include "cli/piped_input.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.hpp"
#include "cli/prompt_input.hpp"

namespace sluice::cli {

bool input_is_piped() {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode);
}

Result<PipedInput> read_piped_input(int patience_ms, const EngineOptions& options) {
  PipedInput input;
  if (!input_is_piped()) return input;
  pollfd end = {STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&end, 1, patience_ms);
  if (interrupted()) return Error{Code::cancelled, "stopped on request"};
  if (ready <= 0) {
    input.gave_up = true;
    return input;
  }
  SLUICE_LET(input.text, read_prompt("-", options));
  return input;
}

}  // namespace sluice::cli
