// The table for AVX2 with FMA and F16C: 8 lanes. This file holds the vocabulary; the algorithms
// are in generic/. Everything but the table is in anonymous namespaces: a shared (weak) symbol
// compiled here could be picked by the linker for code that runs on older processors.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "device/cpu/kernels/generic/table.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

/// The first n of eight ones (from 8 - n on) that masked loads and stores want.
const int32_t kMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

struct Avx2 {
  using Floats = __m256;
  using Ints = __m256i;
  static constexpr size_t kLanes = 8;

  // ---- Floats ----

  static Ints first(size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMasks + 8 - n));
  }
  static Floats zero() { return _mm256_setzero_ps(); }
  static Floats broadcast(float x) { return _mm256_set1_ps(x); }
  static Floats load(const float* p) { return _mm256_loadu_ps(p); }
  static Floats load_first(const float* p, size_t n) {
    return n >= kLanes ? load(p) : _mm256_maskload_ps(p, first(n));
  }
  static void store_first(float* p, Floats x, size_t n) {
    if (n >= kLanes) {
      _mm256_storeu_ps(p, x);
    } else {
      _mm256_maskstore_ps(p, first(n), x);
    }
  }
  /// x in the first n lanes, other in the rest.
  static Floats keep_first(Floats x, size_t n, Floats other) {
    return _mm256_blendv_ps(other, x, _mm256_castsi256_ps(first(n)));
  }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats divide(Floats a, Floats b) { return _mm256_div_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats maximum(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  static Floats minimum(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats round(Floats x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// x * 2^power for whole powers from -254 to 254, in two steps so that neither factor leaves
  /// the range of normal numbers.
  static Floats scale_by_power(Floats x, Floats power) {
    const Ints whole = _mm256_cvtps_epi32(power);
    const Ints half = _mm256_srai_epi32(whole, 1);
    return multiply(multiply(x, power_of_two(half)), power_of_two(_mm256_sub_epi32(whole, half)));
  }
  static Floats power_of_two(Ints power) {
    const Ints biased = _mm256_add_epi32(power, _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
  }
  static Floats convert(Ints x) { return _mm256_cvtepi32_ps(x); }
  static float first_lane(Floats x) { return _mm256_cvtss_f32(x); }
  static float sum_lanes(Floats x) {
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
  }
  static float largest_lane(Floats x) {
    __m128 most = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    most = _mm_max_ps(most, _mm_movehl_ps(most, most));
    return _mm_cvtss_f32(_mm_max_ss(most, _mm_movehdup_ps(most)));
  }
  static Floats add_pair(Floats a, Floats b) {
    return add(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  }
  /// In each 128 bits: lane i = sum of the four lanes of rows[i].
  static Floats sum_fours(const Floats* rows) {
    const Floats a = add_pair(rows[0], rows[1]);
    const Floats b = add_pair(rows[2], rows[3]);
    return add(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xee));
  }
  /// Lane i = sum of the lanes of rows[i].
  static Floats sum_each(const Floats (&rows)[kLanes]) {
    const Floats a = sum_fours(rows);
    const Floats b = sum_fours(rows + 4);
    return add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
  static constexpr size_t kFloatTokens = 3;

  // ---- Integers, and bytes of kLanes rows ----

  static void store(float* p, Floats x) { _mm256_storeu_ps(p, x); }
  static Ints zero_ints() { return _mm256_setzero_si256(); }
  static Ints load_ints(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  static void store_ints(void* p, Ints x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
  static Ints mask(Ints x, uint32_t bits) {
    return _mm256_and_si256(x, _mm256_set1_epi32(static_cast<int>(bits)));
  }
  static Ints either(Ints a, Ints b) { return _mm256_or_si256(a, b); }
  template <int kBits>
  static Ints shift_left(Ints x) {
    return _mm256_slli_epi32(x, kBits);
  }
  template <int kBits>
  static Ints shift_right(Ints x) {
    return _mm256_srli_epi32(x, kBits);
  }
  template <int kBits>
  static Ints shift_right_signed(Ints x) {
    return _mm256_srai_epi32(x, kBits);
  }
  static Ints subtract_ints(Ints x, int32_t y) { return _mm256_sub_epi32(x, _mm256_set1_epi32(y)); }
  static Ints broadcast_int(int32_t x) { return _mm256_set1_epi32(x); }
  /// x + 128 of each byte, as unsigned bytes.
  static Ints flip_signs(Ints x) {
    return _mm256_xor_si256(x, _mm256_set1_epi8(-128));
  }
  static Ints subtract_bytes(Ints x, int y) {
    return _mm256_sub_epi8(x, _mm256_set1_epi8(static_cast<char>(y)));
  }

  /// The half at the start of each row, as float.
  [[gnu::always_inline]] static Floats load_halves(const RowChunks& rows) {
    return _mm256_cvtph_ps(pack_rows<2>(rows, 0));
  }
  /// The low half of each lane, as float.
  static Floats low_halves(Ints x) {
    const Ints halves = mask(x, 0xffff);
    const Ints packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(halves, halves), 0x08);
    return _mm256_cvtph_ps(_mm256_castsi256_si128(packed));
  }
  /// The byte at the start of each row.
  static Ints load_bytes(const RowChunks& rows) {
    return _mm256_cvtepu16_epi32(pack_rows<1>(rows, 0));
  }
  /// Four rows: out[j] holds, in each 128 bits, quad j of these 128 bits of each row.
  [[gnu::always_inline]] static void transpose_quads(const Ints* rows, Ints* out) {
    const Ints a = _mm256_unpacklo_epi32(rows[0], rows[1]);
    const Ints b = _mm256_unpacklo_epi32(rows[2], rows[3]);
    const Ints c = _mm256_unpackhi_epi32(rows[0], rows[1]);
    const Ints d = _mm256_unpackhi_epi32(rows[2], rows[3]);
    out[0] = _mm256_unpacklo_epi64(a, b);
    out[1] = _mm256_unpackhi_epi64(a, b);
    out[2] = _mm256_unpacklo_epi64(c, d);
    out[3] = _mm256_unpackhi_epi64(c, d);
  }
  /// Four words at the start of each row: lane r of to[i] is word i of row r.
  [[gnu::always_inline]] static void load_columns(const RowChunks& rows, Ints* to) {
    Ints halves[4];  // in each 128 bits one row
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) halves[i] = load_two(rows[i], rows[i + 4]);
    transpose_quads(halves, to);
  }

  // ---- Integer products along the rows ----

  // A group of 32 bytes is two vectors of 16-bit numbers without a shuffle: the even bytes and the
  // odd ones. The activations are put in the same order once for all rows.

  static constexpr size_t kStepGroups = 1;

  struct Steps {
    alignas(32) int16_t even[kChunk / 2];
    alignas(32) int16_t odd[kChunk / 2];
  };
  template <bool kSigned>
  static void prepare_steps(const int16_t* q, size_t groups, Steps* steps) {
    for (size_t g = 0; g < groups; ++g) {
      const Ints a = load_ints(q + g * 32);
      const Ints b = load_ints(q + g * 32 + 16);
      const Ints even = _mm256_packus_epi32(mask(a, 0xffff), mask(b, 0xffff));
      const Ints odd = _mm256_packus_epi32(shift_right<16>(a), shift_right<16>(b));
      store_ints(steps->even + g * 16, _mm256_permute4x64_epi64(even, 0xd8));
      store_ints(steps->odd + g * 16, _mm256_permute4x64_epi64(odd, 0xd8));
    }
  }

  template <class Type, size_t kStep>
  [[gnu::always_inline]] static Ints load_weights(const uint8_t* chunk, size_t) {
    return Type::template group<kStep>(chunk);
  }
  static Ints low_halves_of(Ints a, Ints b) {
    return _mm256_permute2x128_si256(a, b, 0x20);
  }
  static Ints high_halves_of(Ints a, Ints b) {
    return _mm256_permute2x128_si256(a, b, 0x31);
  }

  /// Partial sums of one group: those of each half group are in its own 128 bits.
  template <bool kSigned>
  [[gnu::always_inline]] static Ints multiply_row(Ints weights, Ints even, Ints odd) {
    Ints even_weights;
    Ints odd_weights;
    if constexpr (kSigned) {
      even_weights = _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8);
      odd_weights = _mm256_srai_epi16(weights, 8);
    } else {
      even_weights = mask(weights, 0x00ff00ff);
      odd_weights = _mm256_srli_epi16(weights, 8);
    }
    return _mm256_add_epi32(_mm256_madd_epi16(even_weights, even),
                            _mm256_madd_epi16(odd_weights, odd));
  }

  /// In each 128 bits: lane i = part of the dot of row i.
  template <class Type>
  [[gnu::always_inline]] static Ints multiply_fours(const Ints (&weights)[4], const Steps& steps,
                                                    size_t step) {
    const Ints even = load_ints(steps.even + step * 16);
    const Ints odd = load_ints(steps.odd + step * 16);
    const Ints r0 = multiply_row<kIsSigned<Type>>(weights[0], even, odd);
    const Ints r1 = multiply_row<kIsSigned<Type>>(weights[1], even, odd);
    const Ints r2 = multiply_row<kIsSigned<Type>>(weights[2], even, odd);
    const Ints r3 = multiply_row<kIsSigned<Type>>(weights[3], even, odd);
    const Ints a = _mm256_add_epi32(_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
    const Ints b = _mm256_add_epi32(_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
  }

  /// The dots of the spans of one group; lane r is row r.
  template <bool kHalves>
  [[gnu::always_inline]] static void gather_fours(const Ints (&fours)[2], Ints* dots) {
    const Ints low = low_halves_of(fours[0], fours[1]);
    const Ints high = high_halves_of(fours[0], fours[1]);
    if constexpr (kHalves) {
      dots[0] = low;
      dots[1] = high;
    } else {
      dots[0] = _mm256_add_epi32(low, high);
    }
  }

  // ---- Integer products across the rows of a panel ----

  static constexpr size_t kTileTokens = 4;
  static constexpr bool kWideQuads = false;

  static Ints load_pairs(const int8_t* p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Ints broadcast_pair(const int16_t* p) {
    int32_t pair;
    memcpy(&pair, p, sizeof(pair));
    return _mm256_set1_epi32(pair);
  }
  static Ints multiply_pairs(Ints a, Ints b) { return _mm256_madd_epi16(a, b); }
  /// The sum written out because GCC 12 would multiply everything first, into memory, and then add.
  static Ints dot_pairs(Ints total, Ints a, Ints b) {
    const Ints products = _mm256_madd_epi16(a, b);
    __asm__("vpaddd %1, %0, %0" : "+x"(total) : "x"(products));
    return total;
  }

  /// Where the pairs of a half group begin: for each pair, kPairStride bytes apart, 8 rows times 2
  /// bytes, in the order in which interleave's transposition leaves the pairs of a group.
  static size_t pair_offset(size_t group, size_t half) {
    return group * 256 + half * 16;
  }
  static constexpr size_t kPairStride = 32;

  /// One group of 8 rows to the panel.
  [[gnu::always_inline]] static void interleave_pairs(const Ints (&rows)[kLanes], int8_t* to) {
    Ints s[8];
    Ints t[8];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      s[2 * i] = _mm256_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);
      s[2 * i + 1] = _mm256_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]);
    }
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      t[4 * i] = _mm256_unpacklo_epi32(s[4 * i], s[4 * i + 2]);
      t[4 * i + 1] = _mm256_unpackhi_epi32(s[4 * i], s[4 * i + 2]);
      t[4 * i + 2] = _mm256_unpacklo_epi32(s[4 * i + 1], s[4 * i + 3]);
      t[4 * i + 3] = _mm256_unpackhi_epi32(s[4 * i + 1], s[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      store_ints(to + i * 64, _mm256_unpacklo_epi64(t[i], t[i + 4]));
      store_ints(to + i * 64 + 32, _mm256_unpackhi_epi64(t[i], t[i + 4]));
    }
  }

  // ---- The same for bytes ----

  static Ints broadcast_quad(const int8_t* p) {
    int32_t quad;
    memcpy(&quad, p, sizeof(quad));
    return _mm256_set1_epi32(quad);
  }
  /// a unsigned, b signed: sums of two products each, in 16 bits.
  static Ints multiply_quads(Ints a, Ints b) { return _mm256_maddubs_epi16(a, b); }
  /// Written out for the reason given at dot_pairs.
  static Ints add_words(Ints a, Ints b) {
    __asm__("vpaddw %1, %0, %0" : "+x"(a) : "x"(b));
    return a;
  }
  static Ints multiply_word_pairs(Ints words) {
    return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
  }
  static Ints add_word_pairs(Ints total, Ints words) {
    return dot_pairs(total, words, _mm256_set1_epi16(1));
  }

  /// Where the quads of a half group begin: for each quad 8 rows times 4 bytes.
  static size_t quad_offset(size_t group, size_t half) { return group * 256 + half * 128; }
  static constexpr size_t kQuadStride = 32;

  /// One group of 8 rows to the panel.
  [[gnu::always_inline]] static void interleave_quads(const Ints (&rows)[kLanes], int8_t* to) {
    Ints a[4];
    Ints b[4];
    transpose_quads(rows, a);
    transpose_quads(rows + 4, b);
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
      store_ints(to + j * 32, low_halves_of(a[j], b[j]));
      store_ints(to + j * 32 + 128, high_halves_of(a[j], b[j]));
    }
  }
};

}  // namespace

extern const struct Kernels sluice_avx2_kernels;
constexpr Kernels sluice_avx2_kernels = make_table<Avx2>("avx2");

}  // namespace sluice
