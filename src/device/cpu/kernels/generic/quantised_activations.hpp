// What both ways of quantised_matmul.hpp need: a token's quantised activations and their sums, and
// where weight rows begin.
#pragma once

#include "device/cpu/kernels/generic/unpack.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

/// One token's quantised activations, at some column.
struct QuantisedToken {
  const int16_t* q;
  const int8_t* bytes;  ///< the same as q, if it has 8 bits, or null
  const float* scale;
  const int32_t* sums;

  void advance(size_t columns) {
    q += columns;
    if (bytes != nullptr) bytes += columns;
    scale += columns / kActivationGroup;
    sums += columns / kActivationHalfGroup;
  }
};

inline QuantisedToken quantised_token(const ActivationRows& in, size_t token, size_t column) {
  const size_t row = in.rows == nullptr ? token : in.rows[token];
  const size_t first = row * in.q_stride + column;
  const int8_t* bytes = in.bytes == nullptr ? nullptr : in.bytes + first;
  return {in.q + first, bytes, in.scale + first / kActivationGroup,
          in.sums + first / kActivationHalfGroup};
}

/// The sum of q over a span.
template <class Shape>
inline int32_t span_sum(const QuantisedToken& token, size_t span) {
  return Shape::kHalves ? token.sums[span] : token.sums[2 * span] + token.sums[2 * span + 1];
}

/// The span sums of a whole chunk, in index order. 256 bits in every table.
template <class Shape>
struct ChunkSums {
  __m256i spans[Shape::kSpans / 8];

  explicit ChunkSums(const QuantisedToken& token) {
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(token.sums));
    const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(token.sums + 8));
    if constexpr (Shape::kHalves) {
      spans[0] = first;
      spans[1] = second;
    } else {
      spans[0] = _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), 0xd8);
    }
  }
};

/// For each span of a chunk: float(sum of q) * scale.
template <class Shape>
inline void scale_sums(const QuantisedToken& token, size_t groups, float* out) {
  if (groups < kChunkGroups) {
    for (size_t span = 0; span < groups * Shape::kGroupSpans; ++span) {
      const float sum = static_cast<float>(span_sum<Shape>(token, span));
      out[span] = sum * token.scale[span / Shape::kGroupSpans];
    }
    return;
  }
  const ChunkSums<Shape> sums(token);
  const __m256 scale = _mm256_loadu_ps(token.scale);
  if constexpr (Shape::kHalves) {
    const __m256 low = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
    const __m256 high = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(sums.spans[0]), low));
    _mm256_storeu_ps(out + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(sums.spans[1]), high));
  } else {
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(sums.spans[0]), scale));
  }
}

/// For each span of a chunk: factor * (sum of q).
template <class Shape>
inline void multiply_sums(const QuantisedToken& token, size_t groups, int32_t factor,
                          int32_t* out) {
  if (groups < kChunkGroups) {
    for (size_t span = 0; span < groups * Shape::kGroupSpans; ++span) {
      out[span] = factor * span_sum<Shape>(token, span);
    }
    return;
  }
  const ChunkSums<Shape> sums(token);
  for (size_t i = 0; i < Shape::kSpans / 8; ++i) {
    const __m256i product = _mm256_mullo_epi32(sums.spans[i], _mm256_set1_epi32(factor));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * i), product);
  }
}

/// Groups of the chunk that begins at `column`.
inline size_t chunk_groups(const MatmulArguments& arguments, size_t column) {
  const size_t left = (arguments.columns - column) / kActivationGroup;
  return left < kChunkGroups ? left : size_t{kChunkGroups};
}

/// Where `count` rows from `row` begin; further entries repeat the last row, so that they can be
/// read like the others. Their results are not used.
template <size_t kRows>
inline void find_rows(const MatmulArguments& arguments, size_t row, size_t count,
                      const uint8_t* (&rows)[kRows]) {
  for (size_t r = 0; r < kRows; ++r) {
    rows[r] = arguments.weights + (row + (r < count ? r : count - 1)) * arguments.weight_stride;
  }
}

/// The weights of kLanes rows for a step of a compact type.
template <class V, class Type, size_t kStep>
[[gnu::noinline]] void load_compact(const RowChunks& chunks, size_t groups,
                                    typename V::Ints (&rows)[V::kLanes]) {
#pragma GCC unroll 1
  for (size_t r = 0; r < V::kLanes; ++r) {
    rows[r] = V::template load_weights<Type, kStep>(chunks[r], groups);
  }
}

}  // namespace
}  // namespace sluice
