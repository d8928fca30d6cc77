// Goal: each cut keeps the candidates that its definition keeps, and the draw follows the
// probabilities.
// Method: ten logits, and the ids that the samplers of llama-cpp-python 0.3.36 keep (llama.cpp's
// llama_sampler_init_top_k, _typical, _top_p, _min_p with min_keep 1); a large list against the
// definition; draws counted against probabilities.
#include "engine/sampler_cuts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr float kLogits[] = {2.0f, -1.0f, 0.5f, 3.0f, 1.5f, -0.5f, 2.5f, 0.0f, -2.0f, 1.0f};

Candidates fresh(std::span<const float> logits = kLogits) {
  Candidates candidates(logits.size());
  candidates.fill(logits);
  return candidates;
}

std::vector<TokenId> ids(const Candidates& candidates) {
  std::vector<TokenId> list;
  for (const Candidate& candidate : candidates.list()) list.push_back(candidate.id);
  return list;
}

template <typename Cut, typename Amount>
std::vector<TokenId> kept(Cut cut, Amount amount) {
  Candidates candidates = fresh();
  cut(candidates, amount);
  return ids(candidates);
}

TEST(TopK, KeepsTheBest) {
  EXPECT_THAT(kept(keep_top_k, 4), ElementsAre(3, 6, 0, 4));
  EXPECT_THAT(kept(keep_top_k, 1), ElementsAre(3));
  EXPECT_EQ(kept(keep_top_k, 0).size(), 10u);
  EXPECT_EQ(kept(keep_top_k, 10).size(), 10u);
  EXPECT_EQ(kept(keep_top_k, 11).size(), 10u);
}

TEST(TopK, TakesTheLowerIdOfEqualLogits) {
  const float equal[] = {1, 2, 2, 2, 1};
  Candidates candidates = fresh(equal);
  keep_top_k(candidates, 2);
  EXPECT_THAT(ids(candidates), ElementsAre(1, 2));
}

TEST(Typical, KeepsTheLeastSurprisinglySurprising) {
  EXPECT_THAT(kept(keep_typical, 0.0f), ElementsAre(6));
  EXPECT_THAT(kept(keep_typical, 0.2f), ElementsAre(6));
  EXPECT_THAT(kept(keep_typical, 0.5f), ElementsAre(6, 0, 3));
  EXPECT_THAT(kept(keep_typical, 0.7f), ElementsAre(6, 0, 3));
  EXPECT_THAT(kept(keep_typical, 0.9f), ElementsAre(6, 0, 3, 4, 9));
  EXPECT_THAT(kept(keep_typical, 0.95f), ElementsAre(6, 0, 3, 4, 9, 2));
  EXPECT_THAT(kept(keep_typical, 0.99f), ElementsAre(6, 0, 3, 4, 9, 2, 7, 5));
  EXPECT_EQ(kept(keep_typical, 1.0f).size(), 10u);
}

TEST(TopP, KeepsTheFewestThatReachP) {
  EXPECT_THAT(kept(keep_top_p, 0.0f), ElementsAre(3));
  EXPECT_THAT(kept(keep_top_p, 0.3f), ElementsAre(3));
  EXPECT_THAT(kept(keep_top_p, 0.5f), ElementsAre(3, 6));
  EXPECT_THAT(kept(keep_top_p, 0.7f), ElementsAre(3, 6, 0));
  EXPECT_THAT(kept(keep_top_p, 0.9f), ElementsAre(3, 6, 0, 4, 9));
  EXPECT_THAT(kept(keep_top_p, 0.95f), ElementsAre(3, 6, 0, 4, 9, 2));
  EXPECT_THAT(kept(keep_top_p, 0.99f), ElementsAre(3, 6, 0, 4, 9, 2, 7, 5));
  EXPECT_EQ(kept(keep_top_p, 1.0f).size(), 10u);
}

// More candidates than are sorted at first: the definition, computed over a fully sorted list.
TEST(TopP, SortsAsFarAsItNeeds) {
  Random random(3);
  std::vector<float> logits(5000);
  for (float& logit : logits) logit = static_cast<float>(2 * random.uniform());
  Candidates sorted = fresh(logits);
  sorted.sort_best(logits.size());
  double sum = 0;
  for (const Candidate& candidate : sorted.list()) sum += std::exp(candidate.logit);
  for (const float p : {0.01f, 0.2f, 0.5f, 0.9f, 0.999f}) {
    std::vector<TokenId> expected;
    double reached = 0;
    for (const Candidate& candidate : sorted.list()) {
      if (reached >= p * sum) break;
      reached += std::exp(candidate.logit);
      expected.push_back(candidate.id);
    }
    Candidates candidates = fresh(logits);
    keep_top_p(candidates, p);
    EXPECT_EQ(ids(candidates), expected) << p;
  }
}

TEST(MinP, KeepsAShareOfTheBest) {
  EXPECT_EQ(kept(keep_min_p, 0.0f).size(), 10u);
  EXPECT_THAT(kept(keep_min_p, 0.01f), UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 9));
  EXPECT_THAT(kept(keep_min_p, 0.05f), UnorderedElementsAre(0, 2, 3, 4, 6, 9));
  EXPECT_THAT(kept(keep_min_p, 0.1f), UnorderedElementsAre(0, 3, 4, 6, 9));
  EXPECT_THAT(kept(keep_min_p, 0.3f), UnorderedElementsAre(0, 3, 6));
  EXPECT_THAT(kept(keep_min_p, 0.6f), UnorderedElementsAre(3, 6));
  EXPECT_THAT(kept(keep_min_p, 1.0f), UnorderedElementsAre(3));
}

TEST(Draw, FollowsTheProbabilities) {
  constexpr size_t kDraws = 200000;
  constexpr float kTemperature = 0.7f;
  Random random(1);
  std::vector<double> counts(std::size(kLogits));
  Candidates candidates = fresh();
  for (size_t i = 0; i < kDraws; ++i) {
    counts[static_cast<size_t>(draw(candidates, kTemperature, random.uniform()))] += 1;
  }
  double sum = 0;
  for (const float logit : kLogits) sum += std::exp(logit / kTemperature);
  for (size_t id = 0; id < counts.size(); ++id) {
    const double share = std::exp(kLogits[id] / kTemperature) / sum;
    const double deviation = std::sqrt(share * (1 - share) / kDraws);
    EXPECT_NEAR(counts[id] / kDraws, share, 5 * deviation) << "token " << id;
  }
}

TEST(Draw, ReachesBothEnds) {
  Candidates candidates = fresh();
  EXPECT_EQ(draw(candidates, 1.0f, 0.0), 0);
  EXPECT_EQ(draw(candidates, 1.0f, 1.0 - 1e-16), 9);
  EXPECT_EQ(draw(candidates, 1e-6f, 0.5), 3);
}

}  // namespace
}  // namespace sluice
