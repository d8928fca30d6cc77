// Goal: the promises of store.hpp, one by one: order, hits and misses, who is evicted, leases,
// waves, hints, counters, and that nothing is allocated after open.
// Method: real files with known bytes; a reader that lands nothing before it is waited for where
// the moment matters. Faults have their own file, and so has the sweep over all combinations.
#include "store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "io/instant_reader.hpp"
#include "store/store_rig.hpp"
#include "support/allocation_count.hpp"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes the whole list, one lease at a time, and returns the units in the order of their coming.
std::vector<uint32_t> take_all(Store& store, const StoreRig* rig = nullptr) {
  std::vector<uint32_t> order;
  while (store.remaining() > 0) {
    auto lease = store.take();
    EXPECT_TRUE(lease) << lease.error().message;
    if (!lease) break;
    if (rig != nullptr) {
      EXPECT_TRUE(rig->right(*lease));
    }
    order.push_back(to_number(lease->unit()));
  }
  return order;
}

std::vector<uint32_t> run(StoreRig& rig, std::initializer_list<uint32_t> list,
                          Order order = Order::given) {
  EXPECT_TRUE(rig.store().want(units(list), order));
  return take_all(rig.store(), &rig);
}

TEST(Store, HandsOutWhatTheFilesHoldInTheOrderGiven) {
  StoreRig rig({.slots = 16});
  EXPECT_THAT(run(rig, {15, 3, 0, 9, 10}), ElementsAre(15, 3, 0, 9, 10));
  EXPECT_EQ(rig.store().remaining(), 0u);
  EXPECT_TRUE(rig.store().resident(UnitIndex{9}));
  EXPECT_FALSE(rig.store().resident(UnitIndex{8}));
  EXPECT_TRUE(rig.store().want({}, Order::ready));
  EXPECT_EQ(rig.store().remaining(), 0u);
}

TEST(Store, CountsHitsMissesReadsAndBytes) {
  StoreRig rig({.slots = 16, .caching = Caching::buffered});
  std::vector<std::pair<uint32_t, bool>> log;
  StoreLog observer;
  observer.on_access = [&](UnitIndex unit, bool hit) { log.emplace_back(to_number(unit), hit); };
  rig.store().set_log(observer);
  run(rig, {0, 10});
  run(rig, {10, 1, 0}, Order::ready);
  const StoreStats& stats = rig.store().stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 3u);
  EXPECT_EQ(stats.reads, 3u + 1 + 3);
  EXPECT_EQ(stats.bytes_read, 2 * rig.catalog().bytes(UnitIndex{0}) + 4096);
  EXPECT_GT(stats.flight_ns, 0);
  EXPECT_EQ(log, (std::vector<std::pair<uint32_t, bool>>{
                     {0, false}, {10, false}, {10, true}, {0, true}, {1, false}}));
}

TEST(Store, BytesReadIncludeTheRoundingOfDirectReads) {
  StoreRig rig({.slots = 2});
  const size_t alignment = rig.files()[0].alignment();
  run(rig, {0});
  const uint64_t expected = align_up(5100, alignment) - align_down(100, alignment) +
                            align_up(3031, alignment) - align_down(32, alignment) +
                            align_up(64097, alignment) - align_down(60000, alignment);
  EXPECT_EQ(rig.store().stats().bytes_read, expected);
}

TEST(Store, ReadyGivesResidentsFirst) {
  StoreRig rig({.slots = 8});
  run(rig, {4, 5});
  EXPECT_THAT(run(rig, {1, 5, 2, 4}, Order::ready).size(), 4u);
  ASSERT_TRUE(rig.store().want(units({6, 4, 7, 5}), Order::ready));
  const auto order = take_all(rig.store());
  EXPECT_THAT(std::vector(order.begin(), order.begin() + 2), ElementsAre(4, 5));
}

TEST(Store, EvictsWhatTheListDoesNotWant) {
  StoreRig rig({.slots = 4});
  run(rig, {0, 1, 2, 3});
  // 3 was used last, but 0, 1 and 2 are about to be used.
  EXPECT_THAT(run(rig, {4, 0, 1, 2}), ElementsAre(4, 0, 1, 2));
  EXPECT_EQ(rig.store().stats().hits, 3u);
  EXPECT_FALSE(rig.store().resident(UnitIndex{3}));
}

TEST(Store, GivesUpTheLastWantedFirstWhenAllAreWanted) {
  StoreRig rig({.slots = 4});
  run(rig, {0, 1, 2, 3});
  EXPECT_THAT(run(rig, {4, 0, 1, 2, 3}), ElementsAre(4, 0, 1, 2, 3));
  EXPECT_EQ(rig.store().stats().hits, 3u);
  EXPECT_EQ(rig.store().stats().misses, 4u + 2);
}

TEST(Store, OneSlotIsEnough) {
  StoreRig rig({.slots = 1});
  EXPECT_THAT(run(rig, {3, 1, 2, 15}), ElementsAre(3, 1, 2, 15));
  EXPECT_THAT(run(rig, {1, 2, 15, 0}, Order::ready), ElementsAre(15, 1, 2, 0));
  EXPECT_EQ(rig.store().stats().hits, 1u);
}

TEST(Store, AReaderOfDepthOneIsEnough) {
  StoreRig rig({.slots = 3, .depth = 1});
  EXPECT_THAT(run(rig, {3, 1, 2, 15, 9}), ElementsAre(3, 1, 2, 15, 9));
  EXPECT_EQ(run(rig, {1, 2, 15, 0}, Order::ready).size(), 4u);
}

TEST(Store, LeasesPin) {
  StoreRig rig({.slots = 3});
  ASSERT_TRUE(rig.store().want(units({0, 1}), Order::given));
  auto first = rig.store().take();
  ASSERT_TRUE(first);
  take_all(rig.store(), &rig);
  run(rig, {2, 3, 4, 5, 6, 7}, Order::ready);
  EXPECT_TRUE(rig.store().resident(UnitIndex{0}));
  EXPECT_TRUE(rig.right(*first));
  // The same unit leased twice stays until both leases end.
  ASSERT_TRUE(rig.store().want(units({0}), Order::ready));
  auto second = rig.store().take();
  ASSERT_TRUE(second);
  *first = Lease();
  run(rig, {2, 3, 4, 5, 6, 7});
  EXPECT_TRUE(rig.right(*second));
  *second = Lease();
  run(rig, {2, 3, 4});
  EXPECT_FALSE(rig.store().resident(UnitIndex{0}));
}

TEST(Store, AllSlotsLeasedIsAnErrorNotAHang) {
  for (const Order order : {Order::given, Order::ready}) {
    StoreRig rig({.slots = 2});
    ASSERT_TRUE(rig.store().want(units({0, 1, 2}), order));
    auto first = rig.store().take();
    auto second = rig.store().take();
    ASSERT_TRUE(first && second);
    const auto third = rig.store().take();
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Code::invalid);
    EXPECT_THAT(third.error().message, HasSubstr("all 2 slots are leased"));
    EXPECT_THAT(third.error().message, HasSubstr("blk.0.exps unit 2"));
    *first = Lease();
    EXPECT_TRUE(rig.right(*second));
    EXPECT_EQ(run(rig, {2, 3}, order).size(), 2u);
  }
}

TEST(Store, AbandonedReadsLandAndServeTheNextList) {
  StoreRig rig({.slots = 8});
  ASSERT_TRUE(rig.store().want(units({0, 1, 2, 3}), Order::given));
  ASSERT_TRUE(rig.store().take());
  rig.store().abandon();
  EXPECT_EQ(rig.store().remaining(), 0u);
  EXPECT_THAT(run(rig, {3, 2, 1}), ElementsAre(3, 2, 1));
  EXPECT_EQ(rig.store().stats().hits, 3u);
  EXPECT_EQ(rig.store().stats().misses, 4u);
}

TEST(Store, LeaseMovesKeepOnePin) {
  StoreRig rig({.slots = 1});
  ASSERT_TRUE(rig.store().want(units({0}), Order::given));
  Lease lease = *rig.store().take();
  Lease moved = std::move(lease);
  EXPECT_TRUE(moved);
  EXPECT_FALSE(lease);  // NOLINT(bugprone-use-after-move): what a moved lease is, is promised
  lease = std::move(moved);
  lease = Lease();
  EXPECT_THAT(run(rig, {1}), ElementsAre(1));
}

// A store over a reader that lands nothing until somebody waits. Units of one aligned part.
class QuietStore : public ::testing::Test {
 protected:
  using Landing = InstantReader::Landing;

  void open(size_t slots, const char* policy, size_t depth = 64,
            Landing landing = Landing::awaited) {
    catalog_.add("u", 4096, {{.offset = 0, .stride = 0, .bytes = 1}});
    auto file = File::open("/proc/self/exe", Caching::buffered);
    ASSERT_TRUE(file);
    files_.push_back(std::move(*file));
    reader_ = std::make_unique<InstantReader>(depth, landing);
    auto arena = Pages::allocate(slots * catalog_.slot_bytes(1));
    ASSERT_TRUE(arena);
    arena_ = std::move(*arena);
    auto opened =
        Store::open(catalog_, files_, *reader_, *make_policy(policy, catalog_),
                    {.slots = slots,
                     .arena = arena_.span(),
                     .alignment = 1,
                     .reads_in_flight = demanded_,
                     .verify = false});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  std::vector<uint32_t> run(std::initializer_list<uint32_t> list, Order order = Order::ready) {
    EXPECT_TRUE(store_->want(units(list), order));
    return take_all(*store_);
  }
  bool resident(uint32_t unit) const { return store_->resident(UnitIndex{unit}); }

  size_t demanded_ = 0;  // reads in flight at most; 0: the reader's depth
  Catalog catalog_;
  std::vector<File> files_;
  std::unique_ptr<InstantReader> reader_;
  Pages arena_;
  std::unique_ptr<Store> store_;
};

TEST_F(QuietStore, ReadsAheadAsFarAsSlotsGo) {
  open(5, "lru");
  ASSERT_TRUE(store_->want(units({0, 1, 2, 3, 4, 5, 6}), Order::given));
  EXPECT_EQ(reader_->in_flight(), 5u);
  take_all(*store_);
  EXPECT_EQ(store_->stats().reads, 7u);
}

TEST_F(QuietStore, DisplacesFewResidentsThatAreStillWanted) {
  open(12, "lru");
  run({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  ASSERT_TRUE(store_->want(units({20, 21, 22, 23, 24, 25, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}),
                           Order::given));
  EXPECT_EQ(reader_->in_flight(), 4u);  // of 11, 10, 9 and 8, not of all of them
  EXPECT_TRUE(resident(7));
  EXPECT_FALSE(resident(8));
  take_all(*store_);
  EXPECT_EQ(store_->stats().hits, 8u);
}

TEST_F(QuietStore, ANewcomerWorthLessThanEveryResidentDisplacesNone) {
  open(4, "decayed");
  for (int step = 0; step < 3; ++step) {
    run({0, 1, 2});
    store_->advance();
  }
  run({3});
  for (uint32_t newcomer = 10; newcomer < 20; ++newcomer) {
    run({newcomer});
    store_->advance();
    EXPECT_TRUE(resident(0) && resident(1) && resident(2)) << newcomer;
  }
  // A unit that keeps coming back is let in, though it was evicted in between (ghosts).
  for (int step = 0; step < 4; ++step) {
    run({30});
    run({31});
    store_->advance();
  }
  EXPECT_TRUE(resident(30) || resident(31));
  EXPECT_FALSE(resident(0) && resident(1) && resident(2));
}

TEST_F(QuietStore, AHintIsNeitherHitNorMissUntilDemanded) {
  open(8, "decayed");
  store_->hint(units({1, 2}));
  EXPECT_EQ(reader_->in_flight(), 2u);
  EXPECT_EQ(store_->stats().hint_reads, 2u);
  EXPECT_EQ(store_->stats().hits + store_->stats().misses, 0u);
  run({1, 3});
  EXPECT_EQ(store_->stats().hits, 1u);
  EXPECT_EQ(store_->stats().misses, 1u);
  EXPECT_EQ(store_->stats().hint_used, 1u);
  EXPECT_EQ(store_->stats().reads, 3u);
  run({1});
  EXPECT_EQ(store_->stats().hint_used, 1u);
}

TEST_F(QuietStore, HintsWaitForDemandAndLeaveHalfTheDepth) {
  open(32, "decayed", 8);
  ASSERT_TRUE(store_->want(units({0, 1}), Order::ready));
  store_->hint(units({10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(store_->stats().hint_reads, 0u);
  take_all(*store_);
  EXPECT_LE(store_->stats().hint_reads, 4u);
  ASSERT_TRUE(store_->want(units({20}), Order::ready));  // drops the rest of the hint
  take_all(*store_);
  EXPECT_LE(store_->stats().hint_reads, 4u);
}

TEST_F(QuietStore, DemandHasItsOwnNumberOfReadsInFlight) {
  demanded_ = 3;
  open(32, "lru", 8);
  ASSERT_TRUE(store_->want(units({0, 1, 2, 3, 4}), Order::given));
  EXPECT_EQ(reader_->in_flight(), 3u);
  take_all(*store_);
  store_->hint(units({10, 11, 12}));
  EXPECT_EQ(reader_->in_flight(), 1u);  // half of them
}

TEST_F(QuietStore, InAStepOfSeveralTokensHintsUseTheWholeDepth) {
  demanded_ = 4;
  open(32, "lru", 8);
  const std::vector<uint32_t> choices = {0, 1};
  store_->routed({.first = UnitIndex{0}, .choices = choices, .per_row = 1, .weights = {}});
  ASSERT_TRUE(store_->want(units({0, 1}), Order::given));
  store_->hint(units({10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
  EXPECT_EQ(store_->stats().hint_reads, 0u);
  take_all(*store_);
  EXPECT_EQ(store_->stats().hint_reads, 8u);
  // Nothing lands here until somebody waits, so poll() finds nothing to do.
  store_->poll();
  EXPECT_EQ(store_->stats().hint_reads, 8u);
}

TEST_F(QuietStore, PollingGoesOnReading) {
  open(32, "lru", 2, Landing::at_once);
  const std::vector<uint32_t> choices = {0, 1};
  store_->routed({.first = UnitIndex{0}, .choices = choices, .per_row = 1, .weights = {}});
  ASSERT_TRUE(store_->want(units({0}), Order::given));
  take_all(*store_);
  store_->hint(units({10, 11, 12, 13, 14}));
  const uint64_t begun = store_->stats().hint_reads;
  EXPECT_LT(begun, 5u);
  for (int i = 0; i < 5; ++i) store_->poll();
  EXPECT_EQ(store_->stats().hint_reads, 5u);
}

TEST_F(QuietStore, HintsDisplaceNeitherBetterUnitsNorEachOther) {
  open(2, "decayed");
  for (int step = 0; step < 4; ++step) {
    run({0, 1});
    store_->advance();
  }
  store_->hint(units({5, 6}));
  EXPECT_EQ(store_->stats().hint_reads, 0u);
  for (int step = 0; step < 40; ++step) store_->advance();
  store_->hint(units({5, 6}));
  EXPECT_EQ(store_->stats().hint_reads, 2u);
  run({6});
  EXPECT_EQ(store_->stats().hits - 6, 1u);
  store_->hint(units({7, 8, 9}));
  EXPECT_EQ(store_->stats().hint_reads, 3u);  // 7 in place of 5; 6 was demanded just now
}

TEST_F(QuietStore, AHintThatLandedIsNotDisplacedByTheNextOfTheSameCall) {
  open(3, "decayed", 64, Landing::at_once);
  run({0, 1});
  ASSERT_TRUE(store_->want(units({0, 1}), Order::ready));
  store_->hint(units({7, 8}));
  take_all(*store_);
  EXPECT_TRUE(resident(7));
  store_->hint(units({8}));  // a new guess may take the place of an old one
  store_->hint({});
  run({0});
  EXPECT_TRUE(resident(8));
  EXPECT_FALSE(resident(7));
}

TEST_F(QuietStore, EvictsOnlyForReadsThatCanStart) {
  open(10, "lru", 2);
  run({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ASSERT_TRUE(store_->want(units({20, 21, 22, 23, 24, 25}), Order::ready));
  EXPECT_FALSE(resident(0) || resident(1));
  EXPECT_TRUE(resident(2));
  take_all(*store_);
}

TEST_F(QuietStore, NothingIsAllocatedAfterOpen) {
  open(40, "hazard", 16);
  const auto list = units({0, 1, 2, 3, 4, 5, 6, 7});
  std::vector<UnitIndex> shifted(list.size());
  const size_t before = allocation_count();
  bool fine = true;
  for (uint32_t token = 0; token < 200; ++token) {
    for (uint32_t layer = 0; layer < 8; ++layer) {
      for (size_t i = 0; i < list.size(); ++i) {
        shifted[i] = UnitIndex{layer * 100 + (to_number(list[i]) * (token + 1)) % 61};
      }
      std::sort(shifted.begin(), shifted.end());
      const auto end = std::unique(shifted.begin(), shifted.end());
      const std::span<const UnitIndex> wanted(shifted.begin(), end);
      fine &= bool(store_->want(wanted, layer % 2 == 0 ? Order::given : Order::ready));
      store_->hint(list);
      while (store_->remaining() > 0) fine &= bool(store_->take());
    }
    store_->advance();
  }
  const size_t after = allocation_count();
  EXPECT_TRUE(fine);
  EXPECT_EQ(after, before);
}

TEST(Store, RealReadersAllocateNothingEither) {
  for (const char* reader : {"uring", "pread"}) {
    StoreRig rig({.slots = 3, .reader = reader, .depth = 4, .policy = "hazard"});
    if (!rig.usable()) continue;
    const auto first = units({0, 1, 2, 3, 12});
    const auto second = units({7, 3, 15, 0});
    const size_t before = allocation_count();
    bool fine = true;
    for (int round = 0; round < 20; ++round) {
      fine &= bool(rig.store().want(first, Order::given));
      while (fine && rig.store().remaining() > 0) fine &= bool(rig.store().take());
      fine &= bool(rig.store().want(second, Order::ready));
      while (fine && rig.store().remaining() > 1) fine &= bool(rig.store().take());
      rig.store().abandon();
      rig.store().advance();
    }
    const size_t after = allocation_count();
    EXPECT_TRUE(fine);
    EXPECT_EQ(after, before) << reader;
  }
}

TEST_F(QuietStore, RefusesWhatCannotWork) {
  open(2, "lru");
  const auto message = [&](size_t slots, std::span<std::byte> arena, size_t alignment) {
    const auto store = Store::open(catalog_, files_, *reader_, make_lru(4096),
                                   {.slots = slots, .arena = arena, .alignment = alignment});
    return store ? std::string() : store.error().message;
  };
  EXPECT_EQ(message(2, arena_.span(), 1), "");
  EXPECT_THAT(message(0, arena_.span(), 1), HasSubstr("at least one slot"));
  EXPECT_THAT(message(3, arena_.span().first(2), 1), HasSubstr("does not hold 3 slots"));
  EXPECT_THAT(message(1, arena_.span().subspan(1), 1), HasSubstr("page"));
  EXPECT_THAT(message(2, arena_.span(), 48), HasSubstr("power of two"));
  catalog_.add("late", 2, {{.offset = files_[0].size(), .stride = 1, .bytes = 1}});
  EXPECT_THAT(message(2, arena_.span(), 1), HasSubstr("reaches past the end of the file"));
}

}  // namespace
}  // namespace sluice
