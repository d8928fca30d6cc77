// Goal: each policy ranks units as its definition says, and the heap finds the smallest key.
// Method: small histories by hand; a slow reference for the decayed count and for the heap.
#include "store/policy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "store/eviction_heap.hpp"

namespace sluice {
namespace {

constexpr UnitIndex A{0}, B{1}, C{2}, D{3};

TEST(Policy, ByName) {
  for (const char* name : {"lru", "decayed"}) {
    const auto policy = make_policy(name, 4);
    ASSERT_TRUE(policy);
    EXPECT_EQ((*policy)->name(), name);
  }
  const auto unknown = make_policy("random", 4);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::invalid);
  EXPECT_NE(unknown.error().message.find("lru and decayed"), std::string::npos);
}

TEST(Lru, RanksByLastUse) {
  const auto lru = make_lru(4);
  for (const UnitIndex unit : {A, B, C, A}) lru->touch(unit);
  EXPECT_LT(lru->key(D), lru->key(B));  // never used: before all others
  EXPECT_LT(lru->key(B), lru->key(C));
  EXPECT_LT(lru->key(C), lru->key(A));
  EXPECT_GT(lru->key_after_touch(D), lru->key(A));
  lru->touch(D);
  EXPECT_GT(lru->key(D), lru->key(A));
}

TEST(DecayedCount, HalvesInAHalfLife) {
  const auto policy = make_decayed_count(4, 8);
  policy->touch(A);
  policy->touch(A);
  for (int step = 0; step < 8; ++step) policy->advance();
  policy->touch(B);
  // Two uses one half-life ago weigh as much as one now.
  EXPECT_DOUBLE_EQ(policy->key(A), policy->key(B));
  policy->advance();
  policy->touch(C);
  EXPECT_LT(policy->key(A), policy->key(C));
  EXPECT_LT(policy->key(D), policy->key(A));
}

TEST(DecayedCount, AFrequentUnitOutranksARecentOne) {
  const auto policy = make_decayed_count(4, 8);
  for (int step = 0; step < 6; ++step) {
    policy->touch(A);
    policy->advance();
  }
  policy->advance();
  policy->touch(B);
  EXPECT_LT(policy->key(B), policy->key(A));
  for (int step = 0; step < 40; ++step) policy->advance();
  policy->touch(B);
  EXPECT_GT(policy->key(B), policy->key(A));  // but not for ever
}

TEST(DecayedCount, AgreesWithTheSumOfItsDefinition) {
  const double half_life = 5;
  const auto policy = make_decayed_count(16, half_life);
  std::mt19937_64 random(3);
  std::vector<double> counts(16, 0.0);
  for (int step = 0; step < 3000; ++step) {
    for (int use = 0; use < 3; ++use) {
      const auto unit = static_cast<uint32_t>(std::min(random() % 16, random() % 16));
      const double expected = policy->key_after_touch(UnitIndex{unit});
      policy->touch(UnitIndex{unit});
      EXPECT_EQ(policy->key(UnitIndex{unit}), expected);
      counts[unit] += 1.0;
    }
    for (uint32_t unit = 0; unit < 16; ++unit) {
      if (counts[unit] == 0) continue;
      const double key = policy->key(UnitIndex{unit}) - step / half_life;
      EXPECT_NEAR(key, std::log2(counts[unit]), 1e-6 + 1e-9 * step);
    }
    policy->advance();
    for (double& count : counts) count *= std::exp2(-1 / half_life);
  }
}

TEST(EvictionHeap, AgreesWithAnOrderedMap) {
  constexpr uint32_t kSlots = 50;
  EvictionHeap heap(kSlots);
  std::map<std::pair<double, uint32_t>, bool> reference;
  std::vector<double> key_of(kSlots);
  std::mt19937_64 random(11);
  for (int step = 0; step < 20000; ++step) {
    const auto slot = static_cast<uint32_t>(random() % kSlots);
    if (heap.contains(slot)) {
      heap.remove(slot);
      reference.erase({key_of[slot], slot});
    } else {
      key_of[slot] = random() % 8 == 0 ? -INFINITY : static_cast<double>(random() % 20);
      heap.insert(slot, key_of[slot]);
      reference[{key_of[slot], slot}] = true;
    }
    ASSERT_EQ(heap.empty(), reference.empty());
    if (heap.empty()) continue;
    ASSERT_EQ(heap.first(), reference.begin()->first.second);
    ASSERT_EQ(heap.first_key(), reference.begin()->first.first);
  }
}

}  // namespace
}  // namespace sluice
