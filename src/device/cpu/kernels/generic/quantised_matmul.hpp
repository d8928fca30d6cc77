// Block-quantised weights times 16-bit activations, written over a small vocabulary V (avx2.cpp,
// avx512.cpp) whose vectors hold kLanes 32-bit values.
//
// One definition of the result. A span is the 32 (or 16) elements that share a weight scale. For
// each (weight row, token) pair, spans in order:
//   dot = sum of weight * q over the span           exact, in 32-bit integers
//   total = fma(float(dot), weight_scale * activation_scale, total)
//   total = fma(weight_offset, float(sum of q) * activation_scale, total)    types with offsets
// Integers can be summed in any order, so both ways below give the same bits, as does any tile.
// In both, the lanes of a float vector are weight rows, so nothing is left to reduce at the end.
//
//   few tokens:  the unpacked bytes of kLanes rows are multiplied along the rows and the partial
//                sums transposed, so that lane r holds the dot of row r. Memory is the limit.
//   more tokens: 2 * kLanes rows are unpacked and interleaved into a panel (in level-1 cache) of
//                vectors that hold two neighbouring elements of each row; two activations are
//                broadcast against them, and a span needs no reduction at all.
//
// Columns are walked in chunks of 256; between chunks the totals of a panel lie in `out` itself.
#pragma once

#include "device/cpu/kernels/generic/unpack.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

/// One token's quantised activations, at some column.
struct QuantisedToken {
  const int16_t* q;
  const float* scale;
  const int32_t* sums;
};

inline QuantisedToken quantised_token(const ActivationRows& in, size_t token, size_t column) {
  const size_t row = in.rows == nullptr ? token : in.rows[token];
  const size_t first = row * in.q_stride + column;
  return {in.q + first, in.scale + first / kActivationGroup, in.sums + first / kActivationHalfGroup};
}

/// For each span: float(sum of q) * scale. All of the chunk's groups, whole spans only.
template <bool kHalves>
inline void span_sums(const QuantisedToken& token, size_t groups, float* out) {
  for (size_t g = 0; g < groups; ++g) {
    const float scale = token.scale[g];
    if constexpr (kHalves) {
      out[2 * g] = static_cast<float>(token.sums[2 * g]) * scale;
      out[2 * g + 1] = static_cast<float>(token.sums[2 * g + 1]) * scale;
    } else {
      out[g] = static_cast<float>(token.sums[2 * g] + token.sums[2 * g + 1]) * scale;
    }
  }
}

/// `from` [8, 16] floats to `to` [8, stride] transposed, of the 8 columns that begin at `from`.
inline void transpose8(const float* from, float* to, size_t stride) {
  __m256 a[8];
  __m256 b[8];
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps(from + i * kChunkSpans);
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (size_t i = 0; i < 2; ++i) {
    const size_t j = 4 * i;
    a[j] = _mm256_shuffle_ps(b[j], b[j + 2], 0x44);
    a[j + 1] = _mm256_shuffle_ps(b[j], b[j + 2], 0xee);
    a[j + 2] = _mm256_shuffle_ps(b[j + 1], b[j + 3], 0x44);
    a[j + 3] = _mm256_shuffle_ps(b[j + 1], b[j + 3], 0xee);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * stride, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * stride, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

/// kRows unpacked rows of one chunk. Rows beyond the last keep stale values; so do groups beyond
/// the last of a short chunk. Neither is ever used for a result.
template <class Shape, size_t kRows>
struct UnpackedChunk {
  alignas(64) int8_t weights[kRows][kChunk];
  alignas(64) float row_scale[kRows][kChunkSpans];
  alignas(64) float row_offset[Shape::kOffsets ? kRows : 1][kChunkSpans];
  alignas(64) float scale[kChunkSpans][kRows];
  alignas(64) float offset[Shape::kOffsets ? kChunkSpans : 1][kRows];

  template <class Type>
  void unpack(const MatmulArguments& arguments, size_t row, size_t rows, size_t column) {
    const size_t groups = chunk_groups(arguments, column);
    const uint8_t* chunk = arguments.weights + row * arguments.weight_stride +
                           column / kChunk * Type::kChunkBytes;
    for (size_t r = 0; r < rows; ++r) {
      const uint8_t* from = chunk + r * arguments.weight_stride;
      for (size_t at = 0; at < Type::kChunkBytes; at += 64) {
        _mm_prefetch(reinterpret_cast<const char*>(from + kRows * arguments.weight_stride + at),
                     _MM_HINT_T0);
      }
      Type::unpack(from, groups,
                   {weights[r], row_scale[r], row_offset[Shape::kOffsets ? r : 0]});
    }
    for (size_t r = 0; r < kRows; r += 8) {
      for (size_t span = 0; span < (Shape::kHalves ? 16 : 8); span += 8) {
        transpose8(&row_scale[r][span], &scale[span][r], kRows);
        if constexpr (Shape::kOffsets) transpose8(&row_offset[r][span], &offset[span][r], kRows);
      }
    }
  }

  static size_t chunk_groups(const MatmulArguments& arguments, size_t column) {
    const size_t left = (arguments.columns - column) / kActivationGroup;
    return left < kChunkGroups ? left : size_t{kChunkGroups};
  }
};

// ---- Few tokens ----

/// total += the chunk's spans of kLanes rows times one token.
template <class V, class Shape>
typename V::Floats add_rows_chunk(const UnpackedChunk<Shape, V::kLanes>& rows,
                                         const QuantisedToken& token, size_t groups,
                                         typename V::Floats total) {
  constexpr size_t kGroupSpans = Shape::kHalves ? 2 : 1;
  constexpr size_t kStepSpans = V::kStepGroups * kGroupSpans;
  typename V::Steps activations;
  V::prepare_steps(token.q, groups, &activations);
  float sums[kChunkSpans];
  if constexpr (Shape::kOffsets) span_sums<Shape::kHalves>(token, groups, sums);

  for (size_t first = 0; first < groups; first += V::kStepGroups) {
    typename V::Ints dots[kStepSpans];
    V::template dot_step<Shape::kHalves>(rows.weights, activations, first, dots);
#pragma GCC unroll 4
    for (size_t i = 0; i < kStepSpans; ++i) {
      const size_t span = first * kGroupSpans + i;
      const size_t group = span / kGroupSpans;
      if (group >= groups) break;
      const typename V::Floats scale =
          V::multiply(V::load(rows.scale[span]), V::broadcast(token.scale[group]));
      total = V::multiply_add(V::convert(dots[i]), scale, total);
      if constexpr (Shape::kOffsets) {
        total = V::multiply_add(V::load(rows.offset[span]), V::broadcast(sums[span]), total);
      }
    }
  }
  return total;
}

template <class V, class Type>
void multiply_rows(const MatmulArguments& arguments, size_t token, size_t tokens) {
  constexpr size_t kRows = V::kLanes;
  UnpackedChunk<typename Type::Shape, kRows> chunk = {};
  for (size_t row = 0; row < arguments.weight_rows; row += kRows) {
    const size_t left = arguments.weight_rows - row;
    const size_t rows = left < kRows ? left : kRows;
    typename V::Floats totals[V::kRowTokens];
    for (size_t t = 0; t < V::kRowTokens; ++t) totals[t] = V::zero();
    for (size_t column = 0; column < arguments.columns; column += kChunk) {
      chunk.template unpack<Type>(arguments, row, rows, column);
      const size_t groups = chunk.chunk_groups(arguments, column);
      for (size_t t = 0; t < tokens; ++t) {
        totals[t] = add_rows_chunk<V, typename Type::Shape>(
            chunk, quantised_token(arguments.in, token + t, column), groups, totals[t]);
      }
    }
    for (size_t t = 0; t < tokens; ++t) {
      V::store_first(arguments.out + (token + t) * arguments.out_stride + row, totals[t], rows);
    }
  }
}

// ---- More tokens ----

/// 2 * kLanes rows of one chunk, interleaved: for each row vector, group, half and pair of
/// elements, kLanes pairs of bytes (V::panel_offset).
template <class V, class Shape>
struct Panel {
  static constexpr size_t kRows = 2 * V::kLanes;
  UnpackedChunk<Shape, kRows> rows;
  alignas(64) int8_t weights[2][V::kLanes * kChunk];

  template <class Type>
  void fill(const MatmulArguments& arguments, size_t row, size_t count, size_t column) {
    rows.template unpack<Type>(arguments, row, count, column);
    const size_t groups = rows.chunk_groups(arguments, column);
    for (size_t i = 0; i < 2; ++i) V::interleave(rows.weights + i * V::kLanes, groups, weights[i]);
  }
};

/// A panel's chunk times kTokens tokens, added to `out` (or put there by the first chunk).
template <class V, class Shape, size_t kTokens>
struct PanelTile {
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;

  const Panel<V, Shape>& panel;
  QuantisedToken tokens[kTokens];
  float sums[kTokens][kChunkSpans];
  Floats totals[2][kTokens];

  template <size_t kPairs>
  void add_span(size_t group, size_t half) {
    Ints dots[2][kTokens];
#pragma GCC unroll 8
    for (size_t t = 0; t < kTokens; ++t) dots[0][t] = dots[1][t] = V::zero_ints();
    const size_t element = group * kActivationGroup + half * kActivationHalfGroup;
#pragma GCC unroll 1
    for (size_t pair = 0; pair < kPairs; ++pair) {
      const size_t at = V::panel_offset(group, half + pair / 8, pair % 8);
      const Ints first = V::load_pairs(panel.weights[0] + at);
      const Ints second = V::load_pairs(panel.weights[1] + at);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const Ints x = V::broadcast_pair(tokens[t].q + element + 2 * pair);
        dots[0][t] = V::dot_pairs(dots[0][t], first, x);
        dots[1][t] = V::dot_pairs(dots[1][t], second, x);
      }
    }
    finish_span(group, Shape::kHalves ? 2 * group + half : group, dots);
  }

  void finish_span(size_t group, size_t span, const Ints (&dots)[2][kTokens]) {
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      const Floats scale = V::load(panel.rows.scale[span] + i * V::kLanes);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const Floats product = V::multiply(scale, V::broadcast(tokens[t].scale[group]));
        totals[i][t] = V::multiply_add(V::convert(dots[i][t]), product, totals[i][t]);
        if constexpr (Shape::kOffsets) {
          const Floats offset = V::load(panel.rows.offset[span] + i * V::kLanes);
          totals[i][t] = V::multiply_add(offset, V::broadcast(sums[t][span]), totals[i][t]);
        }
      }
    }
  }

  void run(size_t groups) {
    for (size_t t = 0; Shape::kOffsets && t < kTokens; ++t) {
      span_sums<Shape::kHalves>(tokens[t], groups, sums[t]);
    }
    for (size_t group = 0; group < groups; ++group) {
      if constexpr (Shape::kHalves) {
        add_span<8>(group, 0);
        add_span<8>(group, 1);
      } else {
        add_span<16>(group, 0);
      }
    }
  }
};

/// Where a panel stands in the product.
struct PanelPlace {
  size_t row;
  size_t rows;
  size_t column;
  size_t groups;
};

template <class V, class Shape, size_t kTokens>
void multiply_tile(const MatmulArguments& arguments, const Panel<V, Shape>& panel,
                   const PanelPlace& place, size_t token) {
  PanelTile<V, Shape, kTokens> tile{panel, {}, {}, {}};
  const size_t second = place.rows < V::kLanes ? 0 : place.rows - V::kLanes;
  const size_t first = place.rows - second;
  float* out = arguments.out + token * arguments.out_stride + place.row;
  for (size_t t = 0; t < kTokens; ++t) {
    tile.tokens[t] = quantised_token(arguments.in, token + t, place.column);
    const float* from = out + t * arguments.out_stride;
    const bool start = place.column == 0;
    tile.totals[0][t] = start ? V::zero() : V::load_first(from, first);
    tile.totals[1][t] = start ? V::zero() : V::load_first(from + V::kLanes, second);
  }
  tile.run(place.groups);
  for (size_t t = 0; t < kTokens; ++t) {
    float* to = out + t * arguments.out_stride;
    V::store_first(to, tile.totals[0][t], first);
    V::store_first(to + V::kLanes, tile.totals[1][t], second);
  }
}

/// The last tile, of fewer tokens than the others.
template <class V, class Shape, size_t kTokens>
void multiply_last_tile(const MatmulArguments& arguments, const Panel<V, Shape>& panel,
                        const PanelPlace& place, size_t token) {
  if constexpr (kTokens > 0) {
    if (arguments.in.tokens - token == kTokens) {
      multiply_tile<V, Shape, kTokens>(arguments, panel, place, token);
    } else {
      multiply_last_tile<V, Shape, kTokens - 1>(arguments, panel, place, token);
    }
  }
}

template <class V, class Type>
void multiply_panels(const MatmulArguments& arguments) {
  using Shape = typename Type::Shape;
  constexpr size_t kRows = Panel<V, Shape>::kRows;
  const size_t tokens = arguments.in.tokens;
  Panel<V, Shape> panel = {};
  for (size_t row = 0; row < arguments.weight_rows; row += kRows) {
    const size_t left = arguments.weight_rows - row;
    const size_t rows = left < kRows ? left : kRows;
    for (size_t column = 0; column < arguments.columns; column += kChunk) {
      panel.template fill<Type>(arguments, row, rows, column);
      const PanelPlace place = {row, rows, column,
                                panel.rows.chunk_groups(arguments, column)};
      size_t token = 0;
      for (; token + V::kTileTokens <= tokens; token += V::kTileTokens) {
        multiply_tile<V, Shape, V::kTileTokens>(arguments, panel, place, token);
      }
      multiply_last_tile<V, Shape, V::kTileTokens - 1>(arguments, panel, place, token);
    }
  }
}

template <class V, class Type>
void matmul_quantised(const MatmulArguments* arguments) {
  const size_t tokens = arguments->in.tokens;
  if (tokens <= V::kRowTokens) {
    multiply_rows<V, Type>(*arguments, 0, tokens);
  } else {
    multiply_panels<V, Type>(*arguments);
  }
}

}  // namespace
}  // namespace sluice
