// Goal: the hazard policy keeps what similar routing was followed by, what its layer used much or
// lately, and of equal chances what is needed soonest; prompts teach it as single tokens do.
// Method: small routers whose next choice is known.
#include <gtest/gtest.h>

#include <vector>

#include "store/policy.hpp"

namespace sluice {
namespace {

constexpr uint32_t kExperts = 16;

Catalog make_catalog(uint32_t layers) {
  Catalog catalog;
  for (uint32_t layer = 0; layer < layers; ++layer) {
    catalog.add("x", kExperts, {{.offset = 0, .stride = 1, .bytes = 1}});
  }
  return catalog;
}

void demand(Policy& policy, uint32_t layer, const std::vector<uint32_t>& experts,
            size_t per_row = 0) {
  policy.demand({.first = UnitIndex{layer * kExperts},
                 .choices = experts,
                 .per_row = per_row == 0 ? experts.size() : per_row,
                 .weights = {}});
}

double worth(const Policy& policy, uint32_t layer, uint32_t expert) {
  return policy.worth(UnitIndex{layer * kExperts + expert});
}

// A layer that goes round: {0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 1}, ...
std::vector<uint32_t> round_choice(uint32_t token) {
  const uint32_t first = 2 * (token % 4);
  return {first, first + 1};
}

TEST(Hazard, KnowsWhatFollowed) {
  const auto policy = make_hazard(make_catalog(2));
  for (uint32_t token = 0; token < 40; ++token) {
    for (const uint32_t layer : {0u, 1u}) demand(*policy, layer, round_choice(token));
    policy->advance(1);
    if (token < 12) continue;
    const uint32_t next = round_choice(token + 1)[0];
    for (uint32_t expert = 0; expert < kExperts; ++expert) {
      if (expert / 2 == next / 2) continue;
      EXPECT_GT(worth(*policy, 1, next), worth(*policy, 1, expert)) << token << " " << expert;
    }
  }
}

TEST(Hazard, APromptTeachesAsItsTokensDo) {
  const auto chunk = make_hazard(make_catalog(2));
  const auto single = make_hazard(make_catalog(2));
  constexpr uint32_t kTokens = 300;
  std::vector<uint32_t> rows;
  for (uint32_t token = 0; token < kTokens; ++token) {
    const auto row = round_choice(token);
    rows.insert(rows.end(), row.begin(), row.end());
    for (const uint32_t layer : {0u, 1u}) demand(*single, layer, row);
    single->advance(1);
  }
  for (const uint32_t layer : {0u, 1u}) demand(*chunk, layer, rows, 2);
  chunk->advance(kTokens);
  // Not the same numbers, because similarity starts with the chunk; the same order.
  const uint32_t next = round_choice(kTokens)[0];
  for (const Policy* policy : {chunk.get(), single.get()}) {
    for (uint32_t expert = 0; expert < kExperts; ++expert) {
      if (expert / 2 == next / 2) continue;
      EXPECT_GT(worth(*policy, 1, next), worth(*policy, 1, expert) + 0.5) << expert;
    }
    EXPECT_GT(worth(*policy, 1, next), worth(*policy, 1, 8) + 2);
  }
}

TEST(Hazard, PrefersTheLayerThatComesNext) {
  const auto policy = make_hazard(make_catalog(4));
  for (uint32_t token = 0; token < 20; ++token) {
    for (uint32_t layer = 0; layer < 4; ++layer) demand(*policy, layer, {1, 2});
    policy->advance(1);
  }
  // Layer 3 was last: layer 0 is next, layer 3 the furthest away.
  for (uint32_t layer = 0; layer < 3; ++layer) {
    EXPECT_GT(worth(*policy, layer, 1), worth(*policy, layer + 1, 1));
  }
  demand(*policy, 0, {1, 2});
  EXPECT_GT(worth(*policy, 1, 1), worth(*policy, 0, 1));
  for (uint32_t layer = 0; layer < 4; ++layer) {
    policy->insert(UnitIndex{layer * kExperts + 1});
    policy->insert(UnitIndex{layer * kExperts + 9});
  }
  EXPECT_EQ(policy->victim(), UnitIndex{9});  // hardly ever used, and its layer was just here
}

TEST(Hazard, AnExpectedUnitIsWorthKeepingUntilItsLayerCame) {
  const auto policy = make_hazard(make_catalog(2));
  for (uint32_t token = 0; token < 20; ++token) {
    for (const uint32_t layer : {0u, 1u}) demand(*policy, layer, {1, 2});
    policy->advance(1);
  }
  const UnitIndex guess{kExperts + 9};
  EXPECT_TRUE(policy->displaces(guess, UnitIndex{5}));
  EXPECT_FALSE(policy->displaces(guess, UnitIndex{1}));
  policy->insert(guess);
  policy->insert(UnitIndex{5});
  const double before = policy->worth(guess);
  policy->expect(std::vector<UnitIndex>{guess});
  EXPECT_GT(policy->worth(guess), before + 1);
  EXPECT_EQ(policy->victim(), UnitIndex{5});
  demand(*policy, 0, {1, 2});
  demand(*policy, 1, {1, 2});
  EXPECT_EQ(policy->victim(), guess);
}

TEST(Hazard, ADenseModelKeepsItsNextLayers) {
  Catalog catalog;
  for (int layer = 0; layer < 6; ++layer) catalog.add("d", 1, {{.bytes = 1}});
  const auto policy = make_hazard(catalog);
  const std::vector<uint32_t> only = {0};
  for (int token = 0; token < 5; ++token) {
    for (uint32_t layer = 0; layer < 6; ++layer) {
      policy->demand({.first = UnitIndex{layer}, .choices = only, .per_row = 1, .weights = {}});
    }
    policy->advance(1);
  }
  for (uint32_t layer = 0; layer < 5; ++layer) {
    EXPECT_GT(policy->worth(UnitIndex{layer}), policy->worth(UnitIndex{layer + 1}));
  }
}

TEST(Hazard, TakesMoreChoicesAndUnitsThanItRemembers) {
  Catalog catalog;
  catalog.add("wide", 70000, {{.bytes = 1}});
  catalog.add("many", 100, {{.bytes = 1}});
  const auto policy = make_hazard(catalog);
  std::vector<uint32_t> all(40);
  for (uint32_t i = 0; i < 40; ++i) all[i] = i;
  for (int token = 0; token < 3; ++token) {
    policy->demand({.first = UnitIndex{30000}, .choices = all, .per_row = 40, .weights = {}});
    policy->demand({.first = UnitIndex{70000}, .choices = all, .per_row = 40, .weights = {}});
    policy->advance(1);
  }
  EXPECT_GT(policy->worth(UnitIndex{70039}), policy->worth(UnitIndex{70050}));
  EXPECT_GT(policy->worth(UnitIndex{30039}), policy->worth(UnitIndex{50}));
  EXPECT_TRUE(make_hazard(catalog)->restore(policy->save()));
}

TEST(Hazard, TheLargestModelTakesAMegabyte) {
  Catalog catalog;
  for (int layer = 0; layer < 60; ++layer) catalog.add("x", 512, {{.bytes = 1}});
  const auto policy = make_hazard(catalog);
  EXPECT_LT(policy->memory_bytes(), 1u << 20);
  const std::vector<uint32_t> row = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  for (int token = 0; token < 300; ++token) {
    for (uint32_t layer = 0; layer < 60; ++layer) {
      policy->demand(
          {.first = UnitIndex{layer * 512}, .choices = row, .per_row = 10, .weights = {}});
    }
    policy->advance(1);
  }
  EXPECT_LT(policy->save().size(), 300u << 10);
}

}  // namespace
}  // namespace sluice
