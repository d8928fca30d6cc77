// Goal: the choice of a kernel table follows the processor and the caller. Method: invented
// processors, from one that can do nothing to one that can do everything.
#include "device/cpu/kernels/select.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/random_blocks.hpp"

namespace sluice {
namespace {

using testing::HasSubstr;

TEST(Select, ScalarRunsEverywhere) {
  const std::vector<const Kernels*> usable = usable_kernels(CpuFeatures{});
  ASSERT_EQ(usable.size(), 1u);
  EXPECT_EQ(usable[0], &scalar_kernels());
  EXPECT_EQ(*select_kernels("auto", CpuFeatures{}), &scalar_kernels());
}

TEST(Select, EveryUsableTableCanBeNamedAndAutoIsTheLast) {
  const CpuFeatures here = detect_cpu_features();
  const std::vector<const Kernels*> usable = usable_kernels(here);
  for (const Kernels* table : usable) {
    const auto selected = select_kernels(table->name, here);
    ASSERT_TRUE(selected) << selected.error().message;
    EXPECT_EQ(*selected, table);
  }
  EXPECT_EQ(*select_kernels("auto", here), usable.back());
}

TEST(Select, ErrorsNameWhatIsUsable) {
  const auto known = select_kernels("avx512", CpuFeatures{});
  ASSERT_FALSE(known);
  EXPECT_EQ(known.error().code, Code::unsupported);
  EXPECT_THAT(known.error().message, HasSubstr("usable: auto, scalar"));
  const auto unknown = select_kernels("mmx", CpuFeatures{});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::invalid);
  EXPECT_THAT(unknown.error().message, HasSubstr("\"mmx\""));
}

TEST(Select, TablesAreComplete) {
  for (const Kernels* table : usable_kernels(detect_cpu_features())) {
    for (const DType type : kDecodableTypes) {
      EXPECT_NE(table->matmul[static_cast<size_t>(type)].run, nullptr)
          << table->name << " " << dtype_info(type).name;
    }
    EXPECT_NE(table->quantise, nullptr) << table->name;
    EXPECT_NE(table->quantise_bytes, nullptr) << table->name;
    EXPECT_NE(table->rms_norm, nullptr) << table->name;
    EXPECT_NE(table->silu_multiply, nullptr) << table->name;
    EXPECT_NE(table->gelu_multiply, nullptr) << table->name;
    EXPECT_NE(table->add_scaled, nullptr) << table->name;
    EXPECT_NE(table->softmax, nullptr) << table->name;
    EXPECT_NE(table->attend, nullptr) << table->name;
    EXPECT_NE(table->all_finite, nullptr) << table->name;
  }
}

}  // namespace
}  // namespace sluice
