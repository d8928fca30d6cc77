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
  using Counted = std::optional<double>;
  Counted prefill_rate;
  Counted decode_rate;
  Counted hit_rate;         ///< of decoding
  Counted bytes_per_token;  ///< of decoding
  Counted bandwidth;        ///< of the whole pass, while reads were in flight
  Counted io_wait_seconds;  ///< of the whole pass
  Counted io_idle_seconds;  ///< of decoding
  Counted compute_seconds_per_token;  ///< of decoding, without waiting for reads
  Counted disk;             ///< measured beside it: bytes a second of such reads
  /// max(T_io, T_cpu) / measured, of decoding: T_io = bytes_per_token / disk, T_cpu =
  /// compute_seconds_per_token. 1 is a perfect overlap at the speed of the disk.
  Counted roofline;
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
std::string bench_csv(const std::vector<BenchRow>& rows, const Stats& stats,
                      const BenchArgs& args);
std::string bench_json(const std::vector<BenchRow>& rows, const Stats& stats,
                       const BenchArgs& args);

}  // namespace sluice::cli
