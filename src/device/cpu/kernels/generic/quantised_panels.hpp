// Block-quantised weights times several tokens, panel by panel (quantised_matmul.hpp).
#pragma once

#include "device/cpu/kernels/generic/prefetch.hpp"
#include "device/cpu/kernels/generic/quantised_activations.hpp"
#include "device/cpu/kernels/generic/quantised_forms.hpp"

namespace sluice {
namespace {

/// Chunks of a panel. What begins and ends a tile is paid once for all of them; level-2 cache has
/// room for 8 (AVX-512: at most 96 KiB; docs/experiments/2026-11-22-wide-panels.md).
constexpr size_t kPanelChunks = 8;

/// 2 * kLanes rows of one chunk, interleaved: for each row vector, group, half, and pair or quad of
/// elements, these of kLanes rows (Form::offset).
template <class V, class Shape, class Form>
struct PanelChunk {
  alignas(64) int8_t weights[2][V::kLanes * kChunk];
  SpanScales<V, Shape> scales[2];

  /// The chunk at byte `at` of each row.
  template <class Type>
  void fill(const uint8_t* const (&rows)[2 * V::kLanes], size_t at, size_t groups) {
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

/// 2 * kLanes rows of up to kPanelChunks chunks.
template <class V, class Shape, class Form>
struct Panel {
  static constexpr size_t kRows = 2 * V::kLanes;
  /// Types with offsets have weights of 0 and more, and no bias.
  static constexpr bool kHasExcess = Form::kUnsigned && !Shape::kOffsets;
  static constexpr size_t kMostGroups = kPanelChunks * kChunkGroups;
  PanelChunk<V, Shape, Form> chunks[kPanelChunks];
  size_t groups = 0;   ///< of all chunks
  int32_t excess = 0;  ///< of the bytes over the weights

  size_t chunk_groups(size_t chunk) const {
    const size_t left = groups - chunk * kChunkGroups;
    return left < kChunkGroups ? left : size_t{kChunkGroups};
  }

  /// As many as fit of the `left` groups from chunk `first` of each row.
  template <class Type>
  void fill(const uint8_t* const (&rows)[kRows], size_t first, size_t left) {
    static_assert(kHasExcess || Form::template kExcess<Type> == 0);
    excess = Form::template kExcess<Type>;
    groups = left < kMostGroups ? left : kMostGroups;
    for (size_t c = 0; c * kChunkGroups < groups; ++c) {
      const size_t at = (first + c) * Type::kChunkBytes;
      chunks[c].template fill<Type>(rows, at, chunk_groups(c));
    }
  }
};

/// The weights of the next panel: each tile asks for a share of them after each chunk.
struct NextPanel {
  const uint8_t* at;
  size_t share;  ///< bytes

  void prefetch_share() {
    prefetch(at, share);
    at += share;
  }
};

/// A panel times kTokens tokens.
template <class V, class Shape, class Form, size_t kTokens>
struct PanelTile {
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;

  static constexpr bool kHasStarts = Panel<V, Shape, Form>::kHasExcess;
  static constexpr size_t kMostSpans = kPanelChunks * Shape::kSpans;

  const Panel<V, Shape, Form>& panel;
  QuantisedToken tokens[kTokens];  ///< at the panel's first column
  float sums[kTokens][Shape::kOffsets ? kMostSpans : 1];
  int32_t starts[kTokens][kHasStarts ? kMostSpans : 1];  ///< of the dots, if not zero
  Floats totals[2][kTokens];

  explicit PanelTile(const Panel<V, Shape, Form>& its_panel) : panel(its_panel) {}

  void run(NextPanel* next) {
    if constexpr (Shape::kOffsets || kHasStarts) prepare_sums();
    for (size_t c = 0; c * kChunkGroups < panel.groups; ++c) {
      next->prefetch_share();
      const size_t spans = panel.chunk_groups(c) * Shape::kGroupSpans;
      for (size_t span = 0; span < spans; ++span) {
        add_span(panel.chunks[c], span, c * Shape::kSpans + span);
      }
    }
  }

  /// For all chunks at once: what a span waits for would otherwise be made right before it.
  void prepare_sums() {
    for (size_t t = 0; t < kTokens; ++t) {
      QuantisedToken token = tokens[t];
      for (size_t c = 0; c * kChunkGroups < panel.groups; ++c) {
        const size_t groups = panel.chunk_groups(c);
        const size_t to = c * Shape::kSpans;
        if constexpr (Shape::kOffsets) scale_sums<Shape>(token, groups, sums[t] + to);
        if constexpr (kHasStarts) {
          multiply_sums<Shape>(token, groups, -panel.excess, starts[t] + to);
        }
        token.advance(kChunk);
      }
    }
  }

  /// A span of the chunk, which is number `index` of the panel's.
  void add_span(const PanelChunk<V, Shape, Form>& chunk, size_t span, size_t index) {
    constexpr size_t kHalves = 2 / Shape::kGroupSpans;
    Ints dots[2][kTokens];
    if constexpr (kHasStarts) {
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        dots[0][t] = dots[1][t] = V::broadcast_int(starts[t][index]);
      }
    }
    const size_t half = span * kHalves;
    const size_t at = Form::offset(half / 2, half % 2);
    const int8_t* const weights[] = {chunk.weights[0] + at, chunk.weights[1] + at};
    const size_t element = index * kHalves * kActivationHalfGroup;
    Form::template add<kHalves, kHasStarts>(weights, tokens, element, dots);
    finish_span(chunk, span, index, dots);
  }

  void finish_span(const PanelChunk<V, Shape, Form>& chunk, size_t span, size_t index,
                   const Ints (&dots)[2][kTokens]) {
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      const Floats scale = V::load(chunk.scales[i].scale[span]);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const float x_scale = tokens[t].scale[index / Shape::kGroupSpans];
        const Floats product = V::multiply(scale, V::broadcast(x_scale));
        totals[i][t] = V::multiply_add(V::convert(dots[i][t]), product, totals[i][t]);
        if constexpr (Shape::kOffsets) {
          const Floats offset = V::load(chunk.scales[i].offset[span]);
          totals[i][t] = V::multiply_add(offset, V::broadcast(sums[t][index]), totals[i][t]);
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
};

template <class V, class Shape, class Form, size_t kTokens>
void multiply_tile(const MatmulArguments& arguments, const Panel<V, Shape, Form>& panel,
                   const PanelPlace& place, size_t token, NextPanel* next) {
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
  tile.run(next);
  for (size_t t = 0; t < kTokens; ++t) {
    float* to = out + t * arguments.out_stride;
    V::store_first(to, tile.totals[0][t], first);
    V::store_first(to + V::kLanes, tile.totals[1][t], second);
  }
}

/// The last tile, of fewer tokens than the others.
template <class V, class Shape, class Form, size_t kTokens>
void multiply_last_tile(const MatmulArguments& arguments, const Panel<V, Shape, Form>& panel,
                        const PanelPlace& place, size_t token, NextPanel* next) {
  if constexpr (kTokens > 0) {
    if (arguments.in.tokens - token == kTokens) {
      multiply_tile<V, Shape, Form, kTokens>(arguments, panel, place, token, next);
    } else {
      multiply_last_tile<V, Shape, Form, kTokens - 1>(arguments, panel, place, token, next);
    }
  }
}

template <class V, class Type, class Form>
void multiply_panels(const MatmulArguments& arguments) {
  using Shape = typename Type::Shape;
  using Wide = Panel<V, Shape, Form>;
  constexpr size_t kRows = Wide::kRows;
  constexpr size_t kColumns = Wide::kMostGroups * kActivationGroup;
  const size_t tokens = arguments.in.tokens;
  const size_t tiles = (tokens + V::kTileTokens - 1) / V::kTileTokens;
  Wide panel;
  const uint8_t* rows[kRows];
  for (size_t row = 0; row < arguments.weight_rows; row += kRows) {
    const size_t left = arguments.weight_rows - row;
    const size_t count = left < kRows ? left : kRows;
    find_rows(arguments, row, count, rows);
    const uint8_t* ahead = rows[0] + kRows * arguments.weight_stride;
    for (size_t column = 0; column < arguments.columns; column += kColumns) {
      const PanelPlace place = {row, count, column};
      const size_t chunk = column / kChunk;
      const size_t chunk_bytes = kRows * Type::kChunkBytes;
      panel.template fill<Type>(rows, chunk, (arguments.columns - column) / kActivationGroup);
      NextPanel next = {ahead + chunk * chunk_bytes, (chunk_bytes + tiles - 1) / tiles};
      size_t token = 0;
      for (; token + V::kTileTokens <= tokens; token += V::kTileTokens) {
        multiply_tile<V, Shape, Form, V::kTileTokens>(arguments, panel, place, token, &next);
      }
      multiply_last_tile<V, Shape, Form, V::kTileTokens - 1>(arguments, panel, place, token, &next);
    }
  }
}

}  // namespace
}  // namespace sluice
