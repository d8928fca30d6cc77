// Goal: LRU and the decayed count rank units as their definitions say, all policies keep their
// books of evictable units right, and what they save continues where it stopped.
// Method: small histories by hand; slow references; random histories through every policy.
#include "store/policy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "store/eviction_heap.hpp"

namespace sluice {
namespace {

constexpr UnitIndex A{0}, B{1}, C{2}, D{3};
constexpr const char* kNames[] = {"lru", "decayed", "hazard"};

Catalog make_catalog(uint32_t layers, uint32_t experts) {
  Catalog catalog;
  for (uint32_t layer = 0; layer < layers; ++layer) {
    catalog.add("x", experts, {{.offset = 0, .stride = 1, .bytes = 1}});
  }
  return catalog;
}

void demand(Policy& policy, const std::vector<uint32_t>& units) {
  policy.demand({.first = UnitIndex{0}, .choices = units, .per_row = units.size(), .weights = {}});
}

void demand(Policy& policy, UnitIndex unit) {
  demand(policy, std::vector<uint32_t>{to_number(unit)});
}

TEST(Policy, ByName) {
  const Catalog catalog = make_catalog(1, 4);
  for (const char* name : kNames) {
    const auto policy = make_policy(name, catalog);
    ASSERT_TRUE(policy);
    EXPECT_EQ((*policy)->name(), name);
  }
  const auto unknown = make_policy("random", catalog);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::invalid);
  EXPECT_NE(unknown.error().message.find("hazard, decayed and lru"), std::string::npos);
}

TEST(Lru, RanksByLastUse) {
  const auto lru = make_lru(4);
  for (const UnitIndex unit : {A, B, C, A}) demand(*lru, unit);
  EXPECT_LT(lru->worth(D), lru->worth(B));  // never used: before all others
  EXPECT_LT(lru->worth(B), lru->worth(C));
  EXPECT_LT(lru->worth(C), lru->worth(A));
  EXPECT_TRUE(lru->displaces(D, A));
  demand(*lru, D);
  EXPECT_GT(lru->worth(D), lru->worth(A));
}

TEST(DecayedCount, HalvesInAHalfLife) {
  const auto policy = make_decayed_count(4, 8);
  demand(*policy, A);
  demand(*policy, A);
  policy->advance(8);
  demand(*policy, B);
  // Two uses one half-life ago weigh as much as one now.
  EXPECT_DOUBLE_EQ(policy->worth(A), policy->worth(B));
  policy->advance(1);
  demand(*policy, C);
  EXPECT_LT(policy->worth(A), policy->worth(C));
  EXPECT_LT(policy->worth(D), policy->worth(A));
}

TEST(DecayedCount, AFrequentUnitOutranksARecentOne) {
  const auto policy = make_decayed_count(4, 8);
  for (int step = 0; step < 6; ++step) {
    demand(*policy, A);
    policy->advance(1);
  }
  policy->advance(1);
  demand(*policy, B);
  EXPECT_LT(policy->worth(B), policy->worth(A));
  policy->advance(40);
  demand(*policy, B);
  EXPECT_GT(policy->worth(B), policy->worth(A));  // but not for ever
}

TEST(DecayedCount, AChunkCountsAsItsTokens) {
  const auto chunk = make_decayed_count(4, 8);
  const auto single = make_decayed_count(4, 8);
  const std::vector<uint32_t> rows = {0, 1, 1, 2, 3, 0};
  chunk->demand({.first = A, .choices = rows, .per_row = 2, .weights = {}});
  chunk->advance(3);
  for (size_t row = 0; row < 3; ++row) {
    demand(*single, {rows[2 * row], rows[2 * row + 1]});
    single->advance(1);
  }
  for (const UnitIndex unit : {A, B, C, D})
    EXPECT_DOUBLE_EQ(chunk->worth(unit), single->worth(unit));
}

TEST(DecayedCount, AgreesWithTheSumOfItsDefinition) {
  const double half_life = 5;
  const auto policy = make_decayed_count(16, half_life);
  std::mt19937_64 random(3);
  std::vector<double> counts(16, 0.0);
  for (int step = 0; step < 3000; ++step) {
    for (int use = 0; use < 3; ++use) {
      const auto unit = static_cast<uint32_t>(std::min(random() % 16, random() % 16));
      demand(*policy, UnitIndex{unit});
      counts[unit] += 1.0;
    }
    for (uint32_t unit = 0; unit < 16; ++unit) {
      if (counts[unit] == 0) continue;
      const double key = policy->worth(UnitIndex{unit}) - step / half_life;
      EXPECT_NEAR(key, std::log2(counts[unit]), 1e-6 + 1e-9 * step);
    }
    policy->advance(1);
    for (double& count : counts) count *= std::exp2(-1 / half_life);
  }
}

// One token of a made-up router: in each of `layers` layers three of `experts`, popular ones more.
std::vector<std::vector<uint32_t>> random_token(std::mt19937_64& random, uint32_t layers,
                                                uint32_t experts) {
  std::vector<std::vector<uint32_t>> token;
  for (uint32_t layer = 0; layer < layers; ++layer) {
    std::set<uint32_t> chosen;
    while (chosen.size() < 3) {
      const auto expert = static_cast<uint32_t>(std::min(random() % experts, random() % experts));
      chosen.insert(layer * experts + expert);
    }
    token.emplace_back(chosen.begin(), chosen.end());
  }
  return token;
}

TEST(AnyPolicy, TheVictimIsTheEvictableUnitWorthLeast) {
  constexpr uint32_t kLayers = 5, kExperts = 12, kUnits = kLayers * kExperts;
  const Catalog catalog = make_catalog(kLayers, kExperts);
  for (const char* name : kNames) {
    const auto made = make_policy(name, catalog);
    Policy& policy = **made;
    std::mt19937_64 random(9);
    std::set<uint32_t> evictable;
    EXPECT_FALSE(policy.victim());
    for (int step = 0; step < 200; ++step) {
      for (const auto& list : random_token(random, kLayers, kExperts)) {
        demand(policy, list);
        for (int change = 0; change < 4; ++change) {
          const auto unit = static_cast<uint32_t>(random() % kUnits);
          if (random() % 8 == 0) policy.expect(std::vector<UnitIndex>{UnitIndex{unit}});
          if (evictable.erase(unit) == 1) {
            policy.remove(UnitIndex{unit});
          } else {
            evictable.insert(unit);
            policy.insert(UnitIndex{unit});
          }
          const auto victim = policy.victim();
          ASSERT_EQ(victim.has_value(), !evictable.empty()) << name;
          if (!victim) continue;
          ASSERT_TRUE(evictable.contains(to_number(*victim))) << name;
          for (const uint32_t other : evictable) {
            ASSERT_LE(policy.worth(*victim), policy.worth(UnitIndex{other})) << name;
          }
        }
      }
      policy.advance(1);
    }
  }
}

TEST(AnyPolicy, ContinuesFromWhatItSaved) {
  constexpr uint32_t kLayers = 4, kExperts = 10;
  const Catalog catalog = make_catalog(kLayers, kExperts);
  for (const char* name : kNames) {
    const auto first = make_policy(name, catalog);
    std::mt19937_64 random(5);
    for (int step = 0; step < 100; ++step) {
      for (const auto& list : random_token(random, kLayers, kExperts)) demand(**first, list);
      (*first)->advance(1);
    }
    const auto second = make_policy(name, catalog);
    ASSERT_TRUE((*second)->restore((*first)->save())) << name;
    for (int step = 0; step < 8; ++step) {
      for (const auto& list : random_token(random, kLayers, kExperts)) {
        demand(**first, list);
        demand(**second, list);
      }
      (*first)->advance(1);
      (*second)->advance(1);
    }
    double offset = 0;  // of keys that count from the beginning of time
    for (uint32_t unit = 0; unit < kLayers * kExperts; ++unit) {
      const double difference =
          (*first)->worth(UnitIndex{unit}) - (*second)->worth(UnitIndex{unit});
      if (unit == 0) offset = difference;
      // The recent count starts anew and is forgotten by half with every two tokens.
      EXPECT_NEAR(difference, offset, 0.5) << name << " " << unit;
    }
  }
}

TEST(AnyPolicy, RefusesForeignState) {
  const Catalog catalog = make_catalog(3, 8);
  const Catalog other = make_catalog(3, 9);
  for (const char* name : kNames) {
    const auto policy = make_policy(name, catalog);
    demand(**policy, {1, 2, 3});
    (*policy)->advance(1);
    const std::vector<std::byte> state = (*policy)->save();
    EXPECT_FALSE((*make_policy(name, other))->restore(state)) << name;
    for (size_t bytes = 0; bytes < state.size(); ++bytes) {
      EXPECT_FALSE((*make_policy(name, catalog))->restore(std::span(state).first(bytes))) << name;
    }
    EXPECT_TRUE((*make_policy(name, catalog))->restore(state)) << name;
  }
}

// Whatever bytes come: refused, or taken without harm.
TEST(AnyPolicy, SurvivesDamagedState) {
  const Catalog catalog = make_catalog(3, 8);
  std::mt19937_64 random(4);
  for (const char* name : kNames) {
    const auto policy = make_policy(name, catalog);
    for (int step = 0; step < 4; ++step) {
      for (const auto& list : random_token(random, 3, 8)) demand(**policy, list);
      (*policy)->advance(1);
    }
    const std::vector<std::byte> state = (*policy)->save();
    for (size_t i = 0; i < state.size(); ++i) {
      for (const int flip : {1, 0x80, 0xFF}) {
        std::vector<std::byte> damaged = state;
        damaged[i] ^= static_cast<std::byte>(flip);
        const auto victim = make_policy(name, catalog);
        if (!(*victim)->restore(damaged)) continue;
        for (const auto& list : random_token(random, 3, 8)) demand(**victim, list);
        (*victim)->insert(A);
        EXPECT_EQ((*victim)->victim(), A);
      }
    }
  }
}

TEST(EvictionHeap, AgreesWithAnOrderedMap) {
  constexpr uint32_t kItems = 50;
  EvictionHeap heap(kItems);
  std::map<std::pair<double, uint32_t>, bool> reference;
  std::vector<double> key_of(kItems);
  std::mt19937_64 random(11);
  for (int step = 0; step < 20000; ++step) {
    const auto item = static_cast<uint32_t>(random() % kItems);
    if (heap.contains(item)) {
      heap.remove(item);
      reference.erase({key_of[item], item});
    } else {
      key_of[item] = random() % 8 == 0 ? -INFINITY : static_cast<double>(random() % 20);
      heap.insert(item, key_of[item]);
      reference[{key_of[item], item}] = true;
    }
    ASSERT_EQ(heap.empty(), reference.empty());
    if (heap.empty()) continue;
    ASSERT_EQ(heap.first(), reference.begin()->first.second);
    ASSERT_EQ(heap.first_key(), reference.begin()->first.first);
  }
}

}  // namespace
}  // namespace sluice
