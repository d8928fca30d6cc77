// The K types: 256 elements in sub-blocks of 16 or 32, whose small scales share one or two half
// floats.
#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"

namespace sluice {
namespace {

/// Where element j of a block of 2-bit fields lies (Q2_K, Q3_K): 32 bytes hold 128 elements, the
/// lowest two bits the first 32 of them.
struct TwoBitPlace {
  size_t byte;
  size_t shift;
};

constexpr TwoBitPlace two_bit_place(size_t element) {
  return {element / 128 * 32 + element % 32, element % 128 / 32 * 2};
}

/// Signed scale of sub-block k of 16 (Q3_K): four low bits and two high bits lie apart.
int q3_k_scale(const uint8_t* packed, size_t k) {
  const int low = k < 8 ? packed[k] & 15 : packed[k - 8] >> 4;
  const int high = (packed[8 + k % 4] >> (2 * (k / 4))) & 3;
  return (low | high << 4) - 32;
}

}  // namespace

void decode_q2_k(const uint8_t* block, float* out) {
  const uint8_t* packed = block;
  const uint8_t* quants = block + 16;
  const float scale = load_half(block + 80);
  const float min_scale = load_half(block + 82);
  for (size_t k = 0; k < 16; ++k) {
    const float sub_scale = scale * static_cast<float>(packed[k] & 15);
    const float sub_min = min_scale * static_cast<float>(packed[k] >> 4);
    for (size_t j = 16 * k; j < 16 * k + 16; ++j) {
      const TwoBitPlace place = two_bit_place(j);
      const int quant = (quants[place.byte] >> place.shift) & 3;
      out[j] = sub_scale * static_cast<float>(quant) - sub_min;
    }
  }
}

void decode_q3_k(const uint8_t* block, float* out) {
  const uint8_t* third_bits = block;
  const uint8_t* quants = block + 32;
  const uint8_t* packed = block + 96;
  const float scale = load_half(block + 108);
  for (size_t k = 0; k < 16; ++k) {
    const float sub_scale = scale * static_cast<float>(q3_k_scale(packed, k));
    for (size_t j = 16 * k; j < 16 * k + 16; ++j) {
      const TwoBitPlace place = two_bit_place(j);
      const int low = (quants[place.byte] >> place.shift) & 3;
      const int third = (third_bits[j % 32] >> (j / 32)) & 1;
      out[j] = sub_scale * static_cast<float>(low + 4 * third - 4);
    }
  }
}

void decode_q4_k(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const float min_scale = load_half(block + 2);
  for (size_t k = 0; k < 8; ++k) {
    const ScaleAndMin packed = k_scale_and_min(block + 4, k);
    const float sub_scale = scale * static_cast<float>(packed.scale);
    const float sub_min = min_scale * static_cast<float>(packed.min);
    const uint8_t* nibbles = block + 16 + k / 2 * 32;
    const size_t shift = k % 2 * 4;
    for (size_t j = 0; j < 32; ++j) {
      out[32 * k + j] = sub_scale * static_cast<float>((nibbles[j] >> shift) & 15) - sub_min;
    }
  }
}

void decode_q5_k(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const float min_scale = load_half(block + 2);
  const uint8_t* fifth_bits = block + 16;
  for (size_t k = 0; k < 8; ++k) {
    const ScaleAndMin packed = k_scale_and_min(block + 4, k);
    const float sub_scale = scale * static_cast<float>(packed.scale);
    const float sub_min = min_scale * static_cast<float>(packed.min);
    const uint8_t* nibbles = block + 48 + k / 2 * 32;
    const size_t shift = k % 2 * 4;
    for (size_t j = 0; j < 32; ++j) {
      const int fifth = (fifth_bits[j] >> k) & 1;
      const int quant = ((nibbles[j] >> shift) & 15) | fifth << 4;
      out[32 * k + j] = sub_scale * static_cast<float>(quant) - sub_min;
    }
  }
}

void decode_q6_k(const uint8_t* block, float* out) {
  const uint8_t* low_bits = block;
  const uint8_t* high_bits = block + 128;
  const uint8_t* scales = block + 192;
  const float scale = load_half(block + 208);
  for (size_t k = 0; k < 16; ++k) {
    const float sub_scale = scale * static_cast<float>(static_cast<int8_t>(scales[k]));
    for (size_t j = 16 * k; j < 16 * k + 16; ++j) {
      // Of each 128 elements the first 64 are the low nibbles of 64 bytes, the others the high.
      const size_t nibble_shift = j % 128 / 64 * 4;
      const int low = (low_bits[j / 128 * 64 + j % 64] >> nibble_shift) & 15;
      const TwoBitPlace place = two_bit_place(j);
      const int high = (high_bits[place.byte] >> place.shift) & 3;
      out[j] = sub_scale * static_cast<float>((low | high << 4) - 32);
    }
  }
}

}  // namespace sluice
