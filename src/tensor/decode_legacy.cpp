// Blocks of 32 with one scale, and in the _1 types one minimum. The low nibbles are the first half
// of the block, the high nibbles the second.
#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"

namespace sluice {
namespace {

/// The fifth bits of Q5_0 and Q5_1: bit j belongs to element j. Returned in place, as 0 or 16.
int fifth_bit(uint32_t bits, size_t element) {
  return static_cast<int>((bits >> element) & 1) << 4;
}

}  // namespace

void decode_q4_0(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const uint8_t* nibbles = block + 2;
  for (size_t j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>((nibbles[j] & 15) - 8);
    out[j + 16] = scale * static_cast<float>((nibbles[j] >> 4) - 8);
  }
}

void decode_q4_1(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const float min = load_half(block + 2);
  const uint8_t* nibbles = block + 4;
  for (size_t j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>(nibbles[j] & 15) + min;
    out[j + 16] = scale * static_cast<float>(nibbles[j] >> 4) + min;
  }
}

void decode_q5_0(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const auto fifth = load<uint32_t>(block + 2);
  const uint8_t* nibbles = block + 6;
  for (size_t j = 0; j < 16; ++j) {
    const int low = (nibbles[j] & 15) | fifth_bit(fifth, j);
    const int high = (nibbles[j] >> 4) | fifth_bit(fifth, j + 16);
    out[j] = scale * static_cast<float>(low - 16);
    out[j + 16] = scale * static_cast<float>(high - 16);
  }
}

void decode_q5_1(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  const float min = load_half(block + 2);
  const auto fifth = load<uint32_t>(block + 4);
  const uint8_t* nibbles = block + 8;
  for (size_t j = 0; j < 16; ++j) {
    const int low = (nibbles[j] & 15) | fifth_bit(fifth, j);
    const int high = (nibbles[j] >> 4) | fifth_bit(fifth, j + 16);
    out[j] = scale * static_cast<float>(low) + min;
    out[j + 16] = scale * static_cast<float>(high) + min;
  }
}

void decode_q8_0(const uint8_t* block, float* out) {
  const float scale = load_half(block);
  for (size_t j = 0; j < 32; ++j) {
    out[j] = scale * static_cast<float>(static_cast<int8_t>(block[2 + j]));
  }
}

}  // namespace sluice
