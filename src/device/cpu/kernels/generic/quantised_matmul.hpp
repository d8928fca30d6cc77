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
//   one token:   the weights of kLanes rows are multiplied along the rows and the partial sums
//                transposed, so that lane r holds the dot of row r. Memory is the limit.
//   more tokens: 2 * kLanes rows are unpacked and interleaved into a panel (in level-1 cache) of
//                vectors that hold two neighbouring elements of each row; two activations are
//                broadcast against them, and a span needs no reduction at all. Measured to be
//                faster from two tokens on (bench/kernels.cpp).
//
// Columns are walked in chunks of 256; between chunks the totals of a panel lie in `out` itself.
#pragma once

#include "device/cpu/kernels/generic/prefetch.hpp"
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
  return {in.q + first, in.scale + first / kActivationGroup,
          in.sums + first / kActivationHalfGroup};
}

/// The sum of q over a span.
template <class Shape>
inline int32_t span_sum(const QuantisedToken& token, size_t span) {
  return Shape::kHalves ? token.sums[span] : token.sums[2 * span] + token.sums[2 * span + 1];
}

/// For each span of a chunk: float(sum of q) * scale. 256 bits in every table.
template <class Shape>
inline void scale_sums(const QuantisedToken& token, size_t groups, float* out) {
  if (groups < kChunkGroups) {
    for (size_t span = 0; span < groups * Shape::kGroupSpans; ++span) {
      const float sum = static_cast<float>(span_sum<Shape>(token, span));
      out[span] = sum * token.scale[span / Shape::kGroupSpans];
    }
    return;
  }
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(token.sums));
  const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(token.sums + 8));
  const __m256 scale = _mm256_loadu_ps(token.scale);
  if constexpr (Shape::kHalves) {
    const __m256 low = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
    const __m256 high = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(first), low));
    _mm256_storeu_ps(out + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(second), high));
  } else {
    const __m256i pairs = _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), 0xd8);
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(pairs), scale));
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

// ---- One token ----

/// kLanes rows times one token.
template <class V, class Type>
struct RowBlock {
  using Shape = typename Type::Shape;
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;
  static constexpr size_t kStepSpans = V::kStepGroups * Shape::kGroupSpans;

  const uint8_t* rows[V::kLanes];
  QuantisedToken token;
  typename V::Steps steps;
  float sums[Shape::kSpans];
  SpanScales<V, Shape> scales;
  Floats total;
  const uint8_t* ahead;  ///< what to prefetch next: the rows of the next block, in address order

  void add_chunk(size_t at, size_t groups) {
    const RowChunks chunks = {rows, at};
    Type::template scales<V>(chunks, groups, &scales);
    V::template prepare_steps<Type::kSigned>(token.q, groups, &steps);
    if constexpr (Shape::kOffsets) scale_sums<Shape>(token, groups, sums);
    for_indices<0, kChunkGroups / V::kStepGroups>([&](auto index) {
      constexpr size_t kStep = decltype(index)::value;
      if (kStep * V::kStepGroups < groups) add_step<kStep>(chunks, groups);
    });
  }

  /// Adds the spans of kStepGroups groups. A function of its own, because GCC would keep the
  /// addresses of all rows in registers over all steps, and has not enough of them.
  template <size_t kStep>
  [[gnu::noinline]] void add_step(const RowChunks& chunks, size_t groups) {
    constexpr size_t kStepBytes = V::kLanes * Type::kChunkBytes * V::kStepGroups / kChunkGroups;
    prefetch(ahead, kStepBytes);
    ahead += kStepBytes;
    Ints fours[V::kLanes / 4];
#pragma GCC unroll 4
    for (size_t i = 0; i < V::kLanes / 4; ++i) {
      Ints weights[4];
#pragma GCC unroll 4
      for (size_t r = 0; r < 4; ++r) {
        weights[r] = V::template load_weights<Type, kStep>(chunks[4 * i + r], groups);
      }
      fours[i] = V::template multiply_fours<Type>(weights, steps, kStep);
    }
    Ints dots[kStepSpans];
    V::template gather_fours<Shape::kHalves>(fours, dots);
#pragma GCC unroll 4
    for (size_t i = 0; i < kStepSpans; ++i) {
      const size_t span = kStep * kStepSpans + i;
      if (Type::kColumns == kChunk || span < groups * Shape::kGroupSpans) add_span(span, dots[i]);
    }
  }

  [[gnu::always_inline]] void add_span(size_t span, Ints dots) {
    if constexpr (Type::kBias != 0) {
      dots = V::subtract_ints(dots, Type::kBias * span_sum<Shape>(token, span));
    }
    const float x_scale = token.scale[span / Shape::kGroupSpans];
    const Floats scale = V::multiply(V::load(scales.scale[span]), V::broadcast(x_scale));
    total = V::multiply_add(V::convert(dots), scale, total);
    if constexpr (Shape::kOffsets) {
      total = V::multiply_add(V::load(scales.offset[span]), V::broadcast(sums[span]), total);
    }
  }
};

template <class V, class Type>
void multiply_rows(const MatmulArguments& arguments) {
  RowBlock<V, Type> block;
  for (size_t row = 0; row < arguments.weight_rows; row += V::kLanes) {
    const size_t left = arguments.weight_rows - row;
    const size_t count = left < V::kLanes ? left : V::kLanes;
    find_rows(arguments, row, count, block.rows);
    block.ahead = block.rows[0] + V::kLanes * arguments.weight_stride;
    block.total = V::zero();
    for (size_t column = 0; column < arguments.columns; column += kChunk) {
      block.token = quantised_token(arguments.in, 0, column);
      block.add_chunk(column / kChunk * Type::kChunkBytes, chunk_groups(arguments, column));
    }
    V::store_first(arguments.out + row, block.total, count);
  }
}

// ---- More tokens ----

/// 2 * kLanes rows of one chunk, interleaved: for each row vector, group, half and pair of
/// elements, kLanes pairs of bytes (V::panel_offset), less the bias.
template <class V, class Shape>
struct Panel {
  static constexpr size_t kRows = 2 * V::kLanes;
  alignas(64) int8_t weights[2][V::kLanes * kChunk];
  SpanScales<V, Shape> scales[2];

  /// The chunk at byte `at` of each row; meanwhile prefetches from `ahead`.
  template <class Type>
  void fill(const uint8_t* (&rows)[kRows], size_t at, size_t groups, const uint8_t* ahead) {
    prefetch(ahead, kRows * Type::kChunkBytes);
    for (size_t i = 0; i < 2; ++i) {
      const RowChunks chunks = {rows + i * V::kLanes, at};
      Type::template scales<V>(chunks, groups, &scales[i]);
      for_indices<0, kChunkGroups / V::kStepGroups>([&](auto index) {
        constexpr size_t kStep = decltype(index)::value;
        if (kStep * V::kStepGroups < groups) fill_step<Type, kStep>(chunks, groups, weights[i]);
      });
    }
  }

  template <class Type, size_t kStep>
  static void fill_step(const RowChunks& chunks, size_t groups, int8_t* to) {
    typename V::Ints rows[V::kLanes];
#pragma GCC unroll 16
    for (size_t r = 0; r < V::kLanes; ++r) {
      rows[r] = V::template load_weights<Type, kStep>(chunks[r], groups);
      if constexpr (Type::kBias != 0) rows[r] = V::subtract_bytes(rows[r], Type::kBias);
    }
    V::interleave(rows, to + V::panel_offset(kStep * V::kStepGroups, 0));
  }
};

/// A panel's chunk times kTokens tokens.
template <class V, class Shape, size_t kTokens>
struct PanelTile {
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;

  const Panel<V, Shape>& panel;
  QuantisedToken tokens[kTokens];
  float sums[kTokens][Shape::kSpans];
  Floats totals[2][kTokens];

  explicit PanelTile(const Panel<V, Shape>& its_panel) : panel(its_panel) {}

  void run(size_t groups) {
    for (size_t t = 0; Shape::kOffsets && t < kTokens; ++t) {
      scale_sums<Shape>(tokens[t], groups, sums[t]);
    }
    for (size_t span = 0; span < groups * Shape::kGroupSpans; ++span) add_span(span);
  }

  void add_span(size_t span) {
    const size_t first_half = span * 2 / Shape::kGroupSpans;
    Ints dots[2][kTokens];
#pragma GCC unroll 8
    for (size_t t = 0; t < kTokens; ++t) dots[0][t] = dots[1][t] = V::zero_ints();
#pragma GCC unroll 1
    for (size_t half = first_half; half < first_half + 2 / Shape::kGroupSpans; ++half) {
      add_half(half, dots);
    }
    finish_span(span, dots);
  }

  /// Adds the products of 16 elements of each row.
  [[gnu::always_inline]] void add_half(size_t half, Ints (&dots)[2][kTokens]) const {
    const size_t at = V::panel_offset(half / 2, half % 2);
#pragma GCC unroll 8
    for (size_t pair = 0; pair < 8; ++pair) {
      const Ints first = V::load_pairs(panel.weights[0] + at + pair * V::kPairStride);
      const Ints second = V::load_pairs(panel.weights[1] + at + pair * V::kPairStride);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const Ints x = V::broadcast_pair(tokens[t].q + half * kActivationHalfGroup + 2 * pair);
        dots[0][t] = V::dot_pairs(dots[0][t], first, x);
        dots[1][t] = V::dot_pairs(dots[1][t], second, x);
      }
    }
  }

  void finish_span(size_t span, const Ints (&dots)[2][kTokens]) {
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      const Floats scale = V::load(panel.scales[i].scale[span]);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const float x_scale = tokens[t].scale[span / Shape::kGroupSpans];
        const Floats product = V::multiply(scale, V::broadcast(x_scale));
        totals[i][t] = V::multiply_add(V::convert(dots[i][t]), product, totals[i][t]);
        if constexpr (Shape::kOffsets) {
          const Floats offset = V::load(panel.scales[i].offset[span]);
          totals[i][t] = V::multiply_add(offset, V::broadcast(sums[t][span]), totals[i][t]);
        }
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
  PanelTile<V, Shape, kTokens> tile(panel);
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
  Panel<V, Shape> panel;
  const uint8_t* rows[kRows];
  for (size_t row = 0; row < arguments.weight_rows; row += kRows) {
    const size_t left = arguments.weight_rows - row;
    const size_t count = left < kRows ? left : kRows;
    find_rows(arguments, row, count, rows);
    const uint8_t* ahead = rows[0] + kRows * arguments.weight_stride;
    for (size_t column = 0; column < arguments.columns; column += kChunk) {
      const PanelPlace place = {row, count, column, chunk_groups(arguments, column)};
      const size_t at = column / kChunk * Type::kChunkBytes;
      panel.template fill<Type>(rows, at, place.groups, ahead + at * kRows);
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
  if (arguments->in.tokens == 1) {
    multiply_rows<V, Type>(*arguments);
  } else {
    multiply_panels<V, Type>(*arguments);
  }
}

}  // namespace
}  // namespace sluice
