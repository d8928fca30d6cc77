// Measures how fast this processor multiplies resident weights: the same verb that decoding uses,
// one token, a team of threads, weights from memory and not from a cache. Threads: the caller's and
// the team's. Cost: about a fifth of a second for each type, and the memory that it is given.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "device/cpu/kernels/kernels.hpp"
#include "engine/measurements.hpp"
#include "engine/token_work.hpp"
#include "host/thread_pool.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Walked through in turn: more than the caches of ordinary machines hold.
inline constexpr size_t kKernelProbeBytes = 96 * kMiB;

/// One rate for each type in `work`, medians over rounds in which the types take turns, with
/// `weight_bytes` of weights; a type of which not one row fits is left out. `meanwhile`, if there
/// is one, is called after each product, and its time counts. Errors: budget (no memory).
Result<std::vector<KernelRate>> measure_kernels(const Kernels& kernels, ThreadPool& pool,
                                                std::span<const TokenWork> work,
                                                size_t weight_bytes = kKernelProbeBytes,
                                                const std::function<void()>& meanwhile = {});

}  // namespace sluice
