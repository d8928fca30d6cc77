#include "engine/prediction.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

namespace {

// How much of the shorter of reading and computing happens during the longer.
// Measured: docs/experiments/2026-11-30-contention.md.
constexpr double kOverlap = 0.75;

}  // namespace

double estimate_hit_rate(double units_per_token, uint64_t slots, uint64_t units) {
  if (slots >= units || units_per_token <= 0) return 1;
  const double x = static_cast<double>(slots) / units_per_token;
  const double fraction = static_cast<double>(slots) / static_cast<double>(units);
  return 1 - std::pow(1 - fraction, 1.5) * std::exp(-0.46 * std::pow(x, 0.63));
}

DecodePrediction predict_decode(const PredictionInput& input) {
  DecodePrediction prediction;
  prediction.hit_rate = estimate_hit_rate(input.units_per_token, input.slots, input.units);
  prediction.compute_seconds = input.compute_seconds;
  const double read_bytes =
      input.units_per_token * (1 - prediction.hit_rate) * input.unit_read_bytes;
  if (read_bytes > 0) prediction.io_seconds = read_bytes / input.read_bytes_per_second;
  const double shared_rate = input.shared_bytes_per_second > 0 ? input.shared_bytes_per_second
                                                               : input.read_bytes_per_second;
  // Both at once until the first of them has ended, then the rest of the other at its own rate.
  const double reading = read_bytes > 0 ? read_bytes / shared_rate : 0;
  const double computing = input.compute_seconds / input.compute_share;
  const double both = std::min(reading, computing);
  const double rest = reading > computing
                          ? (1 - computing / reading) * prediction.io_seconds
                          : input.compute_seconds - input.compute_share * reading;
  const double apart = std::min(prediction.io_seconds, prediction.compute_seconds);
  const double seconds = both + rest + (1 - kOverlap) * apart;
  if (seconds > 0) prediction.tokens_per_second = 1 / seconds;
  return prediction;
}

}  // namespace sluice
