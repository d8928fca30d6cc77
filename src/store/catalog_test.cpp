// Goal: the arithmetic of units: where their parts lie, and how large a slot must be.
// Method: by hand for small cases; slot sizes against the worst read over all units.
#include "store/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.hpp"

namespace sluice {
namespace {

TEST(Catalog, NumbersUnitsOverAllGroups) {
  Catalog catalog;
  EXPECT_EQ(catalog.units(), 0u);
  EXPECT_EQ(catalog.total_bytes(), 0u);
  EXPECT_EQ(catalog.slot_bytes(4096), 0u);
  const UnitIndex first = catalog.add(
      "blk.3.exps", 20,
      {{.offset = 64, .stride = 100, .bytes = 90}, {.offset = 5000, .stride = 7, .bytes = 7}});
  const UnitIndex second = catalog.add("blk.4", 1, {{.file = FileIndex{2}, .bytes = 1000}});
  EXPECT_EQ(to_number(first), 0u);
  EXPECT_EQ(to_number(second), 20u);
  EXPECT_EQ(catalog.units(), 21u);
  EXPECT_EQ(&catalog.group_of(UnitIndex{19}), &catalog.groups()[0]);
  EXPECT_EQ(&catalog.group_of(UnitIndex{20}), &catalog.groups()[1]);
  EXPECT_EQ(catalog.parts(UnitIndex{0}), 2u);
  EXPECT_EQ(catalog.bytes(UnitIndex{17}), 97u);
  EXPECT_EQ(catalog.total_bytes(), 20u * 97 + 1000);
  EXPECT_EQ(catalog.describe(UnitIndex{17}), "blk.3.exps unit 17");
  EXPECT_EQ(catalog.describe(UnitIndex{20}), "blk.4 unit 0");
  const Extent extent = catalog.extent(UnitIndex{17}, 1);
  EXPECT_EQ(extent.offset, 5000u + 17 * 7);
  EXPECT_EQ(extent.bytes, 7u);
  EXPECT_EQ(catalog.extent(UnitIndex{20}, 0).file, FileIndex{2});
}

// The bytes that reading a unit takes when every part is rounded outwards.
uint64_t read_bytes(const Catalog& catalog, uint32_t unit, size_t alignment) {
  uint64_t sum = 0;
  for (size_t part = 0; part < catalog.parts(UnitIndex{unit}); ++part) {
    const Extent extent = catalog.extent(UnitIndex{unit}, part);
    sum += align_up(extent.offset + extent.bytes, alignment) - align_down(extent.offset, alignment);
  }
  return sum;
}

TEST(Catalog, ASlotHoldsEveryUnitAndWastesNothingWhereAllIsAligned) {
  for (const size_t alignment : {size_t{1}, size_t{512}, size_t{4096}}) {
    for (const uint64_t offset : {0u, 32u, 512u, 4096u, 100u, 4095u}) {
      for (const uint64_t bytes : {1u, 32u, 4064u, 4095u, 4096u, 4097u, 12288u}) {
        Catalog catalog;
        catalog.add("x", 300,
                    {{.offset = offset, .stride = bytes, .bytes = bytes},
                     {.offset = offset + 7, .stride = 8192, .bytes = bytes}});
        uint64_t worst = 0;
        for (uint32_t unit = 0; unit < 300; ++unit) {
          worst = std::max(worst, read_bytes(catalog, unit, alignment));
        }
        const uint64_t slot = catalog.slot_bytes(alignment);
        EXPECT_EQ(slot % kPage, 0u);
        EXPECT_GE(slot, worst) << offset << " " << bytes << " " << alignment;
        EXPECT_LE(slot, align_up(worst + 2 * alignment, kPage))
            << offset << " " << bytes << " " << alignment;
        EXPECT_EQ(slot % alignment, 0u);
      }
    }
  }
  Catalog aligned;
  aligned.add("x", 8, {{.offset = 4096, .stride = 8192, .bytes = 8192}});
  EXPECT_EQ(aligned.slot_bytes(4096), 8192u);
}

}  // namespace
}  // namespace sluice
