// What sluice bench has counted, as a table, CSV or JSON: medians with the lowest and the highest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/args.hpp"
#include "sluice/engine.hpp"

namespace sluice::cli {

/// One pass over the prompt and the generated tokens: differences of the session's counters. What
/// was not counted is empty.
struct BenchSample {
  double prefill_rate = 0;
  double decode_rate = 0;
  double hit_rate = 0;
  double bytes_per_token = 0;
  double bandwidth = 0;  ///< while reads were in flight
  double io_wait_seconds = 0;
  double io_idle_seconds = 0;
  double compute_seconds_per_token = 0;  ///< of decoding, without waiting for reads
  std::optional<double> disk;            ///< measured beside it: bytes a second of such reads
  /// max(T_io, T_cpu) / measured, of decoding: T_io = bytes_per_token / disk, T_cpu =
  /// compute_seconds_per_token. 1 is a perfect overlap at the speed of the disk.
  std::optional<double> roofline;
};

struct BenchRow {
  uint64_t budget = 0;
  bool cold = false;
  uint64_t slots = 0;
  uint64_t units = 0;
  std::vector<BenchSample> samples;
};

/// `stats` are those of the last pass, for the line about the environment.
std::string bench_table(const std::vector<BenchRow>& rows, const Stats& stats,
                        const BenchArgs& args);
std::string bench_csv(const std::vector<BenchRow>& rows);
std::string bench_json(const std::vector<BenchRow>& rows, const Stats& stats,
                       const BenchArgs& args);

}  // namespace sluice::cli
