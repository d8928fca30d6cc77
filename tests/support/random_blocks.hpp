// Weight blocks with random contents and sensible scales, for every decodable type: random bytes
// alone would often be scales of infinity or NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "tensor/decode.hpp"
#include "tensor/dtype.hpp"

namespace sluice {

inline constexpr DType kDecodableTypes[] = {
    DType::f32,   DType::f16,     DType::bf16,   DType::q4_0,   DType::q4_1,    DType::q5_0,
    DType::q5_1,  DType::q8_0,    DType::q2_k,   DType::q3_k,   DType::q4_k,    DType::q5_k,
    DType::q6_k,  DType::iq2_xxs, DType::iq2_xs, DType::iq2_s,  DType::iq3_xxs, DType::iq3_s,
    DType::iq1_s, DType::iq1_m,   DType::iq4_nl, DType::iq4_xs, DType::tq1_0,   DType::tq2_0,
    DType::mxfp4, DType::nvfp4,   DType::q1_0,   DType::q2_0};

/// Where the half floats of a block lie; empty for types that have none in one piece.
inline std::vector<size_t> half_offsets(DType type) {
  switch (type) {
    case DType::q4_1:
    case DType::q5_1:
    case DType::q4_k:
    case DType::q5_k:
      return {0, 2};
    case DType::q2_k:
      return {80, 82};
    case DType::q3_k:
      return {108};
    case DType::q6_k:
      return {208};
    case DType::tq1_0:
      return {52};
    case DType::tq2_0:
      return {64};
    case DType::f32:
    case DType::bf16:
    case DType::iq1_m:
    case DType::mxfp4:
    case DType::nvfp4:
      return {};
    default:
      return {0};
  }
}

/// Writes the scale of a block as a half float (IQ1_M: spread over four words, as the type wants).
/// MXFP4, NVFP4 and the plain floats except F16 have no such scale and stay as they are.
inline void set_half_scales(DType type, uint16_t half, uint8_t* block) {
  for (const size_t offset : half_offsets(type)) std::memcpy(block + offset, &half, sizeof half);
  if (type == DType::iq1_m) {
    for (size_t w = 0; w < 4; ++w) {
      uint8_t& high_byte = block[49 + 2 * w];
      high_byte = static_cast<uint8_t>((high_byte & 15) | ((half >> (4 * w)) & 15) << 4);
    }
  }
}

/// One random block: scales between 1/64 and 1/16 of either sign, everything else any bits.
inline void fill_random_block(DType type, std::mt19937& random, uint8_t* block) {
  const DTypeInfo& info = dtype_info(type);
  for (size_t i = 0; i < info.block_bytes; ++i) block[i] = static_cast<uint8_t>(random() >> 13);
  const auto magnitude = static_cast<uint16_t>(0x2400 + random() % 0x0800);
  const auto sign = static_cast<uint16_t>(random() % 4 == 0 ? 0x8000 : 0);
  set_half_scales(type, static_cast<uint16_t>(magnitude | sign), block);
  if (type == DType::mxfp4) block[0] = static_cast<uint8_t>(118 + random() % 6);
  if (type == DType::nvfp4) {
    for (size_t s = 0; s < 4; ++s) block[s] = static_cast<uint8_t>(random() % 0x50);
  }
  if (type == DType::f32 || type == DType::bf16) {
    const float value = static_cast<float>(static_cast<int32_t>(random())) * 0x1p-31f;
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const size_t dropped = type == DType::f32 ? 0 : 2;  // BF16 is the upper half
    std::memcpy(block, reinterpret_cast<const uint8_t*>(&bits) + dropped, info.block_bytes);
  }
}

/// `rows` rows of `columns` elements, `stride` bytes apart (the gap is filled with 0xff).
inline std::vector<uint8_t> random_weights(DType type, size_t rows, size_t columns, size_t stride,
                                           std::mt19937& random) {
  const DTypeInfo& info = dtype_info(type);
  std::vector<uint8_t> bytes((rows - 1) * stride + row_bytes(type, columns), 0xff);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t block = 0; block < columns / info.block_length; ++block) {
      fill_random_block(type, random, bytes.data() + row * stride + block * info.block_bytes);
    }
  }
  return bytes;
}

}  // namespace sluice
