// Counts heap allocations of a test program that links allocation_count.cpp. Threads: any.
#pragma once

#include <cstddef>

namespace sluice {

/// Calls of operator new since the program began.
size_t allocation_count();

}  // namespace sluice
