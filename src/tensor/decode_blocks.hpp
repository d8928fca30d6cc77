// The decoders behind decode.hpp, one per type, and the facts of the encodings that other reference
// code shares. Field order, bit positions and the order of multiplication follow ggml-quants.c and
// the Python package gguf (0.19), with which the results agree to the bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

inline constexpr size_t kSuperBlock = 256;  // elements in a block of the K, IQ and TQ types

/// Levels of IQ4_NL and IQ4_XS, by nibble.
extern const int8_t kIq4Levels[16];
/// Twice the value of an FP4 (E2M1) nibble, so that all are integers.
extern const int8_t kFp4DoubledLevels[16];
/// Half of 2^(exponent - 127), the meaning of an E8M0 byte; goes with the doubled levels. The OCP
/// standard reads 255 as NaN; GGML as 2^128, and so does this.
float e8m0_half(uint8_t exponent);
/// Half of an unsigned E4M3 value. Code 0x7f is zero, as in GGML.
float ue4m3_half(uint8_t code);

struct ScaleAndMin {
  int scale;
  int min;
};

/// The 6-bit scale and minimum of sub-block k, 0..7, from the 12 bytes that hold all eight in Q4_K
/// and Q5_K: the lower six bits of the first four, then what is left over.
constexpr ScaleAndMin k_scale_and_min(const uint8_t* packed, size_t k) {
  if (k < 4) return {packed[k] & 63, packed[k + 4] & 63};
  return {(packed[k + 4] & 15) | (packed[k - 4] >> 6) << 4, (packed[k + 4] >> 4) | (packed[k] >> 6)
                                                                                       << 4};
}

// 32 elements a block: decode_legacy.cpp.
void decode_q4_0(const uint8_t* block, float* out);
void decode_q4_1(const uint8_t* block, float* out);
void decode_q5_0(const uint8_t* block, float* out);
void decode_q5_1(const uint8_t* block, float* out);
void decode_q8_0(const uint8_t* block, float* out);
// 256 elements a block: decode_k.cpp.
void decode_q2_k(const uint8_t* block, float* out);
void decode_q3_k(const uint8_t* block, float* out);
void decode_q4_k(const uint8_t* block, float* out);
void decode_q5_k(const uint8_t* block, float* out);
void decode_q6_k(const uint8_t* block, float* out);
// 256 elements a block, codebooks: decode_iq.cpp.
void decode_iq2_xxs(const uint8_t* block, float* out);
void decode_iq2_xs(const uint8_t* block, float* out);
void decode_iq2_s(const uint8_t* block, float* out);
void decode_iq3_xxs(const uint8_t* block, float* out);
void decode_iq3_s(const uint8_t* block, float* out);
void decode_iq1_s(const uint8_t* block, float* out);
void decode_iq1_m(const uint8_t* block, float* out);
// A fixed list of levels per element: decode_levels.cpp.
void decode_iq4_nl(const uint8_t* block, float* out);
void decode_iq4_xs(const uint8_t* block, float* out);
void decode_mxfp4(const uint8_t* block, float* out);
void decode_nvfp4(const uint8_t* block, float* out);
void decode_tq1_0(const uint8_t* block, float* out);
void decode_tq2_0(const uint8_t* block, float* out);
void decode_q1_0(const uint8_t* block, float* out);
void decode_q2_0(const uint8_t* block, float* out);

}  // namespace sluice
