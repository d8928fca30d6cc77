// Block-quantised weights times several tokens, panel by panel (quantised_matmul.hpp).
#pragma once

#include "device/cpu/kernels/generic/prefetch.hpp"
#include "device/cpu/kernels/generic/quantised_activations.hpp"
#include "device/cpu/kernels/generic/quantised_forms.hpp"

namespace sluice {
namespace {

/// 2 * kLanes rows of one chunk, interleaved: for each row vector, group, half, and pair or quad of
/// elements, these of kLanes rows (Form::offset).
template <class V, class Shape, class Form>
struct Panel {
  static constexpr size_t kRows = 2 * V::kLanes;
  /// Types with offsets have weights of 0 and more, and no bias.
  static constexpr bool kHasExcess = Form::kUnsigned && !Shape::kOffsets;
  alignas(64) int8_t weights[2][V::kLanes * kChunk];
  SpanScales<V, Shape> scales[2];
  int32_t excess = 0;  ///< of the bytes over the weights

  /// The chunk at byte `at` of each row; meanwhile prefetches from `ahead`.
  template <class Type>
  void fill(const uint8_t* (&rows)[kRows], size_t at, size_t groups, const uint8_t* ahead) {
    prefetch(ahead, kRows * Type::kChunkBytes);
    static_assert(kHasExcess || Form::template kExcess<Type> == 0);
    excess = Form::template kExcess<Type>;
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
    if constexpr (Type::kCompact) load_compact<V, Type, kStep>(chunks, groups, rows);
#pragma GCC unroll 16
    for (size_t r = 0; r < V::kLanes; ++r) {
      if constexpr (!Type::kCompact) {
        rows[r] = V::template load_weights<Type, kStep>(chunks[r], groups);
      }
      rows[r] = Form::template adapt<Type>(rows[r]);
    }
    Form::interleave(rows, to + Form::offset(kStep * V::kStepGroups, 0));
  }
};

/// A panel's chunk times kTokens tokens.
template <class V, class Shape, class Form, size_t kTokens>
struct PanelTile {
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;

  static constexpr bool kHasStarts = Panel<V, Shape, Form>::kHasExcess;

  const Panel<V, Shape, Form>& panel;
  QuantisedToken tokens[kTokens];
  float sums[kTokens][Shape::kSpans];
  int32_t starts[kTokens][kHasStarts ? Shape::kSpans : 1];  ///< of the dots, if not zero
  Floats totals[2][kTokens];

  explicit PanelTile(const Panel<V, Shape, Form>& its_panel) : panel(its_panel) {}

  void run(size_t groups) {
    for (size_t t = 0; t < kTokens; ++t) {
      if constexpr (Shape::kOffsets) scale_sums<Shape>(tokens[t], groups, sums[t]);
      if constexpr (kHasStarts) multiply_sums<Shape>(tokens[t], groups, -panel.excess, starts[t]);
    }
    for (size_t span = 0; span < groups * Shape::kGroupSpans; ++span) add_span(span);
  }

  void add_span(size_t span) {
    const size_t first_half = span * 2 / Shape::kGroupSpans;
    Ints dots[2][kTokens];
#pragma GCC unroll 8
    for (size_t t = 0; t < kTokens; ++t) {
      dots[0][t] = dots[1][t] = V::zero_ints();
      if constexpr (kHasStarts) dots[0][t] = dots[1][t] = V::broadcast_int(starts[t][span]);
    }
#pragma GCC unroll 1
    for (size_t half = first_half; half < first_half + 2 / Shape::kGroupSpans; ++half) {
      const size_t at = Form::offset(half / 2, half % 2);
      const int8_t* const weights[] = {panel.weights[0] + at, panel.weights[1] + at};
      Form::add_half(weights, tokens, half * kActivationHalfGroup, dots);
    }
    finish_span(span, dots);
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

template <class V, class Shape, class Form, size_t kTokens>
void multiply_tile(const MatmulArguments& arguments, const Panel<V, Shape, Form>& panel,
                   const PanelPlace& place, size_t token) {
  PanelTile<V, Shape, Form, kTokens> tile(panel);
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
template <class V, class Shape, class Form, size_t kTokens>
void multiply_last_tile(const MatmulArguments& arguments, const Panel<V, Shape, Form>& panel,
                        const PanelPlace& place, size_t token) {
  if constexpr (kTokens > 0) {
    if (arguments.in.tokens - token == kTokens) {
      multiply_tile<V, Shape, Form, kTokens>(arguments, panel, place, token);
    } else {
      multiply_last_tile<V, Shape, Form, kTokens - 1>(arguments, panel, place, token);
    }
  }
}

template <class V, class Type, class Form>
void multiply_panels(const MatmulArguments& arguments) {
  using Shape = typename Type::Shape;
  constexpr size_t kRows = Panel<V, Shape, Form>::kRows;
  const size_t tokens = arguments.in.tokens;
  Panel<V, Shape, Form> panel;
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
        multiply_tile<V, Shape, Form, V::kTileTokens>(arguments, panel, place, token);
      }
      multiply_last_tile<V, Shape, Form, V::kTileTokens - 1>(arguments, panel, place, token);
    }
  }
}

}  // namespace
}  // namespace sluice
