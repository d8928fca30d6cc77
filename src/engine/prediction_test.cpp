// Goal: the hit-rate curve stays close to the recorded traces and sane at its ends; a prediction
// adds up. Method: the table of docs/experiments/2026-11-21-hazard-cache.md; made-up machines.
#include "engine/prediction.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

struct Recorded {
  double x, olmoe, qwen;  // token sets; hit rates of the default policy
};
constexpr Recorded kRecorded[] = {{0.5, 0.333, 0.257}, {1, 0.510, 0.398}, {1.5, 0.608, 0.496},
                                  {2, 0.679, 0.570},   {3, 0.785, 0.685}, {4, 0.861, 0.769}};

TEST(HitRate, StaysCloseToTheTraces) {
  for (const Recorded& row : kRecorded) {
    const auto slots = [&](double per_token) { return static_cast<uint64_t>(row.x * per_token); };
    EXPECT_NEAR(estimate_hit_rate(128, slots(128), 16 * 64), row.olmoe, 0.03) << row.x;
    EXPECT_NEAR(estimate_hit_rate(288, slots(288), 48 * 128), row.qwen, 0.03) << row.x;
  }
}

TEST(HitRate, Ends) {
  EXPECT_EQ(estimate_hit_rate(128, 1024, 1024), 1);
  EXPECT_EQ(estimate_hit_rate(128, 2000, 1024), 1);
  EXPECT_EQ(estimate_hit_rate(0, 0, 0), 1);  // a dense model that is resident
  EXPECT_NEAR(estimate_hit_rate(128, 0, 1024), 0, 1e-9);
  double before = 0;
  for (uint64_t slots = 1; slots <= 1024; ++slots) {
    const double rate = estimate_hit_rate(128, slots, 1024);
    EXPECT_GT(rate, before);
    before = rate;
  }
}

PredictionInput machine() {
  PredictionInput input;
  input.units = 1000;
  input.slots = 100;
  input.units_per_token = 100;
  input.unit_read_bytes = 1e6;
  input.read_bytes_per_second = 1e9;
  input.compute_seconds = 0.01;
  return input;
}

TEST(Prediction, BoundByTheDisk) {
  PredictionInput input = machine();
  const DecodePrediction prediction = predict_decode(input);
  EXPECT_NEAR(prediction.io_seconds, 0.1 * (1 - prediction.hit_rate), 1e-12);
  const double seconds = 1 / prediction.tokens_per_second;
  EXPECT_GE(seconds, prediction.io_seconds);
  EXPECT_LE(seconds, prediction.io_seconds + prediction.compute_seconds);
  input.read_bytes_per_second *= 2;
  EXPECT_GT(predict_decode(input).tokens_per_second, prediction.tokens_per_second);
}

TEST(Prediction, SharingCosts) {
  PredictionInput input = machine();
  input.compute_seconds = 0.06;
  double before = predict_decode(input).tokens_per_second;
  input.shared_bytes_per_second = 1e9;  // as alone: nothing changes
  EXPECT_DOUBLE_EQ(predict_decode(input).tokens_per_second, before);
  for (const double share : {0.9, 0.6, 0.3}) {
    input.compute_share = share;
    input.shared_bytes_per_second = 1e9 * share;
    const DecodePrediction prediction = predict_decode(input);
    EXPECT_LT(prediction.tokens_per_second, before) << share;
    // One after the other would be no slower than half the speed at the same time.
    if (share > 0.5) {
      EXPECT_LT(1 / prediction.tokens_per_second, 1.25 * (prediction.io_seconds + 0.06)) << share;
    }
    before = prediction.tokens_per_second;
  }
}

TEST(Prediction, AddsUpWhenTheProcessorIsTheLimit) {
  PredictionInput input = machine();
  input.compute_seconds = 1;
  input.compute_share = 0.5;
  input.shared_bytes_per_second = 0.5e9;
  const DecodePrediction prediction = predict_decode(input);
  // While the disk reads (twice as long as alone) half of the speed is lost.
  const double lost = 0.5 * 2 * prediction.io_seconds;
  EXPECT_NEAR(1 / prediction.tokens_per_second, 1 + lost + 0.25 * prediction.io_seconds, 1e-12);
}

TEST(Prediction, NothingIsStreamed) {
  PredictionInput input = machine();
  input.slots = input.units;
  input.read_bytes_per_second = 0;  // nobody has measured it, and nobody needs it
  const DecodePrediction prediction = predict_decode(input);
  EXPECT_EQ(prediction.io_seconds, 0);
  EXPECT_DOUBLE_EQ(prediction.tokens_per_second, 100);
}

}  // namespace
}  // namespace sluice
