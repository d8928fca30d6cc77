// The IQ types with codebooks, as unpack.hpp has the others: an index names the magnitudes of eight
// (or four) elements at once, their signs lie apart. The IQ1 types have elements of -1, 0 and 1,
// moved by an eighth up or down; here eight times that and 9 more: 0 .. 18.
#pragma once

#include "device/cpu/kernels/generic/unpack.hpp"
#include "tensor/iq_grids.hpp"

namespace sluice {
namespace {

/// x, negative where the byte of `negative` is 255, not 0.
inline __m256i negate(__m256i x, __m256i negative) {
  return _mm256_sub_epi8(_mm256_xor_si256(x, negative), negative);
}

/// x, negative where the bit of the same index in `signs` is set.
inline __m256i apply_signs(__m256i x, uint32_t signs) {
  return negate(x, spread_bits(signs));
}

/// For each seven sign bits: 255 in the bytes of negative elements. An eighth sign makes their
/// number even.
struct EvenSigns {
  uint64_t bytes[128];
  constexpr EvenSigns() : bytes() {
    for (uint32_t seven = 0; seven < 128; ++seven) {
      const uint32_t signs = seven | static_cast<uint32_t>(__builtin_popcount(seven) % 2) << 7;
      for (uint32_t i = 0; i < 8; ++i) {
        bytes[seven] |= (signs >> i & 1) != 0 ? uint64_t{255} << 8 * i : 0;
      }
    }
  }
};
constexpr EvenSigns kEvenSigns;

/// x, negative as sevens(0) .. sevens(3) say.
template <class Sevens>
[[gnu::always_inline]] inline __m256i apply_even_signs(__m256i x, const Sevens& sevens) {
  const auto at = [&](uint32_t i) { return static_cast<int64_t>(kEvenSigns.bytes[sevens(i)]); };
  return negate(x, _mm256_setr_epi64x(at(0), at(1), at(2), at(3)));
}

/// Four entries of a codebook of eights.
template <class Indices>
[[gnu::always_inline]] inline __m256i four_entries(const uint64_t* grid, const Indices& index) {
  return _mm256_setr_epi64x(
      static_cast<int64_t>(grid[index(0)]), static_cast<int64_t>(grid[index(1)]),
      static_cast<int64_t>(grid[index(2)]), static_cast<int64_t>(grid[index(3)]));
}

/// Eight entries of a codebook of fours.
template <class Indices>
[[gnu::always_inline]] inline __m256i eight_entries(const uint32_t* grid, const Indices& index) {
  const auto at = [&](uint32_t i) { return static_cast<int32_t>(grid[index(i)]); };
  return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}

/// Bits kBit .. kBit + 3 of each lane, as (n + 1/2) * factor.
template <class V, size_t kBit>
inline typename V::Floats half_steps(typename V::Ints x, typename V::Floats factor) {
  return V::multiply(V::add(bit_field<V, kBit, 4>(x), V::broadcast(0.5f)), factor);
}

/// Bits kBit .. kBit + 2 of each lane, as (2 n + 1) * factor.
template <class V, size_t kBit>
inline typename V::Floats odd_steps(typename V::Ints x, typename V::Floats factor) {
  const auto n = bit_field<V, kBit, 3>(x);
  return V::multiply(V::add(V::add(n, n), V::broadcast(1.0f)), factor);
}

/// Scales of 4 bits for 16 elements each, in the last 8 of the 16 bytes at `rows`.
template <class V>
inline void unpack_sixteenths(const RowChunks& rows, typename V::Floats d,
                              SpanScales<V, SpanShape<true, false>>* to) {
  typename V::Ints words[4];
  V::load_columns(rows, words);
  const auto quarter = V::multiply(d, V::broadcast(0.25f));
  for_indices<0, 16>([&](auto index) {
    constexpr size_t k = decltype(index)::value;
    V::store(to->scale[k], half_steps<V, k % 8 * 4>(words[2 + k / 8], quarter));
  });
}

using SignedSuperBlock = CompactType<256, 8, 0>;

struct TypeIQ2_XXS : SignedSuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 66;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* indices = block + 2 + 8 * kGroup;
    const uint32_t signs = word_at(indices + 4);
    const auto index = [&](uint32_t i) { return indices[i]; };
    const auto seven = [&](uint32_t i) { return signs >> 7 * i & 127; };
    return apply_even_signs(four_entries(kIq2XxsGrid, index), seven);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    const auto quarter = V::multiply(V::load_halves(rows), V::broadcast(0.25f));
    for_indices<0, 4>([&](auto index) {
      constexpr size_t pair = decltype(index)::value;
      typename V::Ints words[4];  // of two groups: indices, signs and scale
      V::load_columns(rows.behind(2 + 16 * pair), words);
      V::store(to->scale[2 * pair], half_steps<V, 28>(words[1], quarter));
      V::store(to->scale[2 * pair + 1], half_steps<V, 28>(words[3], quarter));
    });
  }
};

struct TypeIQ2_XS : SignedSuperBlock {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kChunkBytes = 74;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    uint32_t words[4];  // nine bits of index, seven of signs
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) words[i] = half_word_at(block + 2 + 8 * kGroup + 2 * i);
    const auto index = [&](uint32_t i) { return words[i] & 511; };
    const auto seven = [&](uint32_t i) { return words[i] >> 9; };
    return apply_even_signs(four_entries(kIq2XsGrid, index), seven);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    unpack_sixteenths<V>(rows.behind(58), V::load_halves(rows), to);
  }
};

struct TypeIQ2_S : SignedSuperBlock {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kChunkBytes = 82;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* low = block + 2 + 4 * kGroup;
    const uint32_t high = block[66 + kGroup];
    const auto index = [&](uint32_t i) { return low[i] | (high << (8 - 2 * i) & 0x300); };
    return apply_signs(four_entries(kIq2SGrid, index), word_at(block + 34 + 4 * kGroup));
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    unpack_sixteenths<V>(rows.behind(66), V::load_halves(rows), to);
  }
};

struct TypeIQ3_XXS : SignedSuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 98;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* indices = block + 2 + 8 * kGroup;
    const uint32_t signs = word_at(block + 66 + 4 * kGroup);
    const auto index = [&](uint32_t i) { return indices[i]; };
    const auto seven = [&](uint32_t i) { return signs >> 7 * i & 127; };
    return apply_even_signs(eight_entries(kIq3XxsGrid, index), seven);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    const auto half = V::multiply(V::load_halves(rows), V::broadcast(0.5f));
    typename V::Ints words[8];
    V::load_columns(rows.behind(66), words);
    V::load_columns(rows.behind(82), words + 4);
    for_indices<0, 8>([&](auto index) {
      constexpr size_t g = decltype(index)::value;
      V::store(to->scale[g], half_steps<V, 28>(words[g], half));
    });
  }
};

struct TypeIQ3_S : SignedSuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 110;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* low = block + 2 + 8 * kGroup;
    const uint32_t ninth = block[66 + kGroup];
    const auto index = [&](uint32_t i) { return low[i] | (ninth << (8 - i) & 0x100); };
    return apply_signs(eight_entries(kIq3SGrid, index), word_at(block + 74 + 4 * kGroup));
  }
  /// Eight scales of 4 bits in the last 4 of the 16 bytes from 94.
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    const auto twice = V::multiply(V::load_halves(rows), V::broadcast(2.0f));
    typename V::Ints words[4];
    V::load_columns(rows.behind(94), words);
    for_indices<0, 8>([&](auto index) {
      constexpr size_t g = decltype(index)::value;
      V::store(to->scale[g], half_steps<V, 4 * g>(words[3], twice));
    });
  }
};

// ---- IQ1 ----

struct EighthsSuperBlock : CompactType<256, 5, 9> {
  /// 8 * (element + 1), plus what `up` says: 2 where elements are moved up, 0 where down.
  static __m256i eighths(__m256i elements, __m256i up) {
    const __m256i from_zero = _mm256_sub_epi8(elements, _mm256_set1_epi8(-1));
    return _mm256_add_epi8(_mm256_slli_epi16(from_zero, 3), up);
  }
};

struct TypeIQ1_S : EighthsSuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 50;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* low = block + 2 + 4 * kGroup;
    const uint32_t high = half_word_at(block + 34 + 2 * kGroup);
    const auto index = [&](uint32_t i) { return low[i] | (high >> 3 * i << 8 & 0x700); };
    const __m256i up = _mm256_set1_epi8((high & 0x8000) != 0 ? 0 : 2);
    return eighths(four_entries(kIq1SGrid, index), up);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    const auto eighth = V::multiply(V::load_halves(rows), V::broadcast(0.125f));
    typename V::Ints words[4];
    V::load_columns(rows.behind(34), words);
    for_indices<0, 8>([&](auto index) {
      constexpr size_t g = decltype(index)::value;
      V::store(to->scale[g], odd_steps<V, 12 + g % 2 * 16>(words[g / 2], eighth));
    });
  }
};

struct TypeIQ1_M : EighthsSuperBlock {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kChunkBytes = 56;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    const uint8_t* low = block + 4 * kGroup;
    // For each eight elements three bits of index, then one that is set where they are moved down.
    const uint32_t high = half_word_at(block + 32 + 2 * kGroup);
    const auto index = [&](uint32_t i) { return low[i] | (high >> 4 * i << 8 & 0x700); };
    const auto up = [&](uint32_t i) -> int64_t {
      return (high >> (4 * i + 3) & 1) != 0 ? 0 : 0x0202020202020202;
    };
    return eighths(four_entries(kIq1SGrid, index), _mm256_setr_epi64x(up(0), up(1), up(2), up(3)));
  }
  /// Four words in the last 8 of the 16 bytes from 40: four scales of 3 bits each, and above them
  /// four bits of a half float.
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    typename V::Ints words[4];
    V::load_columns(rows.behind(40), words);
    const auto low = V::either(V::mask(V::template shift_right<12>(words[2]), 0xf),
                               V::mask(V::template shift_right<24>(words[2]), 0xf0));
    const auto high = V::either(V::mask(V::template shift_right<4>(words[3]), 0xf00),
                                V::mask(V::template shift_right<16>(words[3]), 0xf000));
    const auto d = V::low_halves(V::either(low, high));
    const auto eighth = V::multiply(d, V::broadcast(0.125f));
    for_indices<0, 16>([&](auto index) {
      constexpr size_t k = decltype(index)::value;
      constexpr size_t bit = k / 4 % 2 * 16 + k % 4 * 3;
      V::store(to->scale[k], odd_steps<V, bit>(words[2 + k / 8], eighth));
    });
  }
};

}  // namespace
}  // namespace sluice
