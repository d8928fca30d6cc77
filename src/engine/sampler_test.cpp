// Goal: the chain applies its pieces in the documented order, to the right part of the context,
// with the same result for the same seed, and allocates nothing per token. Method: ten logits and a
// setting in which every piece matters; the probabilities that llama-cpp-python 0.3.36 gives for
// the same chain, against counted draws; an allocation counter.
#include "engine/sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "support/allocation_count.hpp"

namespace sluice {
namespace {

constexpr float kLogits[] = {2.0f, -1.0f, 0.5f, 3.0f, 1.5f, -0.5f, 2.5f, 0.0f, -2.0f, 1.0f};
constexpr size_t kVocabulary = std::size(kLogits);
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const std::vector<TokenId> kContext = {3, 3, 3, 1, 7, 0, 0};

SamplingOptions every_piece() {
  SamplingOptions options;
  options.logit_bias = {{3, -kInfinity}, {8, 5.0f}};
  options.repeat_penalty = 1.3f;
  options.frequency_penalty = 0.2f;
  options.presence_penalty = 0.5f;
  options.top_k = 8;
  options.typical_p = 0.98f;
  options.top_p = 0.95f;
  options.min_p = 0.1f;
  options.temperature = 0.7f;
  options.seed = 11;
  return options;
}

TokenId first(const SamplingOptions& options, std::span<const TokenId> context = kContext) {
  Sampler sampler(kVocabulary);
  sampler.configure(options, 100);
  const auto id = sampler.sample(kLogits, context);
  EXPECT_TRUE(id) << id.error().message;
  return id ? *id : -1;
}

TEST(Sampler, ChainAgreesWithLlamaCpp) {
  const std::map<TokenId, double> expected = {
      {4, 0.0704918773}, {6, 0.2941438549}, {8, 0.6008555536}, {9, 0.0345087141}};
  constexpr size_t kDraws = 100000;
  Sampler sampler(kVocabulary);
  sampler.configure(every_piece(), 100);
  std::map<TokenId, double> counts;
  for (size_t i = 0; i < kDraws; ++i) {
    const auto id = sampler.sample(kLogits, kContext);
    ASSERT_TRUE(id);
    counts[*id] += 1;
  }
  ASSERT_EQ(counts.size(), expected.size());
  for (const auto& [id, share] : expected) {
    const double deviation = std::sqrt(share * (1 - share) / kDraws);
    EXPECT_NEAR(counts[id] / kDraws, share, 5 * deviation) << "token " << id;
  }
}

TEST(Sampler, SameSeedSameTokens) {
  Sampler sampler(kVocabulary);
  std::vector<TokenId> once;
  std::vector<TokenId> again;
  for (std::vector<TokenId>* list : {&once, &again}) {
    sampler.configure(every_piece(), 100);
    for (size_t i = 0; i < 100; ++i) list->push_back(*sampler.sample(kLogits, kContext));
  }
  EXPECT_EQ(once, again);
}

TEST(Sampler, GreedyTakesBiasAndPenaltiesIntoAccount) {
  SamplingOptions options;
  options.greedy = true;
  EXPECT_EQ(first(options), 3);
  options.repeat_penalty = 1.3f;
  EXPECT_EQ(first(options), 6);
  options.logit_bias = {{9, 100.0f}};
  EXPECT_EQ(first(options), 9);
  options = {};
  options.temperature = 0;
  EXPECT_EQ(first(options), 3);
}

TEST(Sampler, PenalisesTheEndOfTheContext) {
  SamplingOptions options;
  options.greedy = true;
  options.presence_penalty = 10;
  const std::vector<TokenId> context = {3, 6, 0, 4};
  const auto with_window = [&](int tokens) {
    options.repeat_last_n = tokens;
    return first(options, context);
  };
  EXPECT_EQ(with_window(0), 3);
  EXPECT_EQ(with_window(2), 3);
  EXPECT_EQ(with_window(3), 3);
  EXPECT_EQ(with_window(4), 9);
  EXPECT_EQ(with_window(64), 9);
  EXPECT_EQ(with_window(-1), 9);
}

TEST(Sampler, RefusesWhenNothingIsLeft) {
  SamplingOptions options;
  for (TokenId id = 0; id < static_cast<TokenId>(kVocabulary); ++id) {
    options.logit_bias.push_back({id, -kInfinity});
  }
  Sampler sampler(kVocabulary);
  sampler.configure(options, 100);
  const auto id = sampler.sample(kLogits, kContext);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, Code::invalid);
}

TEST(Sampler, AllocatesNothingPerToken) {
  Sampler sampler(kVocabulary);
  for (const int window : {64, -1}) {
    SamplingOptions options = every_piece();
    options.repeat_last_n = window;
    sampler.configure(options, 100);
    const size_t before = allocation_count();
    for (size_t i = 0; i < 10; ++i) {
      ASSERT_TRUE(sampler.sample(kLogits, kContext));
    }
    EXPECT_EQ(allocation_count(), before);
  }
}

TEST(SamplingOptions, AreChecked) {
  const auto refused = [](auto change) {
    SamplingOptions options;
    change(options);
    return !check_sampling(options, kVocabulary);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(check_sampling({}, kVocabulary));
  EXPECT_TRUE(check_sampling(every_piece(), kVocabulary));
  EXPECT_TRUE(refused([](auto& o) { o.temperature = -1; }));
  EXPECT_TRUE(refused([nan](auto& o) { o.temperature = nan; }));
  EXPECT_TRUE(refused([](auto& o) { o.temperature = kInfinity; }));
  EXPECT_TRUE(refused([](auto& o) { o.top_k = -1; }));
  EXPECT_TRUE(refused([](auto& o) { o.top_p = 1.5f; }));
  EXPECT_TRUE(refused([nan](auto& o) { o.min_p = nan; }));
  EXPECT_TRUE(refused([](auto& o) { o.typical_p = -0.1f; }));
  EXPECT_TRUE(refused([](auto& o) { o.repeat_penalty = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.presence_penalty = kInfinity; }));
  EXPECT_TRUE(refused([nan](auto& o) { o.frequency_penalty = nan; }));
  EXPECT_TRUE(refused([](auto& o) { o.logit_bias = {{10, 1.0f}}; }));
  EXPECT_TRUE(refused([](auto& o) { o.logit_bias = {{-1, 1.0f}}; }));
  EXPECT_TRUE(refused([nan](auto& o) { o.logit_bias = {{1, nan}}; }));
  EXPECT_TRUE(refused([](auto& o) { o.logit_bias = {{1, kInfinity}}; }));
}

}  // namespace
}  // namespace sluice
