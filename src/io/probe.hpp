// Measures a disk with our own readers: reads at random places of given files, in several sizes and
// with several in flight, each for a short time, in rounds, so that a busy moment does not fall on
// one of them alone. Threads: one, and those of the pread reader. Cost: `seconds` of time on a disk
// that is fast enough, at most three times that on any other; ProbeOptions::buffer_bytes of memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// One way of reading, and what it gave: medians over the rounds.
struct ProbePoint {
  std::string reader;
  uint64_t read_bytes = 0;
  uint64_t in_flight = 0;
  double bytes_per_second = 0;
  double latency_seconds = 0;       ///< median of one read
  double latency_high_seconds = 0;  ///< 95 of 100 reads are faster
};

struct ProbeOptions {
  std::vector<std::string> readers = {"uring", "pread"};
  std::vector<uint64_t> read_bytes = {128 * kKiB, 512 * kKiB, kMiB, 4 * kMiB};
  std::vector<uint64_t> in_flight = {1, 2, 4, 8, 16, 32};
  /// Of readers after the first, which are there for comparison: at the middle size only.
  std::vector<uint64_t> in_flight_compared = {1, 4, 16};
  /// Combinations that would need more memory than this are left out.
  size_t buffer_bytes = 64 * kMiB;
  double seconds = 5.5;
  size_t rounds = 3;
  uint64_t seed = 1;                ///< of the places that are read
  std::function<void(size_t done, size_t total)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct ProbeResult {
  std::vector<ProbePoint> points;
  uint64_t bytes_read = 0;          ///< asked for and arrived
  double seconds = 0;
  std::vector<std::string> refused; ///< "uring: why", for readers that could not be opened
};

/// Reads from `files`, which together must hold a few of the largest reads. Read sizes are rounded
/// up to the files' alignment; a file smaller than a read is left out of it. Errors: io (a read
/// failed; no reader can be opened), invalid (the files are too small), cancelled.
Result<ProbeResult> probe_disk(std::span<const File> files, const ProbeOptions& options);

/// How to read units whose parts have `read_bytes` each, by the points of one reader: the fewest
/// reads in flight that come within 5 % of the most, and what they give. Sizes between two measured
/// ones are interpolated over the logarithm of the size; sizes outside take the nearest.
struct ReadChoice {
  uint64_t in_flight = 0;
  double bytes_per_second = 0;
  double latency_seconds = 0;       ///< of a single read with nothing else in flight
};
/// in_flight is 0 if there are no points of this reader.
ReadChoice choose_reads(std::span<const ProbePoint> points, const std::string& reader,
                        uint64_t read_bytes);

}  // namespace sluice
