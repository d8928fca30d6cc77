// The IQ types with codebooks: an index names eight (or four) magnitudes at once, the signs lie
// apart. A block is 8 groups of 32 elements, a group 4 quarters of 8.
#include <bit>

#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"
#include "tensor/iq_grids.hpp"

namespace sluice {
namespace {

/// Seven stored sign bits and an eighth that makes the number of negative elements even.
uint32_t even_signs(uint32_t seven_bits) {
  const auto parity = static_cast<uint32_t>(std::popcount(seven_bits)) & 1;
  return seven_bits | parity << 7;
}

/// Elements of one codebook entry; bit j of `signs` makes element j negative.
template <typename Entry>
void write_signed(Entry entry, uint32_t signs, float scale, float* out) {
  for (size_t j = 0; j < sizeof(Entry); ++j) {
    const float magnitude = scale * static_cast<float>((entry >> (8 * j)) & 255);
    out[j] = ((signs >> j) & 1) != 0 ? -magnitude : magnitude;
  }
}

/// Eight elements of the IQ1 types: every value of the entry is shifted by the same delta.
void write_shifted(uint64_t entry, float delta, float scale, float* out) {
  for (size_t j = 0; j < 8; ++j) {
    const auto value = static_cast<int8_t>((entry >> (8 * j)) & 255);
    out[j] = scale * (static_cast<float>(value) + delta);
  }
}

/// The 4-bit scale `index` of an array packed two to a byte, the low nibble first.
uint32_t nibble(const uint8_t* packed, size_t index) {
  return (packed[index / 2] >> (index % 2 * 4)) & 15u;
}

float quarter_scale(float scale, uint32_t quant) {
  return scale * (0.5f + static_cast<float>(quant)) * 0.25f;
}

constexpr float kIq1Delta = 0.125f;

}  // namespace

void decode_iq2_xxs(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  for (size_t group = 0; group < 8; ++group) {
    const uint8_t* indices = block + 2 + 8 * group;
    const auto signs_and_scale = load<uint32_t>(indices + 4);
    const float group_scale = quarter_scale(scale, signs_and_scale >> 28);
    for (size_t quarter = 0; quarter < 4; ++quarter) {
      const uint32_t signs = even_signs((signs_and_scale >> (7 * quarter)) & 127);
      const uint64_t entry = kIq2XxsGrid[indices[quarter]];
      write_signed(entry, signs, group_scale, out + 32 * group + 8 * quarter);
    }
  }
}

void decode_iq2_xs(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* scales = block + 66;
  for (size_t eighth = 0; eighth < 32; ++eighth) {
    const uint32_t quant = load<uint16_t>(block + 2 + 2 * eighth);
    const float sub_scale = quarter_scale(scale, nibble(scales, eighth / 2));
    write_signed(kIq2XsGrid[quant & 511], even_signs(quant >> 9), sub_scale, out + 8 * eighth);
  }
}

void decode_iq2_s(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* low_indices = block + 2;
  const uint8_t* signs = block + 34;
  const uint8_t* high_indices = block + 66;
  const uint8_t* scales = block + 74;
  for (size_t eighth = 0; eighth < 32; ++eighth) {
    const uint32_t high = (high_indices[eighth / 4] >> (eighth % 4 * 2)) & 3u;
    const float sub_scale = quarter_scale(scale, nibble(scales, eighth / 2));
    const uint64_t entry = kIq2SGrid[low_indices[eighth] | high << 8];
    write_signed(entry, signs[eighth], sub_scale, out + 8 * eighth);
  }
}

void decode_iq3_xxs(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* indices = block + 2;
  for (size_t group = 0; group < 8; ++group) {
    const auto signs_and_scale = load<uint32_t>(block + 66 + 4 * group);
    const auto quant = static_cast<float>(signs_and_scale >> 28);
    const float group_scale = scale * (0.5f + quant) * 0.5f;
    for (size_t quarter = 0; quarter < 4; ++quarter) {
      const uint32_t signs = even_signs((signs_and_scale >> (7 * quarter)) & 127);
      const uint8_t* pair = indices + 8 * group + 2 * quarter;
      float* target = out + 32 * group + 8 * quarter;
      write_signed(kIq3XxsGrid[pair[0]], signs, group_scale, target);
      write_signed(kIq3XxsGrid[pair[1]], signs >> 4, group_scale, target + 4);
    }
  }
}

void decode_iq3_s(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* low_indices = block + 2;
  const uint8_t* ninth_bits = block + 66;
  const uint8_t* signs = block + 74;
  const uint8_t* scales = block + 106;
  for (size_t four = 0; four < 64; ++four) {  // each run of four elements has its own index
    const uint32_t ninth = (ninth_bits[four / 8] >> (four % 8)) & 1u;
    const float sub_scale = scale * static_cast<float>(1 + 2 * nibble(scales, four / 8));
    const uint32_t entry = kIq3SGrid[low_indices[four] | ninth << 8];
    write_signed(entry, signs[four / 2] >> (four % 2 * 4), sub_scale, out + 4 * four);
  }
}

void decode_iq1_s(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* low_indices = block + 2;
  for (size_t group = 0; group < 8; ++group) {
    const uint32_t high = load<uint16_t>(block + 34 + 2 * group);
    const float group_scale = scale * static_cast<float>(2 * ((high >> 12) & 7) + 1);
    const float delta = (high & 0x8000) != 0 ? -kIq1Delta : kIq1Delta;
    for (size_t quarter = 0; quarter < 4; ++quarter) {
      const uint32_t high_index = (high >> (3 * quarter)) & 7;
      const uint64_t entry = kIq1SGrid[low_indices[4 * group + quarter] | high_index << 8];
      write_shifted(entry, delta, group_scale, out + 32 * group + 8 * quarter);
    }
  }
}

void decode_iq1_m(const uint8_t* block, float* out) {
  const uint8_t* low_indices = block;
  const uint8_t* high_nibbles = block + 32;  // three index bits, then the sign of delta
  // Four words of scales: the upper nibbles together are the half float of the block, lowest
  // first; the other twelve bits are 3-bit scales, one for each 16 elements.
  uint32_t words[4];
  uint32_t half = 0;
  for (size_t w = 0; w < 4; ++w) {
    words[w] = load<uint16_t>(block + 48 + 2 * w);
    half |= (words[w] >> 12) << (4 * w);
  }
  const float scale = half_to_float(static_cast<uint16_t>(half));
  for (size_t eighth = 0; eighth < 32; ++eighth) {
    const size_t sixteenth = eighth / 2;
    const uint32_t quant = (words[sixteenth / 4] >> (sixteenth % 4 * 3)) & 7;
    const uint32_t high = nibble(high_nibbles, eighth);
    const float delta = (high & 8) != 0 ? -kIq1Delta : kIq1Delta;
    const uint64_t entry = kIq1SGrid[low_indices[eighth] | (high & 7) << 8];
    write_shifted(entry, delta, scale * static_cast<float>(2 * quant + 1), out + 8 * eighth);
  }
}

}  // namespace sluice
