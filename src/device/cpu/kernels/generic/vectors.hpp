// Kernels on plain vectors of floats, over the vocabulary V of avx2.cpp and avx512.cpp. Sums go
// into a fixed number of vectors in index order, so they depend on the data and n only.
#pragma once

#include <immintrin.h>

#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

const float kInfinity = __builtin_inff();

/// Calls `step(first, count)` for each vector: count is kLanes, less for the last one.
template <class V, class Step>
inline void for_vectors(size_t n, Step step) {
  size_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) step(i, V::kLanes);
  if (i < n) step(i, n - i);
}

/// e^x within 2 units in the last place; subnormal, zero and infinite results too; NaN stays NaN.
/// x = k ln 2 + r with |r| <= ln 2 / 2, then a polynomial for e^r (Cephes, expf.c).
template <class V>
inline typename V::Floats exponential(typename V::Floats x) {
  using Floats = typename V::Floats;
  // With the bound as first operand, both operations return a NaN in x.
  x = V::minimum(V::broadcast(89.0f), V::maximum(V::broadcast(-104.0f), x));
  const Floats k = V::round(V::multiply(x, V::broadcast(1.44269504088896341f)));
  Floats r = V::multiply_add(k, V::broadcast(-0.693359375f), x);
  r = V::multiply_add(k, V::broadcast(2.12194440e-4f), r);
  Floats p = V::broadcast(1.9875691500e-4f);
  p = V::multiply_add(p, r, V::broadcast(1.3981999507e-3f));
  p = V::multiply_add(p, r, V::broadcast(8.3334519073e-3f));
  p = V::multiply_add(p, r, V::broadcast(4.1665795894e-2f));
  p = V::multiply_add(p, r, V::broadcast(1.6666665459e-1f));
  p = V::multiply_add(p, r, V::broadcast(5.0000001201e-1f));
  const Floats linear = V::add(r, V::broadcast(1.0f));
  return V::scale_by_power(V::multiply_add(p, V::multiply(r, r), linear), k);
}

template <class V>
void rms_norm(const float* x, const float* weight, size_t n, float eps, float* out) {
  typename V::Floats squares[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats value = V::load_first(x + i, count);
    const size_t which = i / V::kLanes % 4;
    squares[which] = V::multiply_add(value, value, squares[which]);
  });
  const float sum =
      V::sum_lanes(V::add(V::add(squares[0], squares[1]), V::add(squares[2], squares[3])));
  const float mean = sum / static_cast<float>(n) + eps;
  const float root = _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(mean)));
  const typename V::Floats factor = V::broadcast(1.0f / root);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    typename V::Floats value = V::multiply(V::load_first(x + i, count), factor);
    if (weight != nullptr) value = V::multiply(value, V::load_first(weight + i, count));
    V::store_first(out + i, value, count);
  });
}

template <class V>
void silu_multiply(const float* gate, const float* up, size_t n, float* out) {
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats z = V::load_first(gate + i, count);
    const typename V::Floats power = exponential<V>(V::subtract(V::zero(), z));
    const typename V::Floats silu = V::divide(z, V::add(V::broadcast(1.0f), power));
    V::store_first(out + i, V::multiply(silu, V::load_first(up + i, count)), count);
  });
}

template <class V>
void gelu_multiply(const float* gate, const float* up, size_t n, float* out) {
  const typename V::Floats one = V::broadcast(1.0f);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats z = V::load_first(gate + i, count);
    // 2 u = z * 2 sqrt(2 / pi) * (1 + 0.044715 z^2)
    const typename V::Floats bend =
        V::multiply_add(V::multiply(z, z), V::broadcast(0.044715f), one);
    const typename V::Floats twice = V::multiply(V::multiply(z, V::broadcast(1.5957691216f)), bend);
    const typename V::Floats power = exponential<V>(V::subtract(V::zero(), twice));
    const typename V::Floats gelu = V::divide(z, V::add(one, power));
    V::store_first(out + i, V::multiply(gelu, V::load_first(up + i, count)), count);
  });
}

template <class V>
void add_scaled(float* out, const float* x, float factor, size_t n) {
  const typename V::Floats scale = V::broadcast(factor);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats value = V::load_first(x + i, count);
    V::store_first(out + i, V::multiply_add(scale, value, V::load_first(out + i, count)), count);
  });
}

/// The largest of n values and `largest`.
template <class V>
inline float largest_of(const float* x, size_t n, float largest) {
  typename V::Floats most = V::broadcast(largest);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats value = V::load_first(x + i, count);
    most = V::maximum(most, V::keep_first(value, count, most));
  });
  return V::largest_lane(most);
}

/// In place exp(x - largest); returns the sum.
template <class V>
inline float exponentiate(float* x, size_t n, float largest) {
  typename V::Floats sums[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
  const typename V::Floats subtrahend = V::broadcast(largest);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    const typename V::Floats value = V::load_first(x + i, count);
    const typename V::Floats power = exponential<V>(V::subtract(value, subtrahend));
    V::store_first(x + i, power, count);
    const size_t which = i / V::kLanes % 4;
    sums[which] = V::add(sums[which], V::keep_first(power, count, V::zero()));
  });
  return V::sum_lanes(V::add(V::add(sums[0], sums[1]), V::add(sums[2], sums[3])));
}

template <class V>
inline void multiply_all(float* x, size_t n, float factor) {
  const typename V::Floats scale = V::broadcast(factor);
  for_vectors<V>(n, [&](size_t i, size_t count) {
    V::store_first(x + i, V::multiply(V::load_first(x + i, count), scale), count);
  });
}

template <class V>
void softmax(float* x, size_t n) {
  const float sum = exponentiate<V>(x, n, largest_of<V>(x, n, -kInfinity));
  multiply_all<V>(x, n, 1.0f / sum);
}

// ---- Below, 256 bits in every table: these are never the limit ----

inline __m256i absolute_bits(const float* x) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  return _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
}

inline int32_t sum_of_lanes(__m256i v) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}

/// Absolute bit patterns order like the values, with NaN on top, so an integer maximum keeps NaN.
inline uint32_t largest_bits(const float* x) {
  const __m256i most =
      _mm256_max_epu32(_mm256_max_epu32(absolute_bits(x), absolute_bits(x + 8)),
                       _mm256_max_epu32(absolute_bits(x + 16), absolute_bits(x + 24)));
  __m128i half = _mm_max_epu32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
  half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0xb1));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(half));
}

inline void quantise_group(const float* x, float limit, int16_t* q, float* scale, int32_t* sums) {
  const uint32_t bits = largest_bits(x);
  float largest;
  memcpy(&largest, &bits, sizeof(largest));
  const bool finite = bits < 0x7f800000u;
  const float wanted = largest / limit;
  // A subnormal scale has no usable inverse: such a group counts as zero (as in scalar.cpp).
  const bool usable = finite && wanted >= 1.17549435e-38f;
  *scale = usable ? wanted : (finite ? 0.0f : __builtin_nanf(""));
  const __m256 inverse = _mm256_set1_ps(usable ? 1.0f / wanted : 0.0f);
  const __m256i keep = _mm256_set1_epi32(usable ? -1 : 0);
  __m256i whole[4];
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), inverse);
    whole[i] = _mm256_and_si256(_mm256_cvtps_epi32(scaled), keep);
  }
#pragma GCC unroll 2
  for (size_t i = 0; i < 2; ++i) {
    const __m256i packed = _mm256_packs_epi32(whole[2 * i], whole[2 * i + 1]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + 16 * i),
                        _mm256_permute4x64_epi64(packed, 0xd8));
    sums[i] = sum_of_lanes(_mm256_add_epi32(whole[2 * i], whole[2 * i + 1]));
  }
}

inline void quantise(const float* x, size_t columns, int16_t* q, float* scale, int32_t* sums) {
  for (size_t group = 0; group < columns / kActivationGroup; ++group) {
    const size_t first = group * kActivationGroup;
    quantise_group(x + first, 32767, q + first, scale + group, sums + 2 * group);
  }
}

inline void quantise_bytes(const float* x, size_t columns, int16_t* q, int8_t* bytes, float* scale,
                           int32_t* sums) {
  for (size_t group = 0; group < columns / kActivationGroup; ++group) {
    const size_t first = group * kActivationGroup;
    quantise_group(x + first, 127, q + first, scale + group, sums + 2 * group);
    const auto* words = reinterpret_cast<const __m256i*>(q + first);
    const __m256i packed =
        _mm256_packs_epi16(_mm256_loadu_si256(words), _mm256_loadu_si256(words + 1));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes + first),
                        _mm256_permute4x64_epi64(packed, 0xd8));
  }
}

inline int all_finite(const float* x, size_t n) {
  const __m256i largest = _mm256_set1_epi32(0x7f7fffff);
  __m256i bad = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(absolute_bits(x + i), largest));
  }
  float rest[8] = {};
  if (i < n) memcpy(rest, x + i, (n - i) * sizeof(float));
  bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(absolute_bits(rest), largest));
  return _mm256_testz_si256(bad, bad);
}

}  // namespace
}  // namespace sluice
