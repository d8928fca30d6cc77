// The table for AVX-512 with VNNI: 16 lanes. This file holds the vocabulary; the algorithms are in
// generic/. Everything but the table is in anonymous namespaces: a shared (weak) symbol compiled
// here could be picked by the linker for code that runs on older processors.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "device/cpu/kernels/generic/table.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

struct Avx512 {
  using Floats = __m512;
  using Ints = __m512i;
  static constexpr size_t kLanes = 16;

  // ---- Floats ----

  static __mmask16 first(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats broadcast(float x) { return _mm512_set1_ps(x); }
  static Floats load(const float* p) { return _mm512_loadu_ps(p); }
  static Floats load_first(const float* p, size_t n) {
    return _mm512_maskz_loadu_ps(first(n), p);
  }
  static void store_first(float* p, Floats x, size_t n) {
    _mm512_mask_storeu_ps(p, first(n), x);
  }
  /// x in the first n lanes, other in the rest.
  static Floats keep_first(Floats x, size_t n, Floats other) {
    return _mm512_mask_mov_ps(other, first(n), x);
  }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats divide(Floats a, Floats b) { return _mm512_div_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats maximum(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats minimum(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats round(Floats x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Floats scale_by_power(Floats x, Floats power) { return _mm512_scalef_ps(x, power); }
  static Floats convert(Ints x) { return _mm512_cvtepi32_ps(x); }
  static float first_lane(Floats x) { return _mm512_cvtss_f32(x); }
  static float sum_lanes(Floats x) { return _mm512_reduce_add_ps(x); }
  static float largest_lane(Floats x) { return _mm512_reduce_max_ps(x); }

  /// In each 128 bits: lane i = sum of the four lanes of rows[i].
  static Floats sum_fours(const Floats* rows) {
    const Floats a = add(_mm512_unpacklo_ps(rows[0], rows[1]), _mm512_unpackhi_ps(rows[0], rows[1]));
    const Floats b = add(_mm512_unpacklo_ps(rows[2], rows[3]), _mm512_unpackhi_ps(rows[2], rows[3]));
    return add(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
  }
  static Floats fold(Floats a, Floats b) {
    return add(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  }
  /// Lane i = sum of the lanes of rows[i].
  static Floats sum_each(const Floats (&rows)[kLanes]) {
    return fold(fold(sum_fours(rows), sum_fours(rows + 4)),
                fold(sum_fours(rows + 8), sum_fours(rows + 12)));
  }
  static constexpr size_t kFloatTokens = 6;

  // ---- Integer products along the rows ----
  // q = 256 * high + low with a signed high and an unsigned low byte, so that bytes can be
  // multiplied with bytes four at a time. One operand of that instruction is unsigned: for the
  // high bytes it is weight + 128, and 128 * sum(high) is taken off by the start value.

  static constexpr size_t kRowTokens = 3;
  static constexpr size_t kStepGroups = 2;  // 64 weights of a row fill a register

  struct Steps {
    Ints low[kChunk / 64];
    Ints high[kChunk / 64];
    Ints start[kChunk / 64];
  };

  static void prepare_steps(const int16_t* q, size_t groups, Steps* steps) {
    for (size_t g = 0; g < groups; g += 2) {
      const Ints a = _mm512_loadu_si512(q + g * 32);
      const Ints b = g + 1 < groups ? _mm512_loadu_si512(q + g * 32 + 32) : zero_ints();
      const Ints low = join(_mm512_cvtepi16_epi8(a), _mm512_cvtepi16_epi8(b));
      const Ints high = join(_mm512_cvtepi16_epi8(_mm512_srli_epi16(a, 8)),
                             _mm512_cvtepi16_epi8(_mm512_srli_epi16(b, 8)));
      const Ints excess = _mm512_dpbusd_epi32(zero_ints(), _mm512_set1_epi8(-128), high);
      steps->low[g / 2] = low;
      steps->high[g / 2] = high;
      steps->start[g / 2] = _mm512_sub_epi32(zero_ints(), excess);
    }
  }
  static Ints join(__m256i low, __m256i high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

  static Ints row_products(const int8_t* row, const Steps& steps, size_t step) {
    const Ints weights = _mm512_loadu_si512(row + step * 64);
    const Ints shifted = _mm512_xor_si512(weights, _mm512_set1_epi8(-128));
    const Ints high = _mm512_dpbusd_epi32(steps.start[step], shifted, steps.high[step]);
    return _mm512_dpbusd_epi32(_mm512_slli_epi32(high, 8), steps.low[step], weights);
  }
  static Ints sum_fours(Ints r0, Ints r1, Ints r2, Ints r3) {
    const Ints a = _mm512_add_epi32(_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
    const Ints b = _mm512_add_epi32(_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
  }
  static Ints even_quarters(Ints a, Ints b) { return _mm512_shuffle_i32x4(a, b, 0x88); }
  static Ints odd_quarters(Ints a, Ints b) { return _mm512_shuffle_i32x4(a, b, 0xdd); }

  /// The dots of the spans of two groups; lane r is row r.
  template <bool kHalves>
  static void dot_step(const int8_t (*rows)[kChunk], const Steps& steps, size_t group,
                       Ints* dots) {
    Ints fours[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      const int8_t(*four)[kChunk] = rows + 4 * i;
      fours[i] = sum_fours(
          row_products(four[0], steps, group / 2), row_products(four[1], steps, group / 2),
          row_products(four[2], steps, group / 2), row_products(four[3], steps, group / 2));
    }
    const Ints even_a = even_quarters(fours[0], fours[1]);
    const Ints even_b = even_quarters(fours[2], fours[3]);
    const Ints odd_a = odd_quarters(fours[0], fours[1]);
    const Ints odd_b = odd_quarters(fours[2], fours[3]);
    if constexpr (kHalves) {
      dots[0] = even_quarters(even_a, even_b);
      dots[1] = even_quarters(odd_a, odd_b);
      dots[2] = odd_quarters(even_a, even_b);
      dots[3] = odd_quarters(odd_a, odd_b);
    } else {
      const Ints a = _mm512_add_epi32(even_a, odd_a);
      const Ints b = _mm512_add_epi32(even_b, odd_b);
      dots[0] = even_quarters(a, b);
      dots[1] = odd_quarters(a, b);
    }
  }

  // ---- Integer products across the rows of a panel ----

  static constexpr size_t kTileTokens = 8;

  static Ints zero_ints() { return _mm512_setzero_si512(); }
  static Ints load_pairs(const int8_t* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Ints broadcast_pair(const int16_t* p) {
    int32_t pair;
    memcpy(&pair, p, sizeof(pair));
    return _mm512_set1_epi32(pair);
  }
  static Ints dot_pairs(Ints total, Ints a, Ints b) { return _mm512_dpwssd_epi32(total, a, b); }

  /// Where pair `pair` (0..7) of a half group lies: 16 rows times 2 bytes. The order is the one in
  /// which interleave's transposition leaves the pairs of two groups.
  static size_t panel_offset(size_t group, size_t half, size_t pair) {
    return group / 2 * 1024 + pair * 128 + (group % 2 * 2 + half) * 32;
  }

  /// Eight rows of 64 bytes: out[u] holds, in each 128 bits, pair u of rows 0..7.
  static void transpose_pairs(const int8_t (*rows)[kChunk], size_t at, Ints* out) {
    Ints s[8];
    Ints t[8];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      const Ints a = _mm512_loadu_si512(rows[2 * i] + at);
      const Ints b = _mm512_loadu_si512(rows[2 * i + 1] + at);
      s[2 * i] = _mm512_unpacklo_epi16(a, b);
      s[2 * i + 1] = _mm512_unpackhi_epi16(a, b);
    }
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      t[4 * i] = _mm512_unpacklo_epi32(s[4 * i], s[4 * i + 2]);
      t[4 * i + 1] = _mm512_unpackhi_epi32(s[4 * i], s[4 * i + 2]);
      t[4 * i + 2] = _mm512_unpacklo_epi32(s[4 * i + 1], s[4 * i + 3]);
      t[4 * i + 3] = _mm512_unpackhi_epi32(s[4 * i + 1], s[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      out[2 * i] = _mm512_unpacklo_epi64(t[i], t[i + 4]);
      out[2 * i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 4]);
    }
  }

  static void interleave(const int8_t (*rows)[kChunk], size_t groups, int8_t* panel) {
    const Ints low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const Ints high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    for (size_t g = 0; g < groups; g += 2) {
      Ints a[8];
      Ints b[8];
      transpose_pairs(rows, g * 32, a);
      transpose_pairs(rows + 8, g * 32, b);
#pragma GCC unroll 8
      for (size_t u = 0; u < 8; ++u) {
        int8_t* to = panel + panel_offset(g, 0, u);
        _mm512_storeu_si512(to, _mm512_permutex2var_epi64(a[u], low, b[u]));
        _mm512_storeu_si512(to + 64, _mm512_permutex2var_epi64(a[u], high, b[u]));
      }
    }
  }
};

}  // namespace

extern const struct Kernels sluice_avx512_kernels;
constexpr Kernels sluice_avx512_kernels = make_table<Avx512>("avx512");

}  // namespace sluice
