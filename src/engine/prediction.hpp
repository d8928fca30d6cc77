// How fast a model will decode, from what was measured of the disk and the processor: pure
// arithmetic. How good it is: docs/experiments/2026-11-30-contention.md.
#pragma once

#include <cstdint>

#include "sluice/plan.hpp"

namespace sluice {

/// Share of demanded units that are in memory in steady decoding with the default policy, 0..1.
/// `units_per_token` are demanded for one token, `slots` of all `units` fit. With x = slots /
/// units_per_token and f = slots / units: 1 - (1 - f)^1.5 exp(-0.46 x^0.63), fitted to the traces
/// of docs/experiments/2026-11-21-hazard-cache.md; nothing is known below x = 0.5.
double estimate_hit_rate(double units_per_token, uint64_t slots, uint64_t units);

struct PredictionInput {
  uint64_t units = 0;
  uint64_t slots = 0;
  double units_per_token = 0;
  double unit_read_bytes = 0;         ///< of one unit, rounding to the disk's blocks included
  double read_bytes_per_second = 0;   ///< of the disk, at the size and number of reads in use
  double compute_seconds = 0;         ///< of one token, every unit resident
  /// While both go on: the share of its rate that the processor keeps, and what the disk gives; 0:
  /// as alone.
  double compute_share = 1;
  double shared_bytes_per_second = 0;
};

/// Reading and computing begin together, at the rates that they leave each other; what is left of
/// the longer goes on alone. To this comes a share of the shorter that does not overlap. Rates must
/// be positive if the model streams at all.
DecodePrediction predict_decode(const PredictionInput& input);

}  // namespace sluice
