// Block-quantised weights times one token, along the rows (quantised_matmul.hpp).
#pragma once

#include "device/cpu/kernels/generic/prefetch.hpp"
#include "device/cpu/kernels/generic/quantised_activations.hpp"

namespace sluice {
namespace {

/// What one chunk of the token is to all rows.
template <class V, class Type>
struct TokenChunk {
  using Shape = typename Type::Shape;
  QuantisedToken token;
  size_t groups;
  typename V::Steps steps;
  float sums[Shape::kOffsets ? Shape::kSpans : 1];

  TokenChunk() {}  // filled by prepare()

  void prepare(const MatmulArguments& arguments, size_t column) {
    token = quantised_token(arguments.in, 0, column);
    groups = chunk_groups(arguments, column);
    V::template prepare_steps<kIsSigned<Type>>(token.q, groups, &steps);
    if constexpr (Shape::kOffsets) scale_sums<Shape>(token, groups, sums);
  }
};

/// Chunks that are prepared together, enough for the rows of most models (8,192 columns); between
/// windows the totals lie in `out`.
constexpr size_t kWindowChunks = 32;

/// kLanes rows times one token.
template <class V, class Type>
struct RowBlock {
  using Shape = typename Type::Shape;
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;
  static constexpr size_t kStepSpans = V::kStepGroups * Shape::kGroupSpans;

  const uint8_t* rows[V::kLanes];
  const TokenChunk<V, Type>* chunk;
  SpanScales<V, Shape> scales;
  Floats total;
  const uint8_t* ahead;  ///< what to prefetch next: the rows of the next block, in address order

  void add_chunk(const TokenChunk<V, Type>& its_chunk, size_t at) {
    chunk = &its_chunk;
    const size_t groups = chunk->groups;
    const RowChunks chunks = {rows, at};
    Type::template scales<V>(chunks, groups, &scales);
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
    Ints rows_of_step[Type::kCompact ? V::kLanes : 1];
    if constexpr (Type::kCompact) load_compact<V, Type, kStep>(chunks, groups, rows_of_step);
    Ints fours[V::kLanes / 4];
#pragma GCC unroll 4
    for (size_t i = 0; i < V::kLanes / 4; ++i) {
      Ints weights[4];
#pragma GCC unroll 4
      for (size_t r = 0; r < 4; ++r) {
        if constexpr (Type::kCompact) {
          weights[r] = rows_of_step[4 * i + r];
        } else {
          weights[r] = V::template load_weights<Type, kStep>(chunks[4 * i + r], groups);
        }
      }
      fours[i] = V::template multiply_fours<Type>(weights, chunk->steps, kStep);
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
      dots = V::subtract_ints(dots, Type::kBias * span_sum<Shape>(chunk->token, span));
    }
    const float x_scale = chunk->token.scale[span / Shape::kGroupSpans];
    const Floats scale = V::multiply(V::load(scales.scale[span]), V::broadcast(x_scale));
    total = V::multiply_add(V::convert(dots), scale, total);
    if constexpr (Shape::kOffsets) {
      total = V::multiply_add(V::load(scales.offset[span]), V::broadcast(chunk->sums[span]), total);
    }
  }
};

template <class V, class Type>
void multiply_rows(const MatmulArguments& arguments) {
  constexpr size_t kColumns = kWindowChunks * kChunk;
  TokenChunk<V, Type> window[kWindowChunks];
  RowBlock<V, Type> block;
  for (size_t column = 0; column < arguments.columns; column += kColumns) {
    const size_t left = arguments.columns - column;
    const size_t chunks = left < kColumns ? (left + kChunk - 1) / kChunk : kWindowChunks;
    const size_t at = column / kChunk * Type::kChunkBytes;
    for (size_t c = 0; c < chunks; ++c) window[c].prepare(arguments, column + c * kChunk);
    for (size_t row = 0; row < arguments.weight_rows; row += V::kLanes) {
      const size_t rows_left = arguments.weight_rows - row;
      const size_t count = rows_left < V::kLanes ? rows_left : V::kLanes;
      find_rows(arguments, row, count, block.rows);
      block.ahead = block.rows[0] + V::kLanes * arguments.weight_stride + at * V::kLanes;
      block.total = column == 0 ? V::zero() : V::load_first(arguments.out + row, count);
      for (size_t c = 0; c < chunks; ++c) {
        block.add_chunk(window[c], at + c * Type::kChunkBytes);
      }
      V::store_first(arguments.out + row, block.total, count);
    }
  }
}

}  // namespace
}  // namespace sluice
