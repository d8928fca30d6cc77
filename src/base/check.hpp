// Checks for defects in Sluice itself: a false condition ends the process with its text. What the
// outside world can do wrong is an Error instead (sluice/error.hpp).
#pragma once

namespace sluice {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sluice

#define SLUICE_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::sluice::check_failed(#condition, __FILE__, __LINE__))
