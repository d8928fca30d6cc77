// Goal: whatever the order, the number of slots, the reader and the order of completions, the store
// hands out each wanted unit exactly once with the right bytes, and ends.
// Method: random lists, leases held at random up to the allowed number, lists abandoned midway,
// random hints; every byte of every lease is checked when it is handed out and when it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/store_rig.hpp"

namespace sluice {
namespace {

using Parameters = std::tuple<std::string, std::string, bool>;  // reader, policy, shuffled

class StoreSweep : public ::testing::TestWithParam<Parameters> {
 protected:
  std::vector<UnitIndex> random_list(uint32_t units) {
    std::vector<UnitIndex> list;
    for (uint32_t unit = 0; unit < units; ++unit) list.push_back(UnitIndex{unit});
    std::shuffle(list.begin(), list.end(), random_);
    list.resize(1 + random_() % units);
    return list;
  }

  void run_list(StoreRig& rig, Order order, std::vector<Lease>& held) {
    Store& store = rig.store();
    const auto list = random_list(rig.catalog().units());
    std::vector<bool> resident;
    for (const UnitIndex unit : list) resident.push_back(store.resident(unit));
    const StoreStats before = store.stats();
    ASSERT_TRUE(store.want(list, order));
    if (random_() % 2 == 0) store.hint(random_list(rig.catalog().units()));
    const size_t stop = random_() % 4 == 0 ? random_() % list.size() : 0;
    std::vector<UnitIndex> seen;
    while (store.remaining() > stop) {
      while (held.size() >= store.slots() || (!held.empty() && random_() % 3 == 0)) {
        ASSERT_TRUE(rig.right(held.back()));
        held.pop_back();
      }
      auto lease = store.take();
      ASSERT_TRUE(lease) << lease.error().message;
      ASSERT_TRUE(rig.right(*lease));
      seen.push_back(lease->unit());
      held.insert(held.begin() + static_cast<ptrdiff_t>(random_() % (held.size() + 1)),
                  std::move(*lease));
    }
    ASSERT_EQ(seen.size(), list.size() - stop);
    const uint64_t admitted =
        store.stats().hits + store.stats().misses - before.hits - before.misses;
    EXPECT_GE(admitted, seen.size());
    if (order == Order::given) {
      EXPECT_TRUE(std::equal(seen.begin(), seen.end(), list.begin()));
    } else {
      check_residents_first(list, resident, seen);
    }
    if (stop == 0) {
      EXPECT_EQ(admitted, list.size());
      EXPECT_TRUE(std::is_permutation(seen.begin(), seen.end(), list.begin(), list.end()));
    }
    store.abandon();
    if (random_() % 3 == 0) store.advance();
  }

  static void check_residents_first(const std::vector<UnitIndex>& list,
                                    const std::vector<bool>& resident,
                                    const std::vector<UnitIndex>& seen) {
    size_t next = 0;
    for (size_t i = 0; i < list.size() && next < seen.size(); ++i) {
      if (!resident[i]) continue;
      EXPECT_EQ(seen[next++], list[i]);
    }
  }

  std::mt19937_64 random_{2025};
};

TEST_P(StoreSweep, EveryUnitOnceWithItsBytes) {
  const auto& [reader, policy, shuffle] = GetParam();
  for (const Order order : {Order::given, Order::ready}) {
    for (size_t slots = 1; slots <= 18; slots += slots < 6 ? 1 : 4) {
      for (const size_t depth : {1u, 4u, 64u}) {
        StoreRig rig({.slots = slots,
                      .reader = reader,
                      .depth = depth,
                      .policy = policy,
                      .caching = depth == 4 ? Caching::buffered : Caching::direct,
                      .script = {.seed = slots * 100 + depth, .shuffle = shuffle}});
        if (!rig.usable()) GTEST_SKIP() << "SKIP: this system refuses the reader";
        std::vector<Lease> held;
        for (int list = 0; list < 8; ++list) {
          run_list(rig, order, held);
          if (HasFatalFailure()) return;
        }
        for (const Lease& lease : held) EXPECT_TRUE(rig.right(lease));
      }
    }
  }
}

std::string describe(const ::testing::TestParamInfo<Parameters>& info) {
  return std::get<0>(info.param) + "_" + std::get<1>(info.param) +
         (std::get<2>(info.param) ? "_shuffled" : "");
}

INSTANTIATE_TEST_SUITE_P(All, StoreSweep,
                         ::testing::Combine(::testing::Values("uring", "pread"),
                                            ::testing::Values("lru", "hazard"), ::testing::Bool()),
                         describe);

}  // namespace
}  // namespace sluice
