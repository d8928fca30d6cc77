// Goal: slots are given back at once when memory is tight, taken again in calm, and left alone on a
// quiet machine, even when the control group's limit is the budget itself. Method: a made-up source
// of pressure, in a world where a slot is 1 MiB and time is a number; then a real store over a
// reader without a disk.
#include "engine/governor.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "io/instant_reader.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint64_t kBudget = kGiB;
constexpr uint64_t kSlots = 640;

PressureReading calm() {
  PressureReading reading;
  reading.machine_total = 16 * kGiB;
  reading.machine_available = 8 * kGiB;
  reading.group_limit = 2 * kGiB;
  reading.group_available = kGiB + 512 * kMiB;
  reading.group_stall_us = 1000;
  reading.machine_stall_us = 1000;
  return reading;
}

// A group that has `available` left.
PressureReading group_left(uint64_t available) {
  PressureReading reading = calm();
  reading.group_available = available;
  return reading;
}

GovernorRule rule(const PressureReading& at_open = calm()) {
  return GovernorRule({kBudget, kSlots, 2, kMiB, at_open, {}});
}

TEST(GovernorRule, LeavesAQuietMachineAlone) {
  GovernorRule governor = rule();
  for (int64_t second = 1; second < 100; ++second) {
    EXPECT_EQ(governor.decide(calm(), kSlots, 0, second * kSecond), kSlots);
  }
}

TEST(GovernorRule, KnowsNothing) {
  GovernorRule governor = rule(PressureReading());
  EXPECT_EQ(governor.decide(PressureReading(), kSlots, 0, kSecond), kSlots);
}

TEST(GovernorRule, ALimitEqualToTheBudgetIsNoPressure) {
  PressureReading at_open = calm();
  at_open.group_limit = at_open.group_available = kBudget;
  GovernorRule governor = rule(at_open);
  PressureReading full = at_open;
  full.group_available = 3 * kMiB;
  EXPECT_EQ(governor.decide(full, kSlots, 0, kSecond), kSlots);
}

TEST(GovernorRule, SlotsStillToBeFilledCountAsUsed) {
  PressureReading at_open = calm();
  at_open.group_limit = at_open.group_available = kBudget;
  GovernorRule governor = rule(at_open);
  PressureReading empty = at_open;
  empty.group_available = 643 * kMiB;
  EXPECT_EQ(governor.decide(empty, kSlots, 640 * kMiB, 1 * kSecond), kSlots);
  empty.group_available = 632 * kMiB;
  EXPECT_EQ(governor.decide(empty, kSlots, 640 * kMiB, 2 * kSecond), kSlots - 12);
}

TEST(GovernorRule, SparesTheRestOfThePlanAndTheCushions) {
  const auto pages = Pages::allocate(kSlots * kMiB);
  ASSERT_TRUE(pages);
  PressureReading at_open = calm();
  const auto spare = [&] {
    return GovernorRule({kBudget, kSlots, 2, kMiB, at_open, pages->span()}).spare_at_open();
  };
  const uint64_t rest = kBudget - kSlots * kMiB;
  EXPECT_EQ(spare(), kGiB + 512 * kMiB - rest - 64 * kMiB);
  at_open.group_available = kBudget;  // the limit is the budget: the smallest cushion
  EXPECT_EQ(spare(), kSlots * kMiB - 2 * kMiB);
  at_open.machine_available = rest + 40 * kMiB;  // less than the budget
  EXPECT_EQ(spare(), 8 * kMiB);
  at_open.machine_available = rest;
  EXPECT_EQ(spare(), 0u);
}

TEST(GovernorRule, RestoresTheCushionAndMore) {
  GovernorRule governor = rule();
  // The cushion is 64 MiB: half of what the group had beyond the budget, at most that.
  EXPECT_EQ(governor.decide(group_left(64 * kMiB), kSlots, 0, 1 * kSecond), kSlots);
  EXPECT_EQ(governor.decide(group_left(54 * kMiB), kSlots, 0, 2 * kSecond), kSlots - 20);
  EXPECT_EQ(governor.decide(group_left(0), 100, 0, 3 * kSecond), 2u);
  PressureReading machine = calm();
  machine.machine_available = 246 * kMiB;
  EXPECT_EQ(governor.decide(machine, 100, 0, 4 * kSecond), 80u);
}

TEST(GovernorRule, ALimitBelowTheBudgetTakesItsShare) {
  GovernorRule governor = rule();
  PressureReading reading = calm();
  reading.group_limit = kBudget - 100 * kMiB;
  reading.group_available = 70 * kMiB;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, kSecond), kSlots - 100);
  // What the limit takes away is not taken once more because it is missing.
  GovernorRule again = rule();
  reading.group_available = 0;
  EXPECT_EQ(again.decide(reading, kSlots, 150 * kMiB, kSecond), kSlots - 154);
  // In calm it grows, but not beyond what the limit leaves.
  reading.group_available = kGiB;
  EXPECT_EQ(governor.decide(reading, kSlots - 110, 0, 9 * kSecond), kSlots - 100);
  EXPECT_EQ(governor.decide(reading, kSlots - 100, 0, 19 * kSecond), kSlots - 100);
}

TEST(GovernorRule, AFallenLimitLeavesASmallerCushion) {
  GovernorRule governor = rule();
  // At open 1,536 MiB were there for a budget of 1,024. Now 516 fewer: the least cushion will do.
  PressureReading reading = calm();
  reading.group_limit = 2 * kGiB - 516 * kMiB;
  reading.group_available = 3 * kMiB;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, kSecond), kSlots);
  reading.group_available = kMiB;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, 2 * kSecond), kSlots - 2);
  // And when it rises again, the cushion does too.
  EXPECT_EQ(governor.decide(group_left(54 * kMiB), kSlots, 0, 3 * kSecond), kSlots - 20);
}

TEST(GovernorRule, ALimitIsCountedInPages) {
  GovernorOptions options{kBudget + 512, kSlots, 2, kMiB, calm(), {}};
  GovernorRule governor(options);
  PressureReading reading = calm();
  reading.group_limit = kBudget;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, kSecond), kSlots);
}

TEST(GovernorRule, StallsCount) {
  GovernorRule governor = rule();
  PressureReading reading = calm();
  EXPECT_EQ(governor.decide(reading, kSlots, 0, 1 * kSecond), kSlots);
  reading.group_stall_us = 1000 + 200'000;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, 2 * kSecond), kSlots - kSlots / 16);
  // The machine's stalls only while the machine itself is short of memory.
  reading.machine_stall_us = 1000 + 500'000;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, 3 * kSecond), kSlots);
  reading.machine_stall_us = 1000 + 900'000;
  reading.machine_available = kGiB - kMiB;
  EXPECT_EQ(governor.decide(reading, kSlots, 0, 4 * kSecond), kSlots - kSlots / 16);
}

TEST(GovernorRule, GrowsInStepsAfterCalm) {
  GovernorRule governor = rule();
  uint64_t slots = governor.decide(group_left(0), kSlots, 0, 1 * kSecond);
  EXPECT_EQ(slots, kSlots - 128);
  EXPECT_EQ(governor.decide(calm(), slots, 0, 2 * kSecond), slots);
  EXPECT_EQ(governor.decide(calm(), slots, 0, 3 * kSecond), slots + 40);
  // Between one and two cushions neither grows nor shrinks.
  EXPECT_EQ(governor.decide(group_left(100 * kMiB), slots, 0, 9 * kSecond), slots);
  // What was granted before and is not yet touched counts as taken.
  const PressureReading some = group_left(138 * kMiB);
  EXPECT_EQ(governor.decide(some, slots, 0, 10 * kSecond), slots + 10);
  EXPECT_EQ(governor.decide(some, slots, 7 * kMiB, 11 * kSecond), slots + 3);
  EXPECT_EQ(governor.decide(some, slots, 70 * kMiB, 12 * kSecond), slots);
}

TEST(GovernorRule, NeverBelowTheFloorNorAboveThePlan) {
  GovernorRule governor = rule();
  PressureReading nothing = group_left(0);
  nothing.group_limit = kMiB;
  EXPECT_EQ(governor.decide(nothing, 2, 0, kSecond), 2u);
  EXPECT_EQ(governor.decide(calm(), kSlots - 3, 0, 60 * kSecond), kSlots);
}

// A store of 32 slots of a page each, over a reader without a disk.
class GovernorOfAStore : public ::testing::Test {
 protected:
  void SetUp() override {
    catalog_.add("blk.0", 64, {{FileIndex{0}, 0, 4096, 4096}});
    {
      std::FILE* file = std::fopen((folder_ / "f").c_str(), "wb");
      ASSERT_NE(file, nullptr);
      ASSERT_EQ(std::fseek(file, 64 * 4096 - 1, SEEK_SET), 0);
      std::fputc(0, file);
      std::fclose(file);
    }
    auto opened = File::open(folder_ / "f");
    ASSERT_TRUE(opened);
    files_.push_back(std::move(*opened));
    auto arena = Pages::allocate(32 * 4096);
    auto policy = make_policy("lru", catalog_);
    ASSERT_TRUE(arena && policy);
    arena_ = std::move(*arena);
    auto store = Store::open(catalog_, files_, reader_, std::move(*policy),
                             {.slots = 32, .arena = arena_.span(), .verify = false});
    ASSERT_TRUE(store);
    store_ = std::move(*store);
  }

  // Ticks until all slots have memory; returns the time then.
  int64_t find_all(Governor& governor) {
    int64_t now = kSecond;
    for (int tries = 0; store_->untouched_bytes() > 0 && tries < 60'000; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      governor.tick(*store_, now += kGovernorIntervalNs);
    }
    return now;
  }

  const test::TemporaryFolder folder_;
  Catalog catalog_;
  std::vector<File> files_;
  InstantReader reader_{16};
  Pages arena_;
  std::unique_ptr<Store> store_;
};

TEST_F(GovernorOfAStore, ActsWhenItIsTime) {
  PressureReading reading = calm();
  int looked = 0;
  Governor governor({kBudget, 32, 2, 4096, calm(), {}}, [&] {
    ++looked;
    return reading;
  });
  governor.tick(*store_, kSecond);
  governor.tick(*store_, kSecond + kGovernorIntervalNs - 1);
  EXPECT_EQ(looked, 1);  // not yet time, and nothing was filled
  reading.group_available = 64 * kMiB + 25 * 4096;  // 30 slots will still be empty: 5 are missing
  const std::vector<UnitIndex> list = {UnitIndex{1}, UnitIndex{2}};
  ASSERT_TRUE(store_->want(list, Order::given));
  governor.tick(*store_, 2 * kSecond);  // in the middle of a list
  EXPECT_EQ(store_->slots(), 22u);
  while (store_->remaining() > 0) ASSERT_TRUE(store_->take());
  reading = calm();
  for (int64_t second = 3; second < 20; ++second) governor.tick(*store_, second * kSecond);
  EXPECT_EQ(store_->slots(), 32u);
}

TEST_F(GovernorOfAStore, WhatIsLentStaysLentUnderPressure) {
  PressureReading reading = calm();
  Governor governor({kBudget, 32, 2, 4096, calm(), {}}, [&] { return reading; });
  governor.lend(*store_, 10);
  EXPECT_EQ(store_->slots(), 22u);
  EXPECT_EQ(governor.slots(*store_), 32u);
  EXPECT_EQ(governor.given_back(), 0u);
  reading.group_available = 64 * kMiB - 2 * 4096;  // and 22 will still be filled
  governor.tick(*store_, kSecond);
  EXPECT_EQ(store_->slots(), 2u);
  EXPECT_EQ(governor.slots(*store_), 12u);
  EXPECT_EQ(governor.given_back(), 20u);
  governor.lend(*store_, 4);
  EXPECT_EQ(store_->slots(), 8u);
  reading = calm();
  for (int64_t second = 2; second < 60; ++second) governor.tick(*store_, second * kSecond);
  EXPECT_EQ(store_->slots(), 28u);
  governor.lend(*store_, 0);
  EXPECT_EQ(store_->slots(), 32u);
  EXPECT_EQ(governor.given_back(), 20u);
}

TEST_F(GovernorOfAStore, WhatIsAsideComesBackAtOnceAndIsNotPressure) {
  PressureReading reading = calm();
  Governor governor({kBudget, 32, 2, 4096, calm(), {}}, [&] { return reading; });
  governor.set_aside(*store_, 12);
  EXPECT_EQ(store_->slots(), 20u);
  for (int64_t second = 1; second < 20; ++second) governor.tick(*store_, second * kSecond);
  EXPECT_EQ(store_->slots(), 20u);  // calm does not bring it back
  governor.lend(*store_, 5);
  EXPECT_EQ(store_->slots(), 15u);
  governor.set_aside(*store_, 14);
  EXPECT_EQ(store_->slots(), 13u);
  governor.set_aside(*store_, 3);
  EXPECT_EQ(store_->slots(), 24u);
  governor.lend(*store_, 0);
  EXPECT_EQ(governor.slots(*store_), 29u);
  EXPECT_EQ(governor.given_back(), 0u);
  // What pressure took does not come back with it, but counts as aside where it was taken first.
  reading.group_available = 64 * kMiB + 19 * 4096;  // 29 slots will be filled: 10 are missing
  governor.tick(*store_, 20 * kSecond);
  EXPECT_EQ(store_->slots(), 9u);
  governor.set_aside(*store_, 20);
  EXPECT_EQ(store_->slots(), 9u);
  governor.set_aside(*store_, 25);
  EXPECT_EQ(store_->slots(), 7u);
  governor.set_aside(*store_, 21);
  EXPECT_EQ(store_->slots(), 11u);
  governor.set_aside(*store_, 30);
  EXPECT_EQ(store_->slots(), 2u);
}

TEST_F(GovernorOfAStore, LendingForgetsNothingThatWasFound) {
  if (madvise(arena_.data(), 0, 23) != 0) GTEST_SKIP() << "this kernel has no MADV_POPULATE_WRITE";
  Governor governor({kBudget, 32, 2, 4096, calm(), arena_.span()}, [] { return calm(); });
  find_all(governor);
  governor.lend(*store_, 4);
  EXPECT_EQ(store_->untouched_bytes(), 0u);
  governor.lend(*store_, 0);
  EXPECT_EQ(store_->untouched_bytes(), 4u * 4096);
}

TEST_F(GovernorOfAStore, WhatWasFoundAheadIsNotStillToBeTaken) {
  if (madvise(arena_.data(), 0, 23) != 0) GTEST_SKIP() << "this kernel has no MADV_POPULATE_WRITE";
  EXPECT_EQ(store_->untouched_bytes(), 32u * 4096);
  PressureReading reading = calm();
  Governor governor({kBudget, 32, 2, 4096, calm(), arena_.span()}, [&] { return reading; });
  int64_t now = find_all(governor);
  ASSERT_EQ(store_->untouched_bytes(), 0u);
  reading.group_available = 64 * kMiB;  // the cushion is there, and nothing is missing
  governor.tick(*store_, now += kGovernorIntervalNs);
  EXPECT_EQ(store_->slots(), 32u);
  reading.group_available = 64 * kMiB - 5 * 4096;
  governor.tick(*store_, now += kGovernorIntervalNs);
  EXPECT_EQ(store_->slots(), 22u);
  // Slots that were given back have no memory when they come again.
  reading = calm();
  for (int second = 0; second < 20; ++second) governor.tick(*store_, now += kSecond);
  EXPECT_EQ(store_->slots(), 32u);
  EXPECT_EQ(store_->untouched_bytes(), 10u * 4096);
}

}  // namespace
}  // namespace sluice
