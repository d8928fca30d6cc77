// Types of a few levels, as unpack.hpp has the others: ternary, one- and two-bit, and NVFP4.
#pragma once

#include "device/cpu/kernels/generic/unpack.hpp"

namespace sluice {
namespace {

using TernarySuperBlock = CompactType<256, 2, 1>;

/// One scale, a half, for the whole block.
template <class V>
inline void repeat_scale(const RowChunks& rows, SpanScales<V, SpanShape<false, false>>* to) {
  const auto d = V::load_halves(rows);
  for (size_t g = 0; g < kChunkGroups; ++g) V::store(to->scale[g], d);
}

struct TypeTQ2_0 : TernarySuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 66;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    return move_bits<kGroup % 4 * 2, 0>(bytes32(block + kGroup / 4 * 32), 3);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    repeat_scale<V>(rows.behind(64), to);
  }
};

/// A byte is a fraction of 256 in base 3: times a power of 3, what carries out of three times the
/// rest is a digit. `powers` are 16-bit numbers, the same for both bytes of each.
inline __m256i ternary_digits(__m256i bytes, __m256i powers) {
  const __m256i low_byte = _mm256_set1_epi16(255);
  const __m256i three = _mm256_set1_epi16(3);
  const __m256i even = _mm256_and_si256(bytes, low_byte);
  const __m256i odd = _mm256_srli_epi16(bytes, 8);
  const __m256i even_rest = _mm256_and_si256(_mm256_mullo_epi16(even, powers), low_byte);
  const __m256i odd_rest = _mm256_and_si256(_mm256_mullo_epi16(odd, powers), low_byte);
  const __m256i even_digit = _mm256_srli_epi16(_mm256_mullo_epi16(even_rest, three), 8);
  const __m256i odd_digit = _mm256_mullo_epi16(odd_rest, three);  // in the upper byte
  const __m256i digit_bytes = _mm256_set1_epi16(0x0300);
  return _mm256_or_si256(even_digit, _mm256_and_si256(odd_digit, digit_bytes));
}

/// Five digits of each of 32 bytes, then of 16, then four of the last 4.
struct TypeTQ1_0 : TernarySuperBlock {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kChunkBytes = 54;
  static constexpr int16_t kPowers[5] = {1, 3, 9, 27, 81};

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* block) {
    if constexpr (kGroup < 5) {
      return ternary_digits(bytes32(block), _mm256_set1_epi16(kPowers[kGroup]));
    } else if constexpr (kGroup < 7) {
      constexpr size_t kDigit = 2 * (kGroup - 5);
      const __m256i powers = _mm256_set_m128i(_mm_set1_epi16(kPowers[kDigit + 1]),
                                              _mm_set1_epi16(kPowers[kDigit]));
      return ternary_digits(load_two(block + 32, block + 32), powers);
    } else {
      const __m256i powers =
          _mm256_setr_epi16(81, 81, 81, 81, 81, 81, 81, 81, 1, 1, 3, 3, 9, 9, 27, 27);
      const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 32));
      const __m128i last = _mm_set1_epi32(static_cast<int32_t>(word_at(block + 48)));
      return ternary_digits(_mm256_set_m128i(last, first), powers);
    }
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t, SpanScales<V, Shape>* to) {
    repeat_scale<V>(rows.behind(52), to);
  }
};

/// Blocks of 18 bytes that begin with their scale, a half.
template <size_t kBlock>
struct FewBitsBlocks : CompactType<kBlock, 2, 1> {
  using Shape = SpanShape<false, false>;
  static constexpr size_t kBlockBytes = 18;
  static constexpr size_t kBlockGroups = kBlock / 32;
  static constexpr size_t kChunkBytes = kChunkGroups / kBlockGroups * kBlockBytes;

  template <class V>
  static void scales(const RowChunks& rows, size_t groups, SpanScales<V, Shape>* to) {
    for (size_t g = 0; g < groups; ++g) {
      V::store(to->scale[g], V::load_halves(rows.behind(g / kBlockGroups * kBlockBytes)));
    }
  }
};

/// Blocks of 128: a bit for each element, set where it is 1 and not -1.
struct TypeQ1_0 : FewBitsBlocks<128> {
  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* chunk) {
    const uint8_t* block = chunk + kGroup / 4 * kBlockBytes;
    const __m256i set = spread_bits(word_at(block + 2 + kGroup % 4 * 4));
    return _mm256_and_si256(set, _mm256_set1_epi8(2));
  }
};

/// Blocks of 64: two bits for each element, four elements to a byte.
struct TypeQ2_0 : FewBitsBlocks<64> {
  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* chunk) {
    int64_t packed;
    memcpy(&packed, chunk + kGroup / 2 * kBlockBytes + 2 + kGroup % 2 * 8, sizeof(packed));
    const __m256i four_of_each =
        _mm256_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6,
                         6, 6, 6, 7, 7, 7, 7);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi64x(packed), four_of_each);
    const auto code = [](__m256i codes, size_t place) {
      return _mm256_and_si256(codes, _mm256_set1_epi32(static_cast<int32_t>(3u << 8 * place)));
    };
    return _mm256_or_si256(_mm256_or_si256(code(bytes, 0), code(_mm256_srli_epi16(bytes, 2), 1)),
                           _mm256_or_si256(code(_mm256_srli_epi16(bytes, 4), 2),
                                           code(_mm256_srli_epi16(bytes, 6), 3)));
  }
};

/// Blocks of 64: four scales of 8 bits (FP8 E4M3 without a sign), then E2M1 codes, sixteen elements
/// in eight bytes, the low nibbles first.
struct TypeNVFP4 : UnpackDefaults {
  using Shape = SpanShape<true, false>;
  static constexpr size_t kBlockBytes = 36;
  static constexpr size_t kChunkBytes = 4 * kBlockBytes;
  static constexpr size_t kColumns = 64;
  static constexpr int kBias = 0;
  static constexpr size_t kBits = 8;

  template <size_t kGroup>
  [[gnu::always_inline]] static __m256i group(const uint8_t* chunk) {
    const uint8_t* from = chunk + kGroup / 2 * kBlockBytes + 4 + kGroup % 2 * 16;
    const __m256i nibbles = split_nibbles(from);  // 16 low ones, 16 high ones
    const __m256i in_order = _mm256_permute4x64_epi64(nibbles, 0xd8);
    return look_up(in_order, kDoubledE2M1);
  }
  template <class V>
  static void scales(const RowChunks& rows, size_t groups, SpanScales<V, Shape>* to) {
    for (size_t k = 0; k < 2 * groups; ++k) {
      V::store(to->scale[k], half_e4m3<V>(V::load_bytes(rows.behind(k / 4 * kBlockBytes + k % 4))));
    }
  }

 private:
  /// Half of the number with this code, because kDoubledE2M1 is doubled: (mantissa + 8) *
  /// 2^(exponent - 11), without the 8 and with an exponent of 1 where it is 0. 0x7f, not a number,
  /// counts as 0.
  template <class V>
  static typename V::Floats half_e4m3(typename V::Ints code) {
    const auto one = V::broadcast(1.0f);
    const auto exponent = bit_field<V, 3, 4>(code);
    const auto implied = V::multiply(V::minimum(exponent, one), V::broadcast(8.0f));
    const auto power = V::subtract(V::maximum(exponent, one), V::broadcast(11.0f));
    const auto value = V::scale_by_power(V::add(bit_field<V, 0, 3>(code), implied), power);
    const auto distance = V::subtract(V::convert(code), V::broadcast(127.0f));
    return V::multiply(value, V::minimum(V::multiply(distance, distance), one));
  }
};

}  // namespace
}  // namespace sluice
