// Unpacking of block-quantised weights for the x86 tables: one struct per type. Weights come in
// chunks (256 elements, or fewer whole blocks at the end of a row) of groups of 32:
//   element i = (weight[i] - kBias) * scale[i / span] + offset[i / span]
// with spans of 32 or 16 elements. Weights have kBits bits, and a sign if these are 8. A type gives
//   group<g>(chunk): the 32 weights of group g as bytes in natural order (256 bits in each table)
//   scales(rows, at, groups, to): scales and offsets of kLanes rows at once, lane = row
// and may say kCompact: its code is long, and is written for one row, not for kLanes of them.
// Only bytes of the blocks are read: the last row may end where a mapping ends. The layouts are
// those of the GGML block types (ggml-common.h, ggml-quants.c).
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace sluice {
namespace {  // each table has its own copy, compiled for its instruction set

enum { kChunk = 256, kChunkGroups = 8 };

/// What the multiplication must know of a type; code for it is shared by types of one shape.
template <bool kHasHalves, bool kHasOffsets>
struct SpanShape {
  static constexpr bool kHalves = kHasHalves;  ///< spans of 16 elements, not 32
  static constexpr bool kOffsets = kHasOffsets;
  static constexpr size_t kGroupSpans = kHalves ? 2 : 1;
  static constexpr size_t kSpans = kChunkGroups * kGroupSpans;
};

template <class V, class Shape>
struct SpanScales {
  alignas(64) float scale[Shape::kSpans][V::kLanes];
  alignas(64) float offset[Shape::kOffsets ? Shape::kSpans : 1][V::kLanes];
};

/// Where the chunks of kLanes rows begin: row r at rows[r] + at.
struct RowChunks {
  const uint8_t* const* rows;
  size_t at;
  const uint8_t* operator[](size_t row) const { return rows[row] + at; }
  RowChunks behind(size_t bytes) const { return {rows, at + bytes}; }
};

template <size_t kIndex>
struct Index {
  static constexpr size_t value = kIndex;
};

/// step(Index<kFirst>()) ... step(Index<kEnd - 1>()): a loop whose index is a constant.
template <size_t kFirst, size_t kEnd, class Step>
[[gnu::always_inline]] inline void for_indices(const Step& step) {
  if constexpr (kFirst < kEnd) {
    step(Index<kFirst>());
    for_indices<kFirst + 1, kEnd>(step);
  }
}

/// What most types need not say.
struct UnpackDefaults {
  static constexpr bool kCompact = false;
};

/// What compact types say, in blocks of kBlock elements.
template <size_t kBlock, size_t kWeightBits, int kSubtrahend>
struct CompactType {
  static constexpr bool kCompact = true;
  static constexpr size_t kColumns = kBlock;
  static constexpr size_t kBits = kWeightBits;
  static constexpr int kBias = kSubtrahend;
};

template <class Type>
constexpr bool kIsSigned = Type::kBits == 8;

// ---- Bytes ----

inline uint32_t word_at(const uint8_t* bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof(word));
  return word;
}

inline uint32_t half_word_at(const uint8_t* bytes) {
  uint16_t word;
  memcpy(&word, bytes, sizeof(word));
  return word;
}

inline __m256i bytes32(const uint8_t* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

inline __m256i low_nibbles(__m256i bytes) {
  return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

inline __m256i high_nibbles(__m256i bytes) {
  return low_nibbles(_mm256_srli_epi16(bytes, 4));
}

/// 16 bytes to 32 nibbles: the low ones, then the high ones.
inline __m256i split_nibbles(const uint8_t* bytes) {
  const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  return low_nibbles(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed));
}

/// Bits `kFrom` and up of each byte to bits `kTo` and up; `mask` says which bits stay. Moving them
/// in units of 16 bits is right as long as the mask drops what came from the neighbour.
template <int kFrom, int kTo>
inline __m256i move_bits(__m256i bytes, int mask) {
  __m256i moved = bytes;
  if constexpr (kFrom > kTo) moved = _mm256_srli_epi16(bytes, kFrom - kTo);
  if constexpr (kFrom < kTo) moved = _mm256_slli_epi16(bytes, kTo - kFrom);
  return _mm256_and_si256(moved, _mm256_set1_epi8(static_cast<char>(mask)));
}

/// 255 where the bit of the same index in `bits` is set, 0 elsewhere.
inline __m256i spread_bits(uint32_t bits) {
  const __m256i index =
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i which = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201ull));
  const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), index);
  return _mm256_cmpeq_epi8(_mm256_and_si256(spread, which), which);
}

/// 16 where the bit of the same index in `bits` is set, 0 elsewhere.
inline __m256i spread_fifth_bits(uint32_t bits) {
  return _mm256_and_si256(spread_bits(bits), _mm256_set1_epi8(16));
}

const int8_t kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                               1,    13,   25,  38,  53,  69,  89,  113};
const int8_t kDoubledE2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

inline __m256i look_up(__m256i nibbles, const int8_t* table) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return _mm256_shuffle_epi8(_mm256_set_m128i(half, half), nibbles);
}

/// The first two bytes of 8 rows from `row`, or the first one, as 16-bit numbers.
template <size_t kBytes>
[[gnu::always_inline]] inline __m128i pack_rows(const RowChunks& rows, size_t row) {
  int16_t words[8];
#pragma GCC unroll 8
  for (size_t r = 0; r < 8; ++r) {
    const uint8_t* from = rows[row + r];
    if constexpr (kBytes == 1) words[r] = *from;
    if constexpr (kBytes == 2) memcpy(words + r, from, sizeof(words[r]));
  }
  return _mm_setr_epi16(words[0], words[1], words[2], words[3], words[4], words[5], words[6],
                        words[7]);
}

/// 16 bytes of each of two rows.
inline __m256i load_two(const uint8_t* low, const uint8_t* high) {
  return _mm256_set_m128i(_mm_loadu_si128(reinterpret_cast<const __m128i*>(high)),
                          _mm_loadu_si128(reinterpret_cast<const __m128i*>(low)));
}

// ---- Blocks of 32 ----

template <class Block>
struct SmallBlocks : UnpackDefaults {
  using Shape = SpanShape<false, Block::kOffsets>;
  static constexpr size_t kChunkBytes = kChunkGroups * Block::kBytes;
  static constexpr size_t kColumns = 32;
  static constexpr int kBias = Block::kBias;
  static constexpr size_t kBits = Block::kBits;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* chunk) {
    return Block::weights(chunk + kGroup * Block::kBytes);
  }

  template <class V>
  static void scales(const RowChunks& rows, size_t groups, SpanScales<V, Shape>* to) {
    for (size_t g = 0; g < groups; ++g) {
      const RowChunks blocks = rows.behind(g * Block::kBytes);
      V::store(to->scale[g], Block::template scale<V>(blocks));
      if constexpr (Block::kOffsets) V::store(to->offset[g], V::load_halves(blocks.behind(2)));
    }
  }
};

/// Blocks that begin with a half: their scale. Weights of fewer than 8 bits have no sign.
template <size_t kBlockBytes, size_t kWeightBits, int kSubtrahend, bool kHasOffsets>
struct HalfScaled {
  static constexpr size_t kBytes = kBlockBytes;
  static constexpr size_t kBits = kWeightBits;
  static constexpr int kBias = kSubtrahend;
  static constexpr bool kOffsets = kHasOffsets;
  template <class V>
  static typename V::Floats scale(const RowChunks& blocks) {
    return V::load_halves(blocks);
  }
};

struct BlockQ8_0 : HalfScaled<34, 8, 0, false> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) { return bytes32(block + 2); }
};

struct BlockQ4_0 : HalfScaled<18, 4, 8, false> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return split_nibbles(block + 2);
  }
};

struct BlockQ4_1 : HalfScaled<20, 4, 0, true> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return split_nibbles(block + 4);
  }
};

struct BlockQ5_0 : HalfScaled<22, 5, 16, false> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return _mm256_or_si256(split_nibbles(block + 6), spread_fifth_bits(word_at(block + 2)));
  }
};

struct BlockQ5_1 : HalfScaled<24, 5, 0, true> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return _mm256_or_si256(split_nibbles(block + 8), spread_fifth_bits(word_at(block + 4)));
  }
};

struct BlockIQ4_NL : HalfScaled<18, 8, 0, false> {
  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return look_up(split_nibbles(block + 2), kNonLinear);
  }
};

struct BlockMXFP4 {
  static constexpr size_t kBytes = 17;
  static constexpr size_t kBits = 8;
  static constexpr int kBias = 0;
  static constexpr bool kOffsets = false;

  [[gnu::always_inline]] static __m256i weights(const uint8_t* block) {
    return look_up(split_nibbles(block + 1), kDoubledE2M1);
  }
  /// 2^(e - 128): half of the block's scale, because the table is doubled.
  template <class V>
  static typename V::Floats scale(const RowChunks& blocks) {
    const typename V::Floats exponent = V::convert(V::load_bytes(blocks));
    return V::scale_by_power(V::broadcast(1.0f), V::subtract(exponent, V::broadcast(128.0f)));
  }
};

// ---- Super-blocks of 256 ----

/// Bits [kFrom, kFrom + kCount) of each lane as a float.
template <class V, size_t kFrom, size_t kCount>
inline typename V::Floats bit_field(typename V::Ints x) {
  return V::convert(V::mask(V::template shift_right<kFrom>(x), (1u << kCount) - 1));
}

/// Byte kByte of each lane, signed, as a float.
template <class V, size_t kByte>
inline typename V::Floats signed_byte(typename V::Ints x) {
  return V::convert(V::template shift_right_signed<24>(V::template shift_left<24 - 8 * kByte>(x)));
}

/// The head of Q4_K and Q5_K blocks: d, dmin, then 8 scales and 8 minimums of 6 bits in 12 bytes.
template <class V>
inline void unpack_k_scales(const RowChunks& rows, SpanScales<V, SpanShape<false, true>>* to) {
  using Ints = typename V::Ints;
  Ints head[4];
  V::load_columns(rows, head);
  const auto d = V::low_halves(head[0]);
  const auto minimum_scale = V::low_halves(V::template shift_right<16>(head[0]));
  const auto minus_min = V::subtract(V::zero(), minimum_scale);
  const uint32_t six = 0x3f3f3f3f;
  const uint32_t four = 0x0f0f0f0f;
  const uint32_t two = 0x30303030;
  const Ints scale[2] = {
      V::mask(head[1], six),
      V::either(V::mask(head[3], four), V::mask(V::template shift_right<2>(head[1]), two))};
  const Ints minimum[2] = {V::mask(head[2], six),
                           V::either(V::mask(V::template shift_right<4>(head[3]), four),
                                     V::mask(V::template shift_right<2>(head[2]), two))};
  for_indices<0, 8>([&](auto index) {
    constexpr size_t g = decltype(index)::value;
    constexpr size_t bit = g % 4 * 8;
    V::store(to->scale[g], V::multiply(bit_field<V, bit, 8>(scale[g / 4]), d));
    V::store(to->offset[g], V::multiply(bit_field<V, bit, 8>(minimum[g / 4]), minus_min));
  });
}

struct TypeQ4_K : UnpackDefaults {
  using Shape = SpanShape<false, true>;
  static constexpr size_t kChunkBytes = 144;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 0;
  static constexpr size_t kBits = 4;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const __m256i packed = bytes32(block + 16 + kGroup / 2 * 32);
    return kGroup % 2 == 0 ? low_nibbles(packed) : high_nibbles(packed);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    unpack_k_scales<V>(rows, to);
  }
};

struct TypeQ5_K : UnpackDefaults {
  using Shape = SpanShape<false, true>;
  static constexpr size_t kChunkBytes = 176;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 0;
  static constexpr size_t kBits = 5;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const __m256i packed = bytes32(block + 48 + kGroup / 2 * 32);
    const __m256i low = kGroup % 2 == 0 ? low_nibbles(packed) : high_nibbles(packed);
    return _mm256_or_si256(low, move_bits<kGroup, 4>(bytes32(block + 16), 16));
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    unpack_k_scales<V>(rows, to);
  }
};

struct TypeQ6_K : UnpackDefaults {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kChunkBytes = 210;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 32;
  static constexpr size_t kBits = 6;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    constexpr size_t kPart = kGroup % 4;
    const __m256i packed = bytes32(block + kGroup / 4 * 64 + kPart % 2 * 32);
    const __m256i low = kPart < 2 ? low_nibbles(packed) : high_nibbles(packed);
    const __m256i high = bytes32(block + 128 + kGroup / 4 * 32);
    return _mm256_or_si256(low, move_bits<2 * kPart, 4>(high, 0x30));
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    typename V::Ints factors[4];
    V::load_columns(rows.behind(192), factors);
    const auto d = V::load_halves(rows.behind(208));
    for_indices<0, 16>([&](auto index) {
      constexpr size_t k = decltype(index)::value;
      V::store(to->scale[k], V::multiply(signed_byte<V, k % 4>(factors[k / 4]), d));
    });
  }
};

struct TypeQ2_K : UnpackDefaults {
  using Shape = SpanShape<true, true>;
  static constexpr size_t kChunkBytes = 84;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 0;
  static constexpr size_t kBits = 2;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    return move_bits<kGroup % 4 * 2, 0>(bytes32(block + 16 + kGroup / 4 * 32), 3);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    typename V::Ints factors[4];
    V::load_columns(rows, factors);
    const auto d = V::load_halves(rows.behind(80));
    const auto minus_min = V::subtract(V::zero(), V::load_halves(rows.behind(82)));
    for_indices<0, 16>([&](auto index) {
      constexpr size_t k = decltype(index)::value;
      constexpr size_t bit = k % 4 * 8;
      V::store(to->scale[k], V::multiply(bit_field<V, bit, 4>(factors[k / 4]), d));
      V::store(to->offset[k], V::multiply(bit_field<V, bit + 4, 4>(factors[k / 4]), minus_min));
    });
  }
};

struct TypeQ3_K : UnpackDefaults {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kChunkBytes = 110;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 4;
  static constexpr size_t kBits = 3;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const __m256i low = move_bits<kGroup % 4 * 2, 0>(bytes32(block + 32 + kGroup / 4 * 32), 3);
    return _mm256_or_si256(low, move_bits<kGroup, 2>(bytes32(block), 4));
  }
  /// 16 scales of 6 bits, biased by 32, in the 12 bytes from 96; the word before them is not used.
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    using Ints = typename V::Ints;
    Ints words[4];
    V::load_columns(rows.behind(92), words);
    const auto d = V::load_halves(rows.behind(108));
    const uint32_t four = 0x0f0f0f0f;
    const uint32_t two = 0x30303030;
    const Ints high = words[3];
    const Ints factors[4] = {
        V::either(V::mask(words[1], four), V::mask(V::template shift_left<4>(high), two)),
        V::either(V::mask(words[2], four), V::mask(V::template shift_left<2>(high), two)),
        V::either(V::mask(V::template shift_right<4>(words[1]), four), V::mask(high, two)),
        V::either(V::mask(V::template shift_right<4>(words[2]), four),
                  V::mask(V::template shift_right<2>(high), two))};
    for_indices<0, 16>([&](auto index) {
      constexpr size_t k = decltype(index)::value;
      const auto factor = bit_field<V, k % 4 * 8, 8>(factors[k / 4]);
      V::store(to->scale[k], V::multiply(V::subtract(factor, V::broadcast(32.0f)), d));
    });
  }
};

struct TypeIQ4_XS : UnpackDefaults {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 136;
  static constexpr size_t kColumns = 256;
  static constexpr int kBias = 0;
  static constexpr size_t kBits = 8;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    return look_up(split_nibbles(block + 8 + kGroup * 16), kNonLinear);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    typename V::Ints head[4];
    V::load_columns(rows, head);
    const auto d = V::low_halves(head[0]);
    for_indices<0, 8>([&](auto index) {
      constexpr size_t g = decltype(index)::value;
      const auto low = V::mask(V::template shift_right<4 * g>(head[1]), 15);
      const auto high = V::mask(V::template shift_right<16 + 2 * g>(head[0]), 3);
      const auto factor = V::convert(V::either(low, V::template shift_left<4>(high)));
      V::store(to->scale[g], V::multiply(V::subtract(factor, V::broadcast(32.0f)), d));
    });
  }
};

}  // namespace
}  // namespace sluice
