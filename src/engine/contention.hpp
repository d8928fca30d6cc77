// What reading and computing leave each other when both go on at once. A disk of one's own moves
// its bytes without a processor; a virtual or an encrypted one takes processor time for each byte,
// and all of them share the memory. Measured as decoding does it: finished reads are looked for,
// and new ones started, between two products. Threads: the caller's and the team's, and those of
// the pread reader. Cost: some two seconds, and the memory that it is given.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "device/cpu/kernels/kernels.hpp"
#include "engine/token_work.hpp"
#include "host/thread_pool.hpp"
#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Medians over rounds in which the processor computes alone and beside the disk in turns.
struct Contention {
  double compute_share = 1;     ///< of its rate alone that the processor keeps, 0..1
  double bytes_per_second = 0;  ///< that the disk gives meanwhile
};

struct ContentionOptions {
  std::string reader;           ///< "uring", "pread"
  uint64_t read_bytes = 0;
  uint64_t in_flight = 0;
  uint64_t weight_bytes = 0;    ///< of memory to compute with
  const std::atomic<bool>* cancel = nullptr;
};

/// Reads at random places of `files` while `work` is multiplied. Errors: budget, io, invalid (files
/// too small), cancelled.
Result<Contention> measure_contention(const Kernels& kernels, ThreadPool& pool,
                                      std::span<const TokenWork> work,
                                      std::span<const File> files,
                                      const ContentionOptions& options);

}  // namespace sluice
