// Monotonic time in milliseconds, for what is drawn.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::cli {

inline int64_t milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace sluice::cli
