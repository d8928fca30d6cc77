// Which kernel tables this processor can run, and the choice among them.
#pragma once

#include <string_view>
#include <vector>

#include "device/cpu/kernels/kernels.hpp"
#include "host/cpu_features.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// The plain loops that every other table is compared with; always there.
const Kernels& scalar_kernels();

/// All tables built into this program that `features` can run, slowest first.
std::vector<const Kernels*> usable_kernels(const CpuFeatures& features);

/// By name, or "auto" for the fastest usable one. Errors: invalid (unknown name), unsupported
/// (known, but not on this processor); both list what is usable.
Result<const Kernels*> select_kernels(std::string_view name, const CpuFeatures& features);

}  // namespace sluice
