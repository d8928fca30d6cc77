// Unpacking of block-quantised weights for the x86 tables: one struct per type. `unpack` turns one
// chunk (256 elements, or fewer whole blocks at the end of a row) into signed bytes in natural
// order, one scale and, for some types, one offset per 32 or 16 elements:
//   element i = weights[i] * scale[i / span] + offset[i / span]
// It reads only the bytes of its blocks: the last row may end where a mapping ends. Everything
// here needs AVX2 only, because unpacked rows are bytes and 256 bits hold one group of 32; the
// layouts are those of the GGML block types (ggml-common.h).
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace sluice {
namespace {  // each table has its own copy, compiled for its instruction set

enum { kChunk = 256, kChunkGroups = 8, kChunkSpans = 16 };

/// What the multiplication must know of a type; code for it is shared by types of one shape.
template <bool kHasHalves, bool kHasOffsets>
struct SpanShape {
  static constexpr bool kHalves = kHasHalves;    ///< spans of 16 elements, not 32
  static constexpr bool kOffsets = kHasOffsets;
};

struct UnpackedRow {
  int8_t* weights;  ///< [256]
  float* scale;     ///< [16], or [8] used
  float* offset;    ///< as scale; untouched by types without kOffsets
};

inline float half_at(const uint8_t* bytes) {
  uint16_t bits;
  memcpy(&bits, bytes, sizeof(bits));
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

inline uint32_t word_at(const uint8_t* bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof(word));
  return word;
}

inline __m256i bytes32(const uint8_t* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

inline __m128i bytes16(const uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

inline void put32(int8_t* to, __m256i bytes) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
}

inline __m256i low_nibbles(__m256i bytes) {
  return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

inline __m256i high_nibbles(__m256i bytes) {
  return low_nibbles(_mm256_srli_epi16(bytes, 4));
}

/// 16 bytes to 32 nibbles: the low ones, then the high ones.
inline __m256i split_nibbles(const uint8_t* bytes) {
  const __m128i packed = bytes16(bytes);
  return low_nibbles(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed));
}

/// `kBit` where the bit of the same index in `bits` is set, 0 elsewhere.
template <int kBit>
inline __m256i spread_bits(uint32_t bits) {
  const __m256i index = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202,
                                           0x0303030303030303);
  const __m256i which = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201ull));
  const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), index);
  const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, which), which);
  return _mm256_and_si256(set, _mm256_set1_epi8(kBit));
}

inline __m256i look_up(__m256i nibbles, const int8_t* table) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return _mm256_shuffle_epi8(_mm256_set_m128i(half, half), nibbles);
}

const int8_t kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                               1,    13,   25,  38,  53,  69,  89,  113};
const int8_t kDoubledE2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// ---- Blocks of 32: `block` gives one group, its scale and its offset ----

template <class Block>
struct SmallBlocks {
  static constexpr size_t kChunkBytes = kChunkGroups * Block::kBytes;
  static constexpr size_t kColumns = 32;
  using Shape = SpanShape<false, Block::kOffsets>;

  static void unpack(const uint8_t* chunk, size_t groups, const UnpackedRow& row) {
    for (size_t g = 0; g < groups; ++g) {
      const uint8_t* block = chunk + g * Block::kBytes;
      put32(row.weights + g * 32, Block::weights(block));
      row.scale[g] = Block::scale(block);
      if constexpr (Block::kOffsets) row.offset[g] = half_at(block + 2);
    }
  }
};

struct BlockQ8_0 {
  static constexpr size_t kBytes = 34;
  static constexpr bool kOffsets = false;
  static __m256i weights(const uint8_t* block) { return bytes32(block + 2); }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockQ4_0 {
  static constexpr size_t kBytes = 18;
  static constexpr bool kOffsets = false;
  static __m256i weights(const uint8_t* block) {
    return _mm256_sub_epi8(split_nibbles(block + 2), _mm256_set1_epi8(8));
  }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockQ4_1 {
  static constexpr size_t kBytes = 20;
  static constexpr bool kOffsets = true;
  static __m256i weights(const uint8_t* block) { return split_nibbles(block + 4); }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockQ5_0 {
  static constexpr size_t kBytes = 22;
  static constexpr bool kOffsets = false;
  static __m256i weights(const uint8_t* block) {
    const __m256i fifth = spread_bits<16>(word_at(block + 2));
    return _mm256_sub_epi8(_mm256_or_si256(split_nibbles(block + 6), fifth), _mm256_set1_epi8(16));
  }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockQ5_1 {
  static constexpr size_t kBytes = 24;
  static constexpr bool kOffsets = true;
  static __m256i weights(const uint8_t* block) {
    return _mm256_or_si256(split_nibbles(block + 8), spread_bits<16>(word_at(block + 4)));
  }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockIQ4_NL {
  static constexpr size_t kBytes = 18;
  static constexpr bool kOffsets = false;
  static __m256i weights(const uint8_t* block) {
    return look_up(split_nibbles(block + 2), kNonLinear);
  }
  static float scale(const uint8_t* block) { return half_at(block); }
};

struct BlockMXFP4 {
  static constexpr size_t kBytes = 17;
  static constexpr bool kOffsets = false;
  static __m256i weights(const uint8_t* block) {
    return look_up(split_nibbles(block + 1), kDoubledE2M1);
  }
  /// 2^(e - 128): half of the block's scale, because the table is doubled. Subnormal for e < 2.
  static float scale(const uint8_t* block) {
    const uint32_t exponent = block[0];
    const uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
  }
};

// ---- Super-blocks of 256 ----

/// The 6-bit scales and minimums of Q4_K and Q5_K: 8 of each in 12 bytes.
inline void unpack_k_scales(const uint8_t* block, const UnpackedRow& row) {
  const uint32_t a = word_at(block + 4);
  const uint32_t b = word_at(block + 8);
  const uint32_t c = word_at(block + 12);
  const uint64_t scale_low = a & 0x3f3f3f3f;
  const uint64_t scale_high = (c & 0x0f0f0f0f) | ((a >> 2) & 0x30303030);
  const uint64_t offset_low = b & 0x3f3f3f3f;
  const uint64_t offset_high = ((c >> 4) & 0x0f0f0f0f) | ((b >> 2) & 0x30303030);
  const __m128i bytes = _mm_set_epi64x(static_cast<int64_t>(offset_low | offset_high << 32),
                                       static_cast<int64_t>(scale_low | scale_high << 32));
  const __m256 scale = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  const __m256 offset = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_unpackhi_epi64(bytes, bytes)));
  _mm256_storeu_ps(row.scale, _mm256_mul_ps(scale, _mm256_set1_ps(half_at(block))));
  _mm256_storeu_ps(row.offset, _mm256_mul_ps(offset, _mm256_set1_ps(-half_at(block + 2))));
}

struct TypeQ4_K {
  static constexpr size_t kChunkBytes = 144;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<false, true>;

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    unpack_k_scales(block, row);
    for (size_t pair = 0; pair < 4; ++pair) {
      const __m256i packed = bytes32(block + 16 + 32 * pair);
      put32(row.weights + 64 * pair, low_nibbles(packed));
      put32(row.weights + 64 * pair + 32, high_nibbles(packed));
    }
  }
};

struct TypeQ5_K {
  static constexpr size_t kChunkBytes = 176;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<false, true>;

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    unpack_k_scales(block, row);
    __m256i fifth = bytes32(block + 16);  // bit g of byte l belongs to element l of group g
    const __m256i one = _mm256_set1_epi8(1);
    for (size_t pair = 0; pair < 4; ++pair) {
      const __m256i packed = bytes32(block + 48 + 32 * pair);
      const __m256i even = _mm256_slli_epi16(_mm256_and_si256(fifth, one), 4);
      const __m256i odd =
          _mm256_slli_epi16(_mm256_and_si256(_mm256_srli_epi16(fifth, 1), one), 4);
      put32(row.weights + 64 * pair, _mm256_or_si256(low_nibbles(packed), even));
      put32(row.weights + 64 * pair + 32, _mm256_or_si256(high_nibbles(packed), odd));
      fifth = _mm256_srli_epi16(fifth, 2);
    }
  }
};

/// 16 factors times `scale`; `factors` are signed bytes.
inline void put_scales16(float* to, __m128i factors, float scale) {
  const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(factors));
  const __m256 high =
      _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(factors, factors)));
  _mm256_storeu_ps(to, _mm256_mul_ps(low, _mm256_set1_ps(scale)));
  _mm256_storeu_ps(to + 8, _mm256_mul_ps(high, _mm256_set1_ps(scale)));
}

struct TypeQ6_K {
  static constexpr size_t kChunkBytes = 210;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<true, false>;

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    put_scales16(row.scale, bytes16(block + 192), half_at(block + 208));
    const __m256i two_bits = _mm256_set1_epi8(0x30);
    const __m256i middle = _mm256_set1_epi8(32);
    for (size_t half = 0; half < 2; ++half) {
      const __m256i low_a = bytes32(block + 64 * half);
      const __m256i low_b = bytes32(block + 64 * half + 32);
      const __m256i high = bytes32(block + 128 + 32 * half);
      const __m256i parts[4] = {
          _mm256_or_si256(low_nibbles(low_a),
                          _mm256_and_si256(_mm256_slli_epi16(high, 4), two_bits)),
          _mm256_or_si256(low_nibbles(low_b),
                          _mm256_and_si256(_mm256_slli_epi16(high, 2), two_bits)),
          _mm256_or_si256(high_nibbles(low_a), _mm256_and_si256(high, two_bits)),
          _mm256_or_si256(high_nibbles(low_b),
                          _mm256_and_si256(_mm256_srli_epi16(high, 2), two_bits))};
      for (size_t part = 0; part < 4; ++part) {
        put32(row.weights + 128 * half + 32 * part, _mm256_sub_epi8(parts[part], middle));
      }
    }
  }
};

struct TypeQ2_K {
  static constexpr size_t kChunkBytes = 84;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<true, true>;

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    const __m128i factors = bytes16(block);
    const __m128i nibble = _mm_set1_epi8(15);
    put_scales16(row.scale, _mm_and_si128(factors, nibble), half_at(block + 80));
    put_scales16(row.offset, _mm_and_si128(_mm_srli_epi16(factors, 4), nibble),
                 -half_at(block + 82));
    for (size_t half = 0; half < 2; ++half) {
      __m256i packed = bytes32(block + 16 + 32 * half);
      for (size_t part = 0; part < 4; ++part) {
        put32(row.weights + 128 * half + 32 * part,
              _mm256_and_si256(packed, _mm256_set1_epi8(3)));
        packed = _mm256_srli_epi16(packed, 2);
      }
    }
  }
};

struct TypeQ3_K {
  static constexpr size_t kChunkBytes = 110;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<true, false>;

  /// 16 scales of 6 bits, biased by 32, in 12 bytes.
  static __m128i factors(const uint8_t* packed) {
    const uint32_t a = word_at(packed);
    const uint32_t b = word_at(packed + 4);
    const uint32_t c = word_at(packed + 8);
    const uint32_t low = 0x0f0f0f0f;
    const uint32_t two = 0x03030303;
    const __m128i biased = _mm_setr_epi32(
        static_cast<int>((a & low) | (c & two) << 4),
        static_cast<int>((b & low) | ((c >> 2) & two) << 4),
        static_cast<int>(((a >> 4) & low) | ((c >> 4) & two) << 4),
        static_cast<int>(((b >> 4) & low) | ((c >> 6) & two) << 4));
    return _mm_sub_epi8(biased, _mm_set1_epi8(32));
  }

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    put_scales16(row.scale, factors(block + 96), half_at(block + 108));
    __m256i third = bytes32(block);  // bit g of byte l belongs to element l of group g
    const __m256i four = _mm256_set1_epi8(4);
    for (size_t half = 0; half < 2; ++half) {
      __m256i packed = bytes32(block + 32 + 32 * half);
      for (size_t part = 0; part < 4; ++part) {
        const __m256i low = _mm256_and_si256(packed, _mm256_set1_epi8(3));
        const __m256i high =
            _mm256_slli_epi16(_mm256_and_si256(third, _mm256_set1_epi8(1)), 2);
        put32(row.weights + 128 * half + 32 * part,
              _mm256_sub_epi8(_mm256_or_si256(low, high), four));
        packed = _mm256_srli_epi16(packed, 2);
        third = _mm256_srli_epi16(third, 1);
      }
    }
  }
};

struct TypeIQ4_XS {
  static constexpr size_t kChunkBytes = 136;
  static constexpr size_t kColumns = 256;
  using Shape = SpanShape<false, false>;

  static void unpack(const uint8_t* block, size_t, const UnpackedRow& row) {
    const float scale = half_at(block);
    const uint32_t high = word_at(block) >> 16;
    const uint32_t low = word_at(block + 4);
    const __m256i shifts = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
    const __m256i low_bits = _mm256_and_si256(
        _mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(low)), shifts),
        _mm256_set1_epi32(15));
    const __m256i high_bits = _mm256_and_si256(
        _mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(high)),
                          _mm256_srli_epi32(shifts, 1)),
        _mm256_set1_epi32(3));
    const __m256i factors = _mm256_sub_epi32(
        _mm256_or_si256(low_bits, _mm256_slli_epi32(high_bits, 4)), _mm256_set1_epi32(32));
    _mm256_storeu_ps(row.scale,
                     _mm256_mul_ps(_mm256_cvtepi32_ps(factors), _mm256_set1_ps(scale)));
    for (size_t g = 0; g < kChunkGroups; ++g) {
      put32(row.weights + 32 * g, look_up(split_nibbles(block + 8 + 16 * g), kNonLinear));
    }
  }
};

}  // namespace
}  // namespace sluice
