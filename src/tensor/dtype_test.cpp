// Goal: the table of element types agrees with GGML's, and ids it does not define are refused.
// Method: ids, names, block lengths and bytes written down a second time, from the format's
// description of each block.
#include "tensor/dtype.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace sluice {
namespace {

struct Expected {
  uint32_t id;
  std::string_view name;
  uint32_t block_length;
  uint32_t block_bytes;
};

// The bytes are sums over the fields of a block: scales first, then packed elements.
constexpr Expected kExpected[] = {
    {0, "F32", 1, 4},
    {1, "F16", 1, 2},
    {2, "Q4_0", 32, 2 + 16},
    {3, "Q4_1", 32, 4 + 16},
    {6, "Q5_0", 32, 2 + 4 + 16},
    {7, "Q5_1", 32, 4 + 4 + 16},
    {8, "Q8_0", 32, 2 + 32},
    {9, "Q8_1", 32, 4 + 32},
    {10, "Q2_K", 256, 16 + 64 + 4},
    {11, "Q3_K", 256, 32 + 64 + 12 + 2},
    {12, "Q4_K", 256, 4 + 12 + 128},
    {13, "Q5_K", 256, 4 + 12 + 32 + 128},
    {14, "Q6_K", 256, 128 + 64 + 16 + 2},
    {15, "Q8_K", 256, 4 + 256 + 32},
    {16, "IQ2_XXS", 256, 2 + 64},
    {17, "IQ2_XS", 256, 2 + 64 + 8},
    {18, "IQ3_XXS", 256, 2 + 64 + 32},
    {19, "IQ1_S", 256, 2 + 32 + 16},
    {20, "IQ4_NL", 32, 2 + 16},
    {21, "IQ3_S", 256, 2 + 64 + 8 + 32 + 4},
    {22, "IQ2_S", 256, 2 + 64 + 8 + 8},
    {23, "IQ4_XS", 256, 2 + 2 + 4 + 128},
    {24, "I8", 1, 1},
    {25, "I16", 1, 2},
    {26, "I32", 1, 4},
    {27, "I64", 1, 8},
    {28, "F64", 1, 8},
    {29, "IQ1_M", 256, 32 + 16 + 8},
    {30, "BF16", 1, 2},
    {34, "TQ1_0", 256, 48 + 4 + 2},
    {35, "TQ2_0", 256, 64 + 2},
    {39, "MXFP4", 32, 1 + 16},
    {40, "NVFP4", 64, 4 + 32},
    {41, "Q1_0", 128, 2 + 16},
    {42, "Q2_0", 64, 2 + 16},
};

TEST(DType, TableAgreesWithTheFormat) {
  for (const Expected& expected : kExpected) {
    const auto info = find_dtype(expected.id);
    ASSERT_TRUE(info) << expected.name;
    EXPECT_EQ(static_cast<uint32_t>(info->type), expected.id);
    EXPECT_EQ(info->name, expected.name);
    EXPECT_EQ(info->block_length, expected.block_length) << expected.name;
    EXPECT_EQ(info->block_bytes, expected.block_bytes) << expected.name;
    EXPECT_EQ(dtype_info(info->type).name, expected.name);
  }
}

TEST(DType, EveryOtherIdIsRefused) {
  std::set<uint32_t> defined;
  for (const Expected& expected : kExpected) defined.insert(expected.id);
  for (uint32_t id = 0; id < 1000; ++id) {
    EXPECT_EQ(find_dtype(id).has_value(), defined.contains(id)) << id;
  }
  EXPECT_FALSE(find_dtype(std::numeric_limits<uint32_t>::max()));
}

TEST(DType, RowBytes) {
  EXPECT_EQ(row_bytes(DType::f32, 7), 28u);
  EXPECT_EQ(row_bytes(DType::q8_0, 64), 68u);
  EXPECT_EQ(row_bytes(DType::q4_k, 2048), 8u * 144);
  EXPECT_EQ(row_bytes(DType::q6_k, 0), 0u);
}

}  // namespace
}  // namespace sluice
