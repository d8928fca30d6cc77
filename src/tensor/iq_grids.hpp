// The codebooks of the IQ weight types, as data: see tools/make_iq_grids.py for their source.
// Byte j of an entry, lowest first, is element j: an unsigned magnitude, in kIq1SGrid a signed -1,
// 0 or 1. C headers only, so that files compiled for a special instruction set may include this.
#pragma once

#include <stdint.h>

namespace sluice {

extern const uint64_t kIq2XxsGrid[256];
extern const uint64_t kIq2XsGrid[512];
extern const uint64_t kIq2SGrid[1024];
extern const uint32_t kIq3XxsGrid[256];
extern const uint32_t kIq3SGrid[512];
extern const uint64_t kIq1SGrid[2048];

}  // namespace sluice
