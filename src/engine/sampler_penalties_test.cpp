// Goal: bias and penalties change logits as llama.cpp's samplers do.
// Method: ten logits; expected values by hand from the definitions, and equal to what
// llama_sampler_init_penalties and llama_sampler_init_logit_bias of llama-cpp-python 0.3.36 give.
#include "engine/sampler_penalties.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sluice {
namespace {

constexpr float kLogits[] = {2.0f, -1.0f, 0.5f, 3.0f, 1.5f, -0.5f, 2.5f, 0.0f, -2.0f, 1.0f};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Candidates fresh() {
  Candidates candidates(std::size(kLogits));
  candidates.fill(kLogits);
  return candidates;
}

void expect_logits(const Candidates& candidates, std::vector<float> expected) {
  ASSERT_EQ(candidates.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_FLOAT_EQ(candidates.list()[i].logit, expected[i]) << "token " << i;
  }
}

TEST(Penalties, CountEachTokenOnce) {
  Candidates candidates = fresh();
  std::vector<TokenId> said = {3, 3, 3, 1, 7, 0, 0};
  penalise(candidates, said, {.repeat = 1.3f, .frequency = 0.2f, .presence = 0.5f});
  expect_logits(candidates, {2.0f / 1.3f - 0.4f - 0.5f, -1.3f - 0.2f - 0.5f, 0.5f,
                             3.0f / 1.3f - 0.6f - 0.5f, 1.5f, -0.5f, 2.5f, -0.7f, -2.0f, 1.0f});
}

TEST(Penalties, OfOneChangeNothing) {
  Candidates candidates = fresh();
  std::vector<TokenId> said = {3, 3, 3, 1, 7, 0, 0};
  EXPECT_TRUE(Penalties{}.change_nothing());
  penalise(candidates, said, {});
  expect_logits(candidates, {std::begin(kLogits), std::end(kLogits)});
}

TEST(Penalties, IgnoreWhatIsNoCandidate) {
  Candidates candidates = fresh();
  std::vector<TokenId> said = {10, 11, 400};
  penalise(candidates, said, {.repeat = 2, .frequency = 1, .presence = 1});
  expect_logits(candidates, {std::begin(kLogits), std::end(kLogits)});
}

TEST(LogitBias, IsAdded) {
  Candidates candidates = fresh();
  const LogitBias biases[] = {{3, -kInfinity}, {8, 5.0f}, {10, 100.0f}, {0, 1.0f}, {0, 1.0f}};
  add_bias(candidates, biases);
  expect_logits(candidates, {4.0f, -1.0f, 0.5f, -kInfinity, 1.5f, -0.5f, 2.5f, 0.0f, 3.0f, 1.0f});
  candidates.drop_impossible();
  EXPECT_EQ(candidates.size(), 9u);
}

}  // namespace
}  // namespace sluice
