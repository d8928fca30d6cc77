// Goal: the lowest rank merges first, the leftmost of equals, for short and long pieces alike.
// Method: random tables and random pieces against the definition, written down naively.
#include "text/merge.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sluice {
namespace {

std::vector<TokenId> merge_naively(const MergeTable& merges, std::vector<TokenId> symbols) {
  for (;;) {
    size_t best = symbols.size();
    MergeTable::Merge lowest;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      if (symbols[i] < 0 || symbols[i + 1] < 0) continue;
      const auto merge = merges.find(symbols[i], symbols[i + 1]);
      if (merge.rank >= lowest.rank) continue;
      lowest = merge;
      best = i;
    }
    if (best == symbols.size()) return symbols;
    symbols[best] = lowest.merged;
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

TEST(Merge, EqualsTheDefinition) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto letters = static_cast<TokenId>(2 + random() % 4);
    const TokenId tokens = letters + static_cast<TokenId>(random() % 60);
    MergeTable merges(static_cast<size_t>(tokens));
    for (TokenId id = letters; id < tokens; ++id) {
      // Ranks repeat now and then, as equal scores do.
      const auto left = static_cast<TokenId>(random() % static_cast<uint32_t>(id));
      const auto right = static_cast<TokenId>(random() % static_cast<uint32_t>(id));
      merges.insert(left, right, {static_cast<uint32_t>(random() % 40), id});
    }
    std::vector<TokenId> symbols(random() % 200);
    for (TokenId& symbol : symbols)
      symbol = static_cast<TokenId>(random() % static_cast<uint32_t>(letters + 1)) - (round % 2);
    const std::vector<TokenId> expected = merge_naively(merges, symbols);
    merge_symbols(merges, symbols);
    ASSERT_EQ(symbols, expected) << round;
  }
}

TEST(Merge, NothingToMerge) {
  std::vector<TokenId> symbols;
  merge_symbols(MergeTable(), symbols);
  EXPECT_TRUE(symbols.empty());
  symbols = {1};
  merge_symbols(MergeTable(), symbols);
  EXPECT_EQ(symbols, std::vector<TokenId>{1});
}

TEST(Merge, TheFirstOfTwoMergesOfAPairCounts) {
  MergeTable merges(2);
  merges.insert(1, 2, {5, 10});
  merges.insert(1, 2, {3, 11});
  EXPECT_EQ(merges.find(1, 2).merged, 10);
  EXPECT_EQ(merges.find(2, 1).rank, MergeTable::kNoRank);
}

}  // namespace
}  // namespace sluice
