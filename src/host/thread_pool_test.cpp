// Goal: every index is visited exactly once, for any team and grain, over and over, and chunk
// borders do not depend on the team. Method: count visits; record borders.
#include "host/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <utility>

namespace sluice {
namespace {

TEST(ThreadPool, VisitsEachIndexOnce) {
  for (size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (size_t count : {0, 1, 2, 7, 64, 1000}) {
      for (size_t grain : {1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> visits(count);
        pool.parallel_for(count, grain, [&](size_t begin, size_t end, size_t member) {
          EXPECT_LT(member, threads);
          for (size_t i = begin; i < end; ++i) visits[i].fetch_add(1);
        });
        for (const auto& visit : visits) EXPECT_EQ(visit.load(), 1);
      }
    }
  }
}

TEST(ThreadPool, ChunkBordersAreTheSameForAnyTeam) {
  using Chunks = std::set<std::pair<size_t, size_t>>;
  auto chunks_of = [](size_t threads) {
    ThreadPool pool(threads);
    std::mutex mutex;
    Chunks chunks;
    pool.parallel_for(103, 10, [&](size_t begin, size_t end, size_t) {
      std::lock_guard lock(mutex);
      chunks.insert({begin, end});
    });
    return chunks;
  };
  EXPECT_EQ(chunks_of(1), chunks_of(4));
}

TEST(ThreadPool, ManyShortLoopsWithSleepsBetween) {
  ThreadPool pool(4);
  std::atomic<size_t> sum{0};
  for (int round = 0; round < 2000; ++round) {
    pool.parallel_for(16, 1, [&](size_t begin, size_t, size_t) { sum.fetch_add(begin); });
    if (round % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(sum.load(), 2000u * 120u);
}

}  // namespace
}  // namespace sluice
