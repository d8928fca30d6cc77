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
  /// In each 128 bits: lane i = sum of the four lanes of rows[i].
  static Floats sum_fours(const Floats* rows) {
    const Floats a = add(_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[0], rows[1]));
    const Floats b = add(_mm256_unpacklo_ps(rows[2], rows[3]), _mm256_unpackhi_ps(rows[2], rows[3]));
    return add(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xee));
  }
  /// Lane i = sum of the lanes of rows[i].
  static Floats sum_each(const Floats (&rows)[kLanes]) {
    const Floats a = sum_fours(rows);
    const Floats b = sum_fours(rows + 4);
    return add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
  static constexpr size_t kFloatTokens = 3;

  // ---- Integer products along the rows ----

  static constexpr size_t kRowTokens = 3;
  static constexpr size_t kStepGroups = 1;

  struct Steps {
    const int16_t* q;
  };
  static void prepare_steps(const int16_t* q, size_t, Steps* steps) { steps->q = q; }

  static Ints low_halves(Ints a, Ints b) { return _mm256_permute2x128_si256(a, b, 0x20); }
  static Ints high_halves(Ints a, Ints b) { return _mm256_permute2x128_si256(a, b, 0x31); }

  /// Partial sums of one group: anywhere, or those of each half group in its own 128 bits.
  template <bool kHalves>
  static Ints row_products(const int8_t* row, const int16_t* q) {
    const Ints a = dot_pairs(zero_ints(), load_pairs(row), load_ints(q));
    if constexpr (!kHalves) return dot_pairs(a, load_pairs(row + 16), load_ints(q + 16));
    const Ints b = dot_pairs(zero_ints(), load_pairs(row + 16), load_ints(q + 16));
    return _mm256_add_epi32(low_halves(a, b), high_halves(a, b));
  }
  static Ints load_ints(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  template <bool kHalves>
  static Ints four_rows(const int8_t (*rows)[kChunk], const int16_t* q, size_t at) {
    const Ints r0 = row_products<kHalves>(rows[0] + at, q + at);
    const Ints r1 = row_products<kHalves>(rows[1] + at, q + at);
    const Ints r2 = row_products<kHalves>(rows[2] + at, q + at);
    const Ints r3 = row_products<kHalves>(rows[3] + at, q + at);
    const Ints a = _mm256_add_epi32(_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
    const Ints b = _mm256_add_epi32(_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
  }

  /// The dots of the spans of one group; lane r is row r.
  template <bool kHalves>
  static void dot_step(const int8_t (*rows)[kChunk], const Steps& steps, size_t group,
                       Ints* dots) {
    const Ints a = four_rows<kHalves>(rows, steps.q, group * 32);
    const Ints b = four_rows<kHalves>(rows + 4, steps.q, group * 32);
    if constexpr (kHalves) {
      dots[0] = low_halves(a, b);
      dots[1] = high_halves(a, b);
    } else {
      dots[0] = _mm256_add_epi32(low_halves(a, b), high_halves(a, b));
    }
  }

  // ---- Integer products across the rows of a panel ----

  static constexpr size_t kTileTokens = 4;

  static Ints zero_ints() { return _mm256_setzero_si256(); }
  static Ints load_pairs(const int8_t* p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Ints broadcast_pair(const int16_t* p) {
    int32_t pair;
    memcpy(&pair, p, sizeof(pair));
    return _mm256_set1_epi32(pair);
  }
  static Ints dot_pairs(Ints total, Ints a, Ints b) {
    return _mm256_add_epi32(total, _mm256_madd_epi16(a, b));
  }

  /// Where pair `pair` (0..7) of a half group lies: 8 rows times 2 bytes. The order is the one in
  /// which interleave's transposition leaves the pairs of a group.
  static size_t panel_offset(size_t group, size_t half, size_t pair) {
    return group * 256 + pair * 32 + half * 16;
  }

  static void interleave(const int8_t (*rows)[kChunk], size_t groups, int8_t* panel) {
    for (size_t g = 0; g < groups; ++g) {
      Ints s[8];
      Ints t[8];
#pragma GCC unroll 4
      for (size_t i = 0; i < 4; ++i) {
        const Ints a = load_ints(rows[2 * i] + g * 32);
        const Ints b = load_ints(rows[2 * i + 1] + g * 32);
        s[2 * i] = _mm256_unpacklo_epi16(a, b);
        s[2 * i + 1] = _mm256_unpackhi_epi16(a, b);
      }
#pragma GCC unroll 2
      for (size_t i = 0; i < 2; ++i) {
        t[4 * i] = _mm256_unpacklo_epi32(s[4 * i], s[4 * i + 2]);
        t[4 * i + 1] = _mm256_unpackhi_epi32(s[4 * i], s[4 * i + 2]);
        t[4 * i + 2] = _mm256_unpacklo_epi32(s[4 * i + 1], s[4 * i + 3]);
        t[4 * i + 3] = _mm256_unpackhi_epi32(s[4 * i + 1], s[4 * i + 3]);
      }
      int8_t* to = panel + panel_offset(g, 0, 0);
#pragma GCC unroll 4
      for (size_t i = 0; i < 4; ++i) {
        store_ints(to + i * 64, _mm256_unpacklo_epi64(t[i], t[i + 4]));
        store_ints(to + i * 64 + 32, _mm256_unpackhi_epi64(t[i], t[i + 4]));
      }
    }
  }
  static void store_ints(int8_t* p, Ints x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
};

}  // namespace

extern const struct Kernels sluice_avx2_kernels;
constexpr Kernels sluice_avx2_kernels = make_table<Avx2>("avx2");

}  // namespace sluice
