// Goal: every decoder gives the reference's values. Method: blocks of real quantised tensors with
// the values that the Python package gguf decodes from them, compared bit by bit
// (tests/golden/blocks, made by tools/import_goldens.py); blocks made by hand for what that package
// does not decode; checksums over the codebooks, of which the blocks use only a part.
#include "tensor/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "support/npy.hpp"
#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"
#include "tensor/iq_grids.hpp"

namespace sluice {
namespace {

constexpr uint8_t kHalfTwoLow = 0x00, kHalfTwoHigh = 0x40;  // 2.0 as a half float

class GoldenBlocks : public testing::TestWithParam<DType> {};

TEST_P(GoldenBlocks, DecodeToTheReferenceBits) {
  const DTypeInfo& info = dtype_info(GetParam());
  const std::string stem = SLUICE_SOURCE_DIR "/tests/golden/blocks/" + std::string(info.name);
  const auto raw = read_npy<uint8_t>(stem + ".raw.npy");
  const auto values = read_npy<float>(stem + ".values.npy");
  ASSERT_TRUE(raw) << raw.error().message;
  ASSERT_TRUE(values) << values.error().message;
  ASSERT_EQ(raw->shape.at(1), info.block_bytes);
  ASSERT_EQ(values->shape.at(1), info.block_length);
  ASSERT_EQ(raw->shape[0], values->shape[0]);
  ASSERT_GE(raw->shape[0], 16u);

  const DecodeBlock decode = block_decoder(GetParam());
  ASSERT_NE(decode, nullptr);
  std::vector<float> decoded(info.block_length);
  std::vector<uint8_t> misaligned(info.block_bytes + 1);
  for (size_t block = 0; block < raw->shape[0]; ++block) {
    std::memcpy(misaligned.data() + 1, raw->row(block), info.block_bytes);
    decode(misaligned.data() + 1, decoded.data());
    for (size_t j = 0; j < info.block_length; ++j) {
      const float expected = values->row(block)[j];
      ASSERT_EQ(std::bit_cast<uint32_t>(decoded[j]), std::bit_cast<uint32_t>(expected))
          << "block " << block << " element " << j << ": " << decoded[j] << ", not " << expected;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, GoldenBlocks,
                         testing::Values(DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1,
                                         DType::q8_0, DType::q2_k, DType::q3_k, DType::q4_k,
                                         DType::q5_k, DType::q6_k, DType::iq2_xxs, DType::iq2_xs,
                                         DType::iq2_s, DType::iq3_xxs, DType::iq3_s, DType::iq1_s,
                                         DType::iq1_m, DType::iq4_nl, DType::iq4_xs, DType::tq1_0,
                                         DType::tq2_0, DType::mxfp4, DType::nvfp4),
                         [](const auto& test) { return std::string(dtype_info(test.param).name); });

TEST(Decode, PlainFloats) {
  float value = 0;
  const uint8_t f32[] = {0x00, 0x00, 0xc0, 0xbf};
  block_decoder(DType::f32)(f32, &value);
  EXPECT_EQ(value, -1.5f);
  const uint8_t bf16[] = {0x40, 0x40};
  block_decoder(DType::bf16)(bf16, &value);
  EXPECT_EQ(value, 3.0f);
  const uint8_t f16[] = {kHalfTwoLow, kHalfTwoHigh};
  block_decoder(DType::f16)(f16, &value);
  EXPECT_EQ(value, 2.0f);
}

// Every half float, against its definition (IEEE 754-2019, section 3.4).
TEST(Decode, AllHalfFloats) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const float value = half_to_float(static_cast<uint16_t>(half));
    const int exponent = (half >> 10) & 31;
    const int mantissa = half & 1023;
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(value), mantissa != 0) << half;
      EXPECT_EQ(std::isinf(value), mantissa == 0) << half;
    } else {
      const float magnitude = exponent == 0
                                  ? std::ldexp(static_cast<float>(mantissa), -24)
                                  : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
      ASSERT_EQ(std::fabs(value), magnitude) << half;
    }
    ASSERT_EQ(std::signbit(value), half >= 32768) << half;
  }
}

TEST(Decode, OneBit) {
  std::vector<uint8_t> block(18, 0);
  block[0] = kHalfTwoLow;
  block[1] = kHalfTwoHigh;
  block[2] = 0b00000101;   // elements 0 and 2
  block[17] = 0b10000000;  // element 127
  std::vector<float> out(128);
  block_decoder(DType::q1_0)(block.data(), out.data());
  for (size_t j = 0; j < out.size(); ++j) {
    EXPECT_EQ(out[j], j == 0 || j == 2 || j == 127 ? 2.0f : -2.0f) << j;
  }
}

TEST(Decode, TwoBits) {
  std::vector<uint8_t> block(18, 0b01010101);  // code 1 everywhere: zero
  block[0] = kHalfTwoLow;
  block[1] = kHalfTwoHigh;
  block[2] = 0b11100100;   // elements 0..3: codes 0, 1, 2, 3
  block[17] = 0b10010101;  // element 63: code 2
  std::vector<float> out(64);
  block_decoder(DType::q2_0)(block.data(), out.data());
  EXPECT_THAT(std::vector<float>(out.begin(), out.begin() + 4),
              testing::ElementsAre(-2.0f, 0.0f, 2.0f, 4.0f));
  for (size_t j = 4; j < 63; ++j) EXPECT_EQ(out[j], 0.0f) << j;
  EXPECT_EQ(out[63], 2.0f);
}

TEST(Decode, EightBitScales) {
  EXPECT_EQ(e8m0_half(127), 0.5f);
  EXPECT_EQ(e8m0_half(0), 0x1p-128f);
  EXPECT_EQ(e8m0_half(1), 0x1p-127f);
  EXPECT_EQ(e8m0_half(2), 0x1p-126f);
  EXPECT_EQ(e8m0_half(255), 0x1p127f);
  EXPECT_EQ(ue4m3_half(0), 0.0f);
  EXPECT_EQ(ue4m3_half(1), 0x1p-10f);
  EXPECT_EQ(ue4m3_half(0x38), 0.5f);
  EXPECT_EQ(ue4m3_half(0x7e), 224.0f);
  EXPECT_EQ(ue4m3_half(0x7f), 0.0f);
}

TEST(Decode, RowsAreBlocksInOrder) {
  const uint8_t codes[] = {127, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                           128, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  std::vector<float> out(64);
  decode_row(DType::mxfp4, codes, 64, out.data());
  EXPECT_EQ(out[0], 0.5f);
  EXPECT_EQ(out[33], 2.0f);
}

TEST(Decode, RunTimeAndIntegerTypesHaveNoDecoder) {
  for (const DType type :
       {DType::q8_1, DType::q8_k, DType::i8, DType::i16, DType::i32, DType::i64, DType::f64}) {
    EXPECT_EQ(block_decoder(type), nullptr);
  }
}

/// FNV-1a (Fowler, Noll, Vo; 64 bits) over the bytes of a table.
template <typename Entry, size_t length>
uint64_t fnv1a(const Entry (&table)[length]) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto* bytes = reinterpret_cast<const unsigned char*>(table);
  for (size_t i = 0; i < sizeof table; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

// tools/make_iq_grids.py compared the tables with their published SHA-256 when it wrote them; this
// notices a later change.
TEST(Decode, CodebooksAreUnchanged) {
  EXPECT_EQ(fnv1a(kIq2XxsGrid), 0xbb4ee025b5ac6e8eu);
  EXPECT_EQ(fnv1a(kIq2XsGrid), 0xc9b1ee61e79909bdu);
  EXPECT_EQ(fnv1a(kIq2SGrid), 0x123edd38a3b62b90u);
  EXPECT_EQ(fnv1a(kIq3XxsGrid), 0xdfa5dc83d6a155d5u);
  EXPECT_EQ(fnv1a(kIq3SGrid), 0xfa37020c25b44829u);
  EXPECT_EQ(fnv1a(kIq1SGrid), 0x6703ed863501ae2eu);
}

}  // namespace
}  // namespace sluice
