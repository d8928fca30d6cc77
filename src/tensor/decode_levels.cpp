// Types whose elements are codes into a short fixed list of levels: IQ4, FP4, ternary, and the one-
// and two-bit types.
#include <bit>

#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"

namespace sluice {

const int8_t kIq4Levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                               1,    13,   25,  38,  53,  69,  89,  113};
const int8_t kFp4DoubledLevels[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

namespace {

/// 2 * count elements from `count` bytes: the low nibbles are the first half.
void write_levels(const uint8_t* nibbles, size_t count, const int8_t* levels, float scale,
                  float* out) {
  for (size_t j = 0; j < count; ++j) {
    out[j] = scale * static_cast<float>(levels[nibbles[j] & 15]);
    out[j + count] = scale * static_cast<float>(levels[nibbles[j] >> 4]);
  }
}

/// `digits` ternary digits from each of `count` bytes: the first digit of every byte, then the
/// second. A byte is a fraction of 256 in base 3: times 3, the carry out of it is the next digit.
void write_ternary(const uint8_t* bytes, size_t count, size_t digits, float scale, float* out) {
  uint32_t power = 1;
  for (size_t n = 0; n < digits; ++n) {
    for (size_t j = 0; j < count; ++j) {
      const uint32_t fraction = (bytes[j] * power) & 255;
      const int digit = static_cast<int>((fraction * 3) >> 8);
      out[n * count + j] = scale * static_cast<float>(digit - 1);
    }
    power *= 3;
  }
}

}  // namespace

float e8m0_half(uint8_t exponent) {
  if (exponent < 2) return exponent == 0 ? 0x1p-128f : 0x1p-127f;  // subnormal
  return std::bit_cast<float>((exponent - 1u) << 23);
}

float ue4m3_half(uint8_t code) {
  if (code == 0x7f) return 0;
  const uint32_t exponent = (code >> 3) & 15u;
  const auto mantissa = static_cast<float>(code & 7);
  if (exponent == 0) return mantissa * 0x1p-10f;
  const float power = std::bit_cast<float>((exponent + 119) << 23);  // 2^(exponent - 8)
  return (1 + mantissa / 8) * power;
}

void decode_iq4_nl(const uint8_t* block, float* out) {
  write_levels(block + 2, 16, kIq4Levels, load_half(block), out);
}

void decode_iq4_xs(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint32_t high_scales = load<uint16_t>(block + 2);
  const uint8_t* low_scales = block + 4;
  for (size_t group = 0; group < 8; ++group) {
    const int low = (low_scales[group / 2] >> (group % 2 * 4)) & 15;
    const int high = static_cast<int>((high_scales >> (2 * group)) & 3);
    const float group_scale = scale * static_cast<float>((low | high << 4) - 32);
    write_levels(block + 8 + 16 * group, 16, kIq4Levels, group_scale, out + 32 * group);
  }
}

void decode_mxfp4(const uint8_t* block, float* out) {
  write_levels(block + 1, 16, kFp4DoubledLevels, e8m0_half(block[0]), out);
}

void decode_nvfp4(const uint8_t* block, float* out) {
  for (size_t sub = 0; sub < 4; ++sub) {
    write_levels(block + 4 + 8 * sub, 8, kFp4DoubledLevels, ue4m3_half(block[sub]), out + 16 * sub);
  }
}

void decode_tq1_0(const uint8_t* block, float* out) {
  const float scale = load_half(block + 52);
  write_ternary(block, 32, 5, scale, out);
  write_ternary(block + 32, 16, 5, scale, out + 160);
  write_ternary(block + 48, 4, 4, scale, out + 240);
}

void decode_tq2_0(const uint8_t* block, float* out) {
  const float scale = load_half(block + 64);
  for (size_t j = 0; j < kSuperBlock; ++j) {
    const int code = (block[j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2)) & 3;
    out[j] = scale * static_cast<float>(code - 1);
  }
}

void decode_q1_0(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  for (size_t j = 0; j < 128; ++j) {
    out[j] = ((block[2 + j / 8] >> (j % 8)) & 1) != 0 ? scale : -scale;
  }
}

void decode_q2_0(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  for (size_t j = 0; j < 64; ++j) {
    const int code = (block[2 + j / 4] >> (j % 4 * 2)) & 3;
    out[j] = scale * static_cast<float>(code - 1);
  }
}

}  // namespace sluice
