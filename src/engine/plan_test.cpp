// Goal: a plan never exceeds its budget, uses what it can, and refuses exactly below the floor.
// Method: made-up sizes, budgets swept byte by byte around the edges.
#include "engine/plan.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace sluice {
namespace {

PlanInput example() {
  PlanInput in;
  in.model = "example";
  in.vocabulary_bytes = kMiB;
  in.trunk_bytes = 100 * kMiB;
  in.kv_bytes = 64 * kMiB;
  in.context_tokens = 4096;
  in.activation_bytes = [](uint64_t chunk) { return kMiB + chunk * 64 * kKiB; };
  in.units = 1000;
  in.unit_bytes_max = 2 * kMiB;
  in.slot_bytes = 2 * kMiB + 12 * kKiB;
  return in;
}

uint64_t total(const MemoryPlan& plan) {
  uint64_t bytes = 0;
  for (const PlanItem& item : plan.items) bytes += item.bytes;
  return bytes;
}

TEST(Plan, RefusesOneByteBelowTheFloor) {
  PlanInput in = example();
  const uint64_t floor = make_plan(in).floor_bytes;
  in.budget_bytes = floor - 1;
  EXPECT_FALSE(make_plan(in).fits);
  EXPECT_EQ(total(make_plan(in)), floor);  // itemises what the floor needs
  in.budget_bytes = floor;
  const MemoryPlan plan = make_plan(in);
  EXPECT_TRUE(plan.fits);
  EXPECT_EQ(plan.slots, kFloorSlots);
  EXPECT_EQ(plan.chunk_tokens, kFloorChunk);
  EXPECT_EQ(total(plan), floor);
}

TEST(Plan, ItemsStayWithinEveryBudgetAndSlotsGrow) {
  PlanInput in = example();
  const uint64_t floor = make_plan(in).floor_bytes;
  uint64_t slots = 0;
  for (uint64_t budget = floor; budget < 4 * kGiB; budget += 37 * kMiB + 11) {
    in.budget_bytes = budget;
    const MemoryPlan plan = make_plan(in);
    ASSERT_TRUE(plan.fits);
    ASSERT_LE(total(plan), budget);
    EXPECT_EQ(plan.floor_bytes, floor);
    EXPECT_LE(plan.slots, in.units);
    slots = std::max(slots, plan.slots);
    if (plan.slots < in.units) {  // no room for another slot is left unused
      EXPECT_GT(total(plan) + in.slot_bytes + in.slot_bytes / 512 + 1, budget);
    }
  }
  EXPECT_EQ(slots, in.units);
}

TEST(Plan, ActivationsOfTheirOwnStayShortUnlessEverythingFits) {
  PlanInput in = example();
  const uint64_t floor = make_plan(in).floor_bytes;
  in.budget_bytes = floor + 16 * 2 * kMiB;  // 2 MiB for 32 tokens, which 40 are more than
  EXPECT_EQ(make_plan(in).chunk_tokens, 32u);
  in.budget_bytes = floor + 500 * kMiB;
  EXPECT_EQ(make_plan(in).chunk_tokens, kOwnChunk);
  in.budget_bytes = make_plan(in).resident_budget_bytes - 1;
  EXPECT_EQ(make_plan(in).chunk_tokens, kOwnChunk);
  in.budget_bytes += 1 + 80 * kMiB;  // beside all units there is room for 1,024 tokens more
  EXPECT_EQ(make_plan(in).chunk_tokens, 1024u);
  EXPECT_EQ(make_plan(in).slots, in.units);
  in.budget_bytes *= 2;
  EXPECT_EQ(make_plan(in).chunk_tokens, kLongestChunk);
  in.chunk_tokens = 7;
  EXPECT_EQ(make_plan(in).chunk_tokens, 7u);
}

TEST(Plan, AnEmbeddingGoesToDiskWhileUnitsAreRead) {
  PlanInput in = example();
  const uint64_t floor = make_plan(in).floor_bytes;
  const uint64_t resident = make_plan(in).resident_budget_bytes;
  in.embedding_bytes = 40 * kMiB;
  in.row_reader_bytes = kMiB;
  in.embedding = EmbeddingPlace::automatic;
  const uint64_t saved = 39 * kMiB + 40 * kMiB / 512;  // and its page tables
  for (const uint64_t budget : {floor - saved, floor, floor + kGiB, resident - 1}) {
    in.budget_bytes = budget;
    const MemoryPlan plan = make_plan(in);
    ASSERT_TRUE(plan.fits) << budget;
    EXPECT_TRUE(plan.embedding_on_disk) << budget;
    EXPECT_LE(total(plan), budget);
    EXPECT_EQ(plan.floor_bytes, floor - saved);
    EXPECT_EQ(plan.resident_budget_bytes, resident);
  }
  in.budget_bytes = resident;
  EXPECT_FALSE(make_plan(in).embedding_on_disk);
  EXPECT_EQ(make_plan(in).slots, in.units);
  EXPECT_EQ(make_plan(in).floor_bytes, floor - saved);
  in.embedding = EmbeddingPlace::disk;
  EXPECT_TRUE(make_plan(in).embedding_on_disk);
  EXPECT_EQ(make_plan(in).resident_budget_bytes, resident - saved);
  in.embedding = EmbeddingPlace::memory;
  in.budget_bytes = floor;
  EXPECT_FALSE(make_plan(in).embedding_on_disk);
  EXPECT_EQ(make_plan(in).floor_bytes, floor);
}

TEST(Plan, AnEmptyContextHoldsUnits) {
  PlanInput in = example();
  in.lend_context = true;
  in.budget_bytes = make_plan(in).floor_bytes;
  EXPECT_EQ(make_plan(in).slots_most, kFloorSlots + 31);  // 64 MiB of slots of 2 MiB and 12 KiB
  in.budget_bytes = make_plan(in).resident_budget_bytes;
  EXPECT_EQ(make_plan(in).slots_most, in.units);
  in.lend_context = false;
  in.budget_bytes = make_plan(in).floor_bytes;
  EXPECT_EQ(make_plan(in).slots_most, kFloorSlots);
}

TEST(Plan, LongTextIsAnItem) {
  PlanInput in = example();
  const uint64_t floor = make_plan(in).floor_bytes;
  in.text_bytes = 60 * kKiB;
  EXPECT_EQ(make_plan(in).floor_bytes, floor);
  in.text_bytes = 3 * kMiB;
  const MemoryPlan plan = make_plan(in);
  EXPECT_EQ(plan.items.back().name, "text");
  EXPECT_EQ(plan.floor_bytes, floor + plan.items.back().bytes);
  EXPECT_GE(plan.items.back().bytes, 3 * kMiB);
}

TEST(Plan, RefusalNamesTheNumbers) {
  PlanInput in = example();
  in.budget_bytes = kMiB;
  const MemoryPlan plan = make_plan(in);
  const std::string text = describe_refusal(plan);
  EXPECT_NE(text.find(std::to_string(plan.floor_bytes)), std::string::npos);
  EXPECT_NE(text.find("trunk 100 MiB"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace sluice
