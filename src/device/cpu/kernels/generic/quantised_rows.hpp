// Block-quantised weights times one token, along the rows (quantised_matmul.hpp).
#pragma once

#include "device/cpu/kernels/generic/prefetch.hpp"
#include "device/cpu/kernels/generic/quantised_activations.hpp"

namespace sluice {
namespace {

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
    V::template prepare_steps<kIsSigned<Type>>(token.q, groups, &steps);
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

}  // namespace
}  // namespace sluice
