// Goal: replay counts what a store would count, and Belady's optimum is one.
// Method: small random traces; the slowest possible simulation of the store's LRU, and a search of
// every sequence of evictions for the optimum.
#include "replay/simulate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace sluice::replay {
namespace {

Trace random_trace(uint64_t seed, uint32_t tokens, uint32_t layers, uint32_t experts,
                   uint32_t choices) {
  std::mt19937_64 random(seed);
  Trace trace;
  trace.name = "random";
  trace.layers = layers;
  trace.experts = experts;
  trace.token_set = layers * choices;
  for (uint32_t i = 0; i < tokens; ++i) {
    Token token;
    token.step = i;
    for (uint32_t layer = 0; layer < layers; ++layer) {
      std::set<uint32_t> chosen;
      while (chosen.size() < choices) {
        chosen.insert(static_cast<uint32_t>(std::min(random() % experts, random() % experts)));
      }
      token.layers.emplace_back(chosen.begin(), chosen.end());
    }
    trace.tokens.push_back(std::move(token));
  }
  return trace;
}

// The store with LRU where a layer's list always fits: what the list wants stays, then the units
// used longest ago leave, all misses of a list together.
Score slow_lru(const Trace& trace, size_t slots) {
  std::map<uint32_t, uint64_t> resident;  // unit, last use
  uint64_t clock = 0;
  Score score;
  for (size_t t = 0; t < trace.tokens.size(); ++t) {
    for (uint32_t layer = 0; layer < trace.layers; ++layer) {
      std::set<uint32_t> list;
      for (const uint32_t expert : trace.tokens[t].layers[layer]) {
        list.insert(trace.unit(layer, expert));
      }
      std::map<uint32_t, uint64_t> uses;
      for (const uint32_t expert : trace.tokens[t].layers[layer]) {
        uses[trace.unit(layer, expert)] = ++clock;
      }
      uint64_t hits = 0;
      for (const uint32_t unit : list) hits += resident.count(unit);
      for (const uint32_t unit : list) {
        if (resident.count(unit) == 0 && resident.size() == slots) {
          auto oldest = resident.end();
          for (auto it = resident.begin(); it != resident.end(); ++it) {
            if (list.count(it->first) != 0) continue;
            if (oldest == resident.end() || it->second < oldest->second) oldest = it;
          }
          resident.erase(oldest);
        }
        resident[unit] = uses[unit];
      }
      for (Count* count : {&score.whole, &score.second_half}) {
        if (count == &score.second_half && t < trace.tokens.size() / 2) continue;
        count->demands += list.size();
        count->hits += hits;
      }
    }
  }
  return score;
}

TEST(Replay, LruCountsAsTheSlowestSimulation) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace = random_trace(seed, 30, 3, 8, 2);
    for (const size_t slots : {2u, 3u, 5u, 6u, 7u, 12u, 20u, 24u}) {
      const auto fast = replay(trace, "lru", slots, false);
      ASSERT_TRUE(fast) << fast.error().message;
      const Score slow = slow_lru(trace, slots);
      EXPECT_EQ(fast->whole.hits, slow.whole.hits) << seed << " " << slots;
      EXPECT_EQ(fast->whole.demands, slow.whole.demands);
      EXPECT_EQ(fast->second_half.hits, slow.second_half.hits) << seed << " " << slots;
      EXPECT_EQ(fast->second_half.demands, slow.second_half.demands);
    }
  }
}

// The most hits that any choice of evictions, or of not keeping a unit at all, can have.
class Optimum {
 public:
  Optimum(std::vector<uint32_t> accesses, size_t slots)
      : accesses_(std::move(accesses)), slots_(slots) {}

  uint64_t hits(size_t from = 0, uint32_t resident = 0) {
    if (from == accesses_.size()) return 0;
    const auto [found, fresh] = known_.try_emplace({from, resident}, 0);
    if (!fresh) return found->second;
    const uint32_t unit = 1u << accesses_[from];
    uint64_t best = 0;
    if ((resident & unit) != 0) {
      best = 1 + hits(from + 1, resident);
    } else {
      best = hits(from + 1, resident);
      if (static_cast<size_t>(__builtin_popcount(resident)) < slots_) {
        best = std::max(best, hits(from + 1, resident | unit));
      } else {
        for (uint32_t left = resident; left != 0; left &= left - 1) {
          const uint32_t victim = left & -left;
          best = std::max(best, hits(from + 1, (resident & ~victim) | unit));
        }
      }
    }
    return known_[{from, resident}] = best;
  }

 private:
  const std::vector<uint32_t> accesses_;
  const size_t slots_;
  std::map<std::pair<size_t, uint32_t>, uint64_t> known_;
};

TEST(Replay, BeladyIsTheOptimum) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const Trace trace = random_trace(seed, 7, 2, 5, 2);
    std::vector<uint32_t> accesses;
    for (const Token& token : trace.tokens) {
      for (uint32_t layer = 0; layer < trace.layers; ++layer) {
        for (const uint32_t expert : token.layers[layer]) {
          accesses.push_back(trace.unit(layer, expert));
        }
      }
    }
    for (size_t slots = 0; slots < 8; ++slots) {
      const Score score = replay_belady(trace, slots, false);
      EXPECT_EQ(score.whole.hits, Optimum(accesses, slots).hits()) << seed << " " << slots;
      EXPECT_EQ(score.whole.demands, accesses.size());
    }
  }
}

TEST(Replay, EveryPolicyStaysBetweenNothingAndTheOptimum) {
  const Trace trace = random_trace(1, 60, 4, 12, 3);
  for (const size_t slots : {1u, 2u, 3u, 8u, 12u, 24u, 40u, 48u}) {
    // The store keeps what a list wants for its end, which the optimum of one access at a time does
    // not know of; with as many slots as a list it can use that.
    const Score best = replay_belady(trace, slots + 3, false);
    for (const char* policy : {"lru", "decayed", "hazard", "plain-lru"}) {
      const auto score = replay(trace, policy, slots, false);
      ASSERT_TRUE(score) << policy;
      EXPECT_EQ(score->whole.demands, 60u * 4 * 3) << policy;
      EXPECT_LE(score->whole.hits, best.whole.hits) << policy << " " << slots;
      if (slots < 48) continue;
      EXPECT_EQ(score->whole.reads(), best.whole.reads()) << policy;
    }
  }
  EXPECT_FALSE(replay(trace, "clairvoyant", 3, false));
}

TEST(Replay, APromptWarmsAndIsNotCounted) {
  Trace trace = random_trace(2, 20, 2, 8, 2);
  for (size_t i = 0; i < 10; ++i) {
    trace.tokens[i].prefill = true;
    trace.tokens[i].step = i / 5;
  }
  for (const char* policy : {"lru", "hazard", "plain-lru", "belady"}) {
    const auto cold = replay(trace, policy, 16, false);
    const auto warm = replay(trace, policy, 16, true);
    ASSERT_TRUE(cold && warm);
    EXPECT_EQ(cold->whole.demands, 10u * 4) << policy;
    EXPECT_EQ(warm->whole.demands, 10u * 4) << policy;
    EXPECT_GT(warm->whole.hits, cold->whole.hits) << policy;
  }
}

}  // namespace
}  // namespace sluice::replay
