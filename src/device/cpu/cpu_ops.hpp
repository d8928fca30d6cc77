// The processor as a device: the verbs of ops.hpp on one kernel table and one team of threads.
#pragma once

#include <memory>

#include "device/cpu/kernels/kernels.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "host/thread_pool.hpp"

namespace sluice {

/// What the device must have room for.
struct CpuOpsLimits {
  size_t query_group = 1;   ///< most query heads that share a key/value head
  size_t positions = 0;     ///< most positions a query may see
};

/// Lays out the device's own scratch and builds it. With a measuring Scratch the result must not be
/// used. `kernels` and `pool` must outlive it.
std::unique_ptr<Ops> make_cpu_ops(const Kernels& kernels, ThreadPool& pool,
                                  const CpuOpsLimits& limits, Scratch& scratch);

}  // namespace sluice
