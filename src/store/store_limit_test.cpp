// Goal: a store whose slots are taken away and given again keeps serving the right bytes, keeps the
// units that its policy would keep longest, and really gives memory back.
// Method: the usual rig; limits changed between lists, with leases held and hints in flight; pages
// counted with mincore.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <random>

#include "io/instant_reader.hpp"
#include "store/store_rig.hpp"

namespace sluice {
namespace {

// Demands the units one after another, in one list, and checks their bytes.
void use(StoreRig& rig, std::initializer_list<uint32_t> numbers) {
  const auto list = units(numbers);
  ASSERT_TRUE(rig.store().want(list, Order::given));
  while (rig.store().remaining() > 0) {
    const auto lease = rig.store().take();
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_TRUE(rig.right(*lease));
  }
}

size_t resident_count(const StoreRig& rig, Store& store) {
  size_t count = 0;
  for (uint32_t unit = 0; unit < rig.catalog().units(); ++unit) {
    if (store.resident(UnitIndex{unit})) ++count;
  }
  return count;
}

TEST(StoreLimit, KeepsWhatThePolicyKeepsLongest) {
  StoreRig rig({.slots = 6});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  // By LRU the last three stay, although they lie in the slots that leave.
  use(rig, {0, 1, 2, 3, 4, 5});
  store.set_slot_limit(3);
  EXPECT_EQ(store.slots(), 3u);
  EXPECT_EQ(store.stats().slots_retired, 3u);
  EXPECT_EQ(resident_count(rig, store), 3u);
  const uint64_t misses = store.stats().misses;
  use(rig, {3, 4, 5});
  EXPECT_EQ(store.stats().misses, misses);
  use(rig, {0, 1, 2, 10, 11});
  EXPECT_EQ(resident_count(rig, store), 3u);
}

TEST(StoreLimit, TakesThemAgain) {
  StoreRig rig({.slots = 5});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  use(rig, {0, 1, 2, 3, 4});
  store.set_slot_limit(1);
  EXPECT_EQ(store.empty_slots(), 0u);
  use(rig, {5, 6});
  store.set_slot_limit(5);
  EXPECT_EQ(store.slots(), 5u);
  EXPECT_EQ(store.empty_slots(), 4u);
  use(rig, {7, 8, 9, 10});
  EXPECT_EQ(resident_count(rig, store), 5u);
  EXPECT_TRUE(store.resident(UnitIndex{6}));
  EXPECT_EQ(store.stats().slots_retired, 4u);
}

TEST(StoreLimit, WaitsForLeases) {
  StoreRig rig({.slots = 4});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  std::vector<Lease> leases;
  ASSERT_TRUE(store.want(units({0, 1, 2, 3}), Order::given));
  for (int i = 0; i < 3; ++i) {
    auto lease = store.take();
    ASSERT_TRUE(lease);
    leases.push_back(std::move(*lease));
  }
  { ASSERT_TRUE(store.take()); }
  store.set_slot_limit(1);
  // Slot 3 was free to go; slots 0 to 2 are leased, and 0 stays anyway.
  EXPECT_EQ(store.stats().slots_retired, 1u);
  for (const Lease& lease : leases) EXPECT_TRUE(rig.right(lease));
  leases.clear();
  EXPECT_EQ(store.stats().slots_retired, 3u);
  EXPECT_EQ(resident_count(rig, store), 1u);
  use(rig, {4, 5, 6});
}

TEST(StoreLimit, GivesBackWhatAListHasNotComeTo) {
  StoreRig rig({.slots = 6});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  use(rig, {2, 3, 4, 5, 0, 1});
  // Four reads begin, in place of 2 to 5; then 0 and 1, in the last slots, wait for their turn.
  const auto list = units({6, 7, 8, 9, 10, 11, 0, 1});
  ASSERT_TRUE(store.want(list, Order::given));
  const uint64_t misses = store.stats().misses;
  store.set_slot_limit(4);
  EXPECT_EQ(store.stats().slots_retired, 2u);
  while (store.remaining() > 0) {
    const auto lease = store.take();
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_TRUE(rig.right(*lease));
  }
  EXPECT_EQ(store.stats().misses, misses + 4);  // 10, 11, and 0 and 1 once more
  EXPECT_EQ(resident_count(rig, store), 4u);
}

// To two slots, while the reads of four hints are in flight.
void shrink_under_hints(StoreRig& rig) {
  use(rig, {0});
  rig.store().hint(units({1, 2, 3, 4}));
  rig.store().set_slot_limit(2);
}

TEST(StoreLimit, HintsInFlightLand) {
  StoreRig rig({.slots = 5});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  shrink_under_hints(rig);
  // Hints land when the disk has them, and the store sees it when it is used.
  for (int tries = 0; tries < 10000 && store.stats().slots_retired < 3; ++tries) {
    use(rig, {5, 6, 7});
  }
  EXPECT_EQ(store.slots(), 2u);
  EXPECT_EQ(store.stats().slots_retired, 3u);
  EXPECT_LE(resident_count(rig, store), 2u);
}

TEST(StoreLimit, SettlingWaitsForHints) {
  StoreRig rig({.slots = 5});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  shrink_under_hints(rig);
  ASSERT_TRUE(store.settle());
  EXPECT_EQ(store.stats().slots_retired, 3u);
  EXPECT_LE(resident_count(rig, store), 2u);
  use(rig, {5, 6, 7});
}

size_t resident_pages(const Pages& pages) {
  std::vector<unsigned char> map(pages.size() / 4096);
  EXPECT_EQ(mincore(pages.data(), pages.size(), map.data()), 0);
  return static_cast<size_t>(
      std::count_if(map.begin(), map.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

// A store of 8 slots whose reads put nothing anywhere.
struct InstantRig {
  InstantRig() {
    for (uint32_t file = 0; file < 2; ++file) {
      auto opened = File::open(names.path(file));
      EXPECT_TRUE(opened);
      files.push_back(std::move(*opened));
    }
    auto pages = Pages::allocate(8 * slot_bytes);
    EXPECT_TRUE(pages);
    arena = std::move(*pages);
    auto policy = make_policy("lru", catalog);
    EXPECT_TRUE(policy);
    auto opened = Store::open(catalog, files, reader, std::move(*policy),
                              {.slots = 8, .arena = arena.span(), .verify = false});
    EXPECT_TRUE(opened);
    store = std::move(*opened);
  }

  void use(UnitIndex unit) const {
    ASSERT_TRUE(store->want({&unit, 1}, Order::given));
    ASSERT_TRUE(store->take());
  }

  const Catalog catalog = rig_catalog();
  const size_t slot_bytes = catalog.slot_bytes(4096);
  const RigFiles names;
  std::vector<File> files;
  InstantReader reader{64};
  Pages arena;
  std::unique_ptr<Store> store;
};

TEST(StoreLimit, GivesMemoryBack) {
  const InstantRig rig;
  std::fill(rig.arena.span().begin(), rig.arena.span().end(), std::byte{1});
  EXPECT_EQ(resident_pages(rig.arena), rig.arena.size() / 4096);
  rig.store->set_slot_limit(3);
  EXPECT_EQ(resident_pages(rig.arena), 3 * rig.slot_bytes / 4096);
}

TEST(StoreLimit, GivesTheMemoryOfEachSlotBack) {
  const InstantRig rig;
  std::fill(rig.arena.span().begin(), rig.arena.span().end(), std::byte{1});
  for (size_t limit = 7; limit > 0; --limit) {
    rig.store->set_slot_limit(limit);
    EXPECT_EQ(resident_pages(rig.arena), limit * rig.slot_bytes / 4096);
  }
}

TEST(StoreLimit, SaysWhichMemoryIsMissing) {
  const InstantRig rig;
  for (uint32_t unit = 0; unit < 8; ++unit) rig.use(UnitIndex{unit});
  EXPECT_EQ(rig.reader.untouched(), 8u * 3);
  rig.use(UnitIndex{8});  // into a slot that had a unit
  EXPECT_EQ(rig.reader.untouched(), 8u * 3);
  rig.store->set_slot_limit(6);
  rig.store->set_slot_limit(8);
  for (uint32_t unit = 10; unit < 13; ++unit) rig.use(UnitIndex{unit});
  EXPECT_EQ(rig.reader.untouched(), 8u * 3 + 2);
}

TEST(StoreLimit, AnySequenceOfLimits) {
  StoreRig rig({.slots = 6, .policy = "decayed"});
  if (!rig.usable()) GTEST_SKIP();
  Store& store = rig.store();
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    std::vector<UnitIndex> list;
    for (uint32_t unit = 0; unit < rig.catalog().units(); ++unit) {
      if (random() % 4 == 0) list.push_back(UnitIndex{unit});
    }
    ASSERT_TRUE(store.want(list, round % 2 == 0 ? Order::given : Order::ready));
    const bool gives_up = random() % 5 == 0;
    const bool changes = random() % 2 == 0;
    while (store.remaining() > (gives_up ? list.size() / 2 : 0)) {
      const auto lease = store.take();
      ASSERT_TRUE(lease) << lease.error().message;
      ASSERT_TRUE(rig.right(*lease));
      // At most slots() - 1 leases: with one held, two slots at least.
      if (changes && random() % 3 == 0) store.set_slot_limit(2 + random() % 5);
      ASSERT_TRUE(rig.right(*lease));
    }
    store.abandon();
    store.advance();
    if (random() % 2 == 0) store.hint(units({static_cast<uint32_t>(random() % 16)}));
    store.set_slot_limit(1 + random() % 6);
    ASSERT_LE(resident_count(rig, store), 6u);
  }
}

}  // namespace
}  // namespace sluice
