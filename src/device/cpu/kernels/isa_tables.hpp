// The tables for special instruction sets that this build holds: a list from x86.cpp on x86-64, an
// empty one from no_isa.cpp elsewhere. The build chooses the file, so no code needs a condition.
#pragma once

#include <vector>

#include "device/cpu/kernels/kernels.hpp"
#include "host/cpu_features.hpp"

namespace sluice {

struct IsaTable {
  const Kernels* kernels;
  bool CpuFeatures::*required;  ///< the feature without which its code is illegal
};

/// Slowest first.
std::vector<IsaTable> isa_tables();

}  // namespace sluice
