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
  static Floats load_first(const float* p, size_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store_first(float* p, Floats x, size_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
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

  static Floats add_pair(Floats a, Floats b) {
    return add(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  }
  /// In each 128 bits: lane i = sum of the four lanes of rows[i].
  static Floats sum_fours(const Floats* rows) {
    const Floats a = add_pair(rows[0], rows[1]);
    const Floats b = add_pair(rows[2], rows[3]);
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

  // ---- Integers, and bytes of kLanes rows ----

  static void store(float* p, Floats x) { _mm512_storeu_ps(p, x); }
  static Ints zero_ints() { return _mm512_setzero_si512(); }
  static Ints mask(Ints x, uint32_t bits) {
    return _mm512_and_si512(x, _mm512_set1_epi32(static_cast<int>(bits)));
  }
  static Ints either(Ints a, Ints b) { return _mm512_or_si512(a, b); }
  template <unsigned kBits>
  static Ints shift_left(Ints x) {
    return _mm512_slli_epi32(x, kBits);
  }
  template <unsigned kBits>
  static Ints shift_right(Ints x) {
    return _mm512_srli_epi32(x, kBits);
  }
  template <unsigned kBits>
  static Ints shift_right_signed(Ints x) {
    return _mm512_srai_epi32(x, kBits);
  }
  static Ints subtract_ints(Ints x, int32_t y) { return _mm512_sub_epi32(x, _mm512_set1_epi32(y)); }
  static Ints subtract_bytes(Ints x, int y) {
    return _mm512_sub_epi8(x, _mm512_set1_epi8(static_cast<char>(y)));
  }
  static Ints load_ints(const void* p) { return _mm512_loadu_si512(p); }
  static Ints broadcast_int(int32_t x) { return _mm512_set1_epi32(x); }
  /// x + 128 of each byte, as unsigned bytes.
  static Ints flip_signs(Ints x) { return _mm512_xor_si512(x, _mm512_set1_epi8(-128)); }
  static Ints join(__m256i low, __m256i high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

  /// The half at the start of each row, as float.
  [[gnu::always_inline]] static Floats load_halves(const RowChunks& rows) {
    return _mm512_cvtph_ps(_mm256_set_m128i(pack_rows<2>(rows, 8), pack_rows<2>(rows, 0)));
  }
  /// The low half of each lane, as float.
  static Floats low_halves(Ints x) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x)); }
  /// The byte at the start of each row.
  static Ints load_bytes(const RowChunks& rows) {
    return _mm512_cvtepu16_epi32(_mm256_set_m128i(pack_rows<1>(rows, 8), pack_rows<1>(rows, 0)));
  }
  /// Four rows: out[j] holds, in each 128 bits, quad j of these 128 bits of each row.
  [[gnu::always_inline]] static void transpose_quads(const Ints* rows, Ints* out) {
    const Ints a = _mm512_unpacklo_epi32(rows[0], rows[1]);
    const Ints b = _mm512_unpacklo_epi32(rows[2], rows[3]);
    const Ints c = _mm512_unpackhi_epi32(rows[0], rows[1]);
    const Ints d = _mm512_unpackhi_epi32(rows[2], rows[3]);
    out[0] = _mm512_unpacklo_epi64(a, b);
    out[1] = _mm512_unpackhi_epi64(a, b);
    out[2] = _mm512_unpacklo_epi64(c, d);
    out[3] = _mm512_unpackhi_epi64(c, d);
  }

  /// Four words at the start of each row: lane r of to[i] is word i of row r.
  [[gnu::always_inline]] static void load_columns(const RowChunks& rows, Ints* to) {
    Ints quarters[4];  // in each 128 bits one row
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      quarters[i] = join(load_two(rows[i], rows[i + 4]), load_two(rows[i + 8], rows[i + 12]));
    }
    transpose_quads(quarters, to);
  }

  // ---- Integer products along the rows ----
  // q = 256 * high + low with a signed high and an unsigned low byte, so that bytes can be
  // multiplied with bytes four at a time. One operand of that instruction is unsigned and the
  // other signed. Weights of 0..127 are both; others become weight + 128 for the high bytes, and
  // the start value takes 128 * sum(high) off.

  static constexpr size_t kStepGroups = 2;  // 64 weights of a row fill a register

  struct Steps {
    Ints low[kChunk / 64];
    Ints high[kChunk / 64];
    Ints start[kChunk / 64];
  };

  template <bool kSigned>
  static void prepare_steps(const int16_t* q, size_t groups, Steps* steps) {
    for (size_t g = 0; g < groups; g += 2) {
      const Ints a = _mm512_loadu_si512(q + g * 32);
      const Ints b = g + 1 < groups ? _mm512_loadu_si512(q + g * 32 + 32) : zero_ints();
      const Ints high = join(_mm512_cvtepi16_epi8(_mm512_srli_epi16(a, 8)),
                             _mm512_cvtepi16_epi8(_mm512_srli_epi16(b, 8)));
      steps->low[g / 2] = join(_mm512_cvtepi16_epi8(a), _mm512_cvtepi16_epi8(b));
      steps->high[g / 2] = high;
      if constexpr (kSigned) {
        const Ints excess = _mm512_dpbusd_epi32(zero_ints(), _mm512_set1_epi8(-128), high);
        steps->start[g / 2] = _mm512_sub_epi32(zero_ints(), excess);
      }
    }
  }

  /// The weights of two groups of a row, zeros for a second one that is not there.
  template <class Type, size_t kStep>
  [[gnu::always_inline]] static Ints load_weights(const uint8_t* chunk, size_t groups) {
    const __m256i first = Type::template group<2 * kStep>(chunk);
    if (Type::kColumns < kChunk && groups == 2 * kStep + 1) {
      return join(first, _mm256_setzero_si256());
    }
    return join(first, Type::template group<2 * kStep + 1>(chunk));
  }

  template <bool kSigned>
  [[gnu::always_inline]] static Ints multiply_row(Ints weights, const Steps& steps, size_t step) {
    Ints high;
    if constexpr (kSigned) {
      const Ints shifted = _mm512_xor_si512(weights, _mm512_set1_epi8(-128));
      high = _mm512_dpbusd_epi32(steps.start[step], shifted, steps.high[step]);
    } else {
      high = _mm512_dpbusd_epi32(zero_ints(), weights, steps.high[step]);
    }
    return _mm512_dpbusd_epi32(_mm512_slli_epi32(high, 8), steps.low[step], weights);
  }

  /// In each 128 bits (half a group): lane i = the dot of row i.
  template <class Type>
  [[gnu::always_inline]] static Ints multiply_fours(const Ints (&weights)[4], const Steps& steps,
                                                    size_t step) {
    const Ints r0 = multiply_row<kIsSigned<Type>>(weights[0], steps, step);
    const Ints r1 = multiply_row<kIsSigned<Type>>(weights[1], steps, step);
    const Ints r2 = multiply_row<kIsSigned<Type>>(weights[2], steps, step);
    const Ints r3 = multiply_row<kIsSigned<Type>>(weights[3], steps, step);
    const Ints a = _mm512_add_epi32(_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
    const Ints b = _mm512_add_epi32(_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
  }
  static Ints even_quarters(Ints a, Ints b) {
    return _mm512_shuffle_i32x4(a, b, 0x88);
  }
  static Ints odd_quarters(Ints a, Ints b) {
    return _mm512_shuffle_i32x4(a, b, 0xdd);
  }

  /// The dots of the spans of two groups; lane r is row r.
  template <bool kHalves>
  [[gnu::always_inline]] static void gather_fours(const Ints (&fours)[4], Ints* dots) {
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

  static constexpr size_t kTileTokens = 6;
  static constexpr bool kWideQuads = true;

  static Ints load_pairs(const int8_t* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Ints broadcast_pair(const int16_t* p) {
    int32_t pair;
    memcpy(&pair, p, sizeof(pair));
    return _mm512_set1_epi32(pair);
  }
  static Ints multiply_pairs(Ints a, Ints b) { return _mm512_madd_epi16(a, b); }
  /// Written out because GCC 12 copies its totals around the intrinsic, into memory too.
  static Ints dot_pairs(Ints total, Ints a, Ints b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(total) : "v"(a), "v"(b));
    return total;
  }

  /// Where the pairs of a half group begin: for each pair, kPairStride bytes apart, 16 rows times 2
  /// bytes, in the order in which interleave's transposition leaves the pairs of two groups.
  static size_t pair_offset(size_t group, size_t half) {
    return group / 2 * 1024 + (group % 2 * 2 + half) * 32;
  }
  static constexpr size_t kPairStride = 128;

  /// Eight rows of 64 bytes: out[u] holds, in each 128 bits, pair u of rows 0..7.
  [[gnu::always_inline]] static void transpose_pairs(const Ints* rows, Ints* out) {
    Ints s[8];
    Ints t[8];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      s[2 * i] = _mm512_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);
      s[2 * i + 1] = _mm512_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]);
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

  /// Two groups of 16 rows to the panel.
  [[gnu::always_inline]] static void interleave_pairs(const Ints (&rows)[kLanes], int8_t* to) {
    const Ints low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const Ints high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    Ints a[8];
    Ints b[8];
    transpose_pairs(rows, a);
    transpose_pairs(rows + 8, b);
#pragma GCC unroll 8
    for (size_t u = 0; u < 8; ++u) {
      _mm512_storeu_si512(to + u * 128, _mm512_permutex2var_epi64(a[u], low, b[u]));
      _mm512_storeu_si512(to + u * 128 + 64, _mm512_permutex2var_epi64(a[u], high, b[u]));
    }
  }

  // ---- The same for bytes ----

  static Ints broadcast_quad(const int8_t* p) {
    int32_t quad;
    memcpy(&quad, p, sizeof(quad));
    return _mm512_set1_epi32(quad);
  }
  /// a unsigned, b signed. Written out for the reason given at dot_pairs.
  static Ints dot_quads(Ints total, Ints a, Ints b) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(total) : "v"(a), "v"(b));
    return total;
  }

  /// Where the quads of a half group begin: for each quad 16 rows times 4 bytes.
  static size_t quad_offset(size_t group, size_t half) {
    return group / 2 * 1024 + (group % 2 * 2 + half) * 256;
  }
  static constexpr size_t kQuadStride = 64;

  /// Two groups of 16 rows to the panel.
  [[gnu::always_inline]] static void interleave_quads(const Ints (&rows)[kLanes], int8_t* to) {
    Ints t[4][4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) transpose_quads(rows + 4 * i, t[i]);
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
      const Ints low_a = _mm512_shuffle_i32x4(t[0][j], t[1][j], 0x44);
      const Ints low_b = _mm512_shuffle_i32x4(t[2][j], t[3][j], 0x44);
      const Ints high_a = _mm512_shuffle_i32x4(t[0][j], t[1][j], 0xee);
      const Ints high_b = _mm512_shuffle_i32x4(t[2][j], t[3][j], 0xee);
      _mm512_storeu_si512(to + j * 64, even_quarters(low_a, low_b));
      _mm512_storeu_si512(to + j * 64 + 256, odd_quarters(low_a, low_b));
      _mm512_storeu_si512(to + j * 64 + 512, even_quarters(high_a, high_b));
      _mm512_storeu_si512(to + j * 64 + 768, odd_quarters(high_a, high_b));
    }
  }
};

}  // namespace

extern const struct Kernels sluice_avx512_kernels;
constexpr Kernels sluice_avx512_kernels = make_table<Avx512>("avx512");

}  // namespace sluice
