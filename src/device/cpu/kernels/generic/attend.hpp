// Attention of the query heads that share a key/value head, over the vocabulary V of avx2.cpp and
// avx512.cpp. A row is one head of one token. Keys and values are walked in blocks of positions
// that stay in level-1 or level-2 cache while every row uses them.
//
// The result of a row does not depend on the other rows: a score is one vector total over the head
// dimension, its lanes added by V::sum_each; an output element is one total over positions in
// order. Blocks and tiles change neither.
#pragma once

#include "device/cpu/kernels/generic/vectors.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

enum { kScoreRows = 4, kValueBlock = 64, kValueRows = 4, kValueVectors = 2 };

inline const float* query_of(const AttendArguments& arguments, size_t row) {
  return arguments.query + row / arguments.heads * arguments.query_stride +
         row % arguments.heads * arguments.head_dim;
}

inline float* out_of(const AttendArguments& arguments, size_t row) {
  return arguments.out + row / arguments.heads * arguments.out_stride +
         row % arguments.heads * arguments.head_dim;
}

/// The score of a row for `position`.
inline float* score_of(const AttendArguments& arguments, size_t row, size_t position) {
  return arguments.scores + row * arguments.score_stride +
         (position - first_visible(&arguments, 0));
}

/// Scores of kRows rows for `count` <= kLanes / kRows positions from `position`; the keys of
/// positions behind them are not touched.
template <class V, size_t kRows>
inline void score_tile(const AttendArguments& arguments, size_t row, size_t position,
                       size_t count) {
  using Floats = typename V::Floats;
  constexpr size_t kPositions = V::kLanes / kRows;
  const float* queries[kRows];
  const float* keys[kPositions];
  Floats totals[V::kLanes];
  for (size_t r = 0; r < kRows; ++r) queries[r] = query_of(arguments, row + r);
  for (size_t p = 0; p < kPositions; ++p) {
    keys[p] = arguments.keys + (position + (p < count ? p : 0)) * arguments.kv_stride;
  }
#pragma GCC unroll 16
  for (size_t i = 0; i < V::kLanes; ++i) totals[i] = V::zero();
  const auto add = [&](const auto& load) {
    Floats q[kRows];
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) q[r] = load(queries[r]);
#pragma GCC unroll 16
    for (size_t p = 0; p < kPositions; ++p) {
      const Floats key = load(keys[p]);
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        Floats& total = totals[r * kPositions + p];
        total = V::multiply_add(q[r], key, total);
      }
    }
  };
  size_t i = 0;
#pragma GCC unroll 1
  for (; i + V::kLanes <= arguments.head_dim; i += V::kLanes) {
    add([i](const float* from) { return V::load(from + i); });
  }
  if (i < arguments.head_dim) {
    const size_t rest = arguments.head_dim - i;
    add([i, rest](const float* from) { return V::load_first(from + i, rest); });
  }
  float scores[V::kLanes];
  V::store(scores, V::multiply(V::sum_each(totals), V::broadcast(arguments.scale)));
  for (size_t r = 0; r < kRows; ++r) {
    float* to = score_of(arguments, row + r, position);
    for (size_t p = 0; p < kPositions; ++p) {
      if (p < count) to[p] = scores[r * kPositions + p];
    }
  }
}

/// Scores of rows [row, row + kRows) for `count` <= kLanes positions from `position`.
template <class V, size_t kRows>
inline void score_rows(const AttendArguments& arguments, size_t row, size_t position,
                       size_t count) {
  constexpr size_t kPositions = V::kLanes / kRows;
  for (size_t done = 0; done < count; done += kPositions) {
    const size_t left = count - done;
    score_tile<V, kRows>(arguments, row, position + done, left < kPositions ? left : kPositions);
  }
}

/// Every row's scores for all positions that any row sees.
template <class V>
void score(const AttendArguments& arguments) {
  const size_t rows = arguments.tokens * arguments.heads;
  const size_t end = arguments.end + arguments.tokens - 1;
  for (size_t position = first_visible(&arguments, 0); position < end; position += V::kLanes) {
    const size_t left = end - position;
    const size_t count = left < V::kLanes ? left : V::kLanes;
    size_t row = 0;
    for (; row + kScoreRows <= rows; row += kScoreRows) {
      score_rows<V, kScoreRows>(arguments, row, position, count);
    }
    for (; row < rows; ++row) score_rows<V, 1>(arguments, row, position, count);
  }
}

/// In place softmax of a row's scores, with its sink in the denominator.
template <class V>
void soften(const AttendArguments& arguments, size_t row) {
  const size_t token = row / arguments.heads;
  const size_t first = first_visible(&arguments, token);
  const size_t positions = arguments.end + token - first;
  float* scores = score_of(arguments, row, first);
  // A sink takes its share of the probability and adds no value.
  const float* sinks = arguments.sinks;
  const float sink = sinks == nullptr ? -kInfinity : sinks[row % arguments.heads];
  const float largest = largest_of<V>(scores, positions, sink);
  float sum = exponentiate<V>(scores, positions, largest);
  if (sinks != nullptr) sum += V::first_lane(exponential<V>(V::broadcast(sink - largest)));
  multiply_all<V>(scores, positions, 1.0f / sum);
}

/// Positions [begin, end), and the part of the head dimension: `width` elements from `element`.
struct ValuePlace {
  size_t begin;
  size_t end;
  size_t element;
  size_t width;
};

/// out += scores * values for kRows rows from `row`.
template <class V, size_t kRows>
void add_values(const AttendArguments& arguments, size_t row, const ValuePlace& place) {
  using Floats = typename V::Floats;
  const size_t width[2] = {place.width < V::kLanes ? place.width : V::kLanes,
                           place.width < V::kLanes ? 0 : place.width - V::kLanes};
  Floats totals[kRows][kValueVectors];
  float* out[kRows];
  const float* scores[kRows];
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
    out[r] = out_of(arguments, row + r) + place.element;
    scores[r] = score_of(arguments, row + r, place.begin);
#pragma GCC unroll 2
    for (size_t i = 0; i < kValueVectors; ++i) {
      totals[r][i] = V::load_first(out[r] + i * V::kLanes, width[i]);
    }
  }
  const float* value = arguments.values + place.begin * arguments.kv_stride + place.element;
#pragma GCC unroll 1
  for (size_t p = 0; p < place.end - place.begin; ++p) {
    const Floats first = V::load_first(value, width[0]);
    const Floats second = V::load_first(value + V::kLanes, width[1]);
    value += arguments.kv_stride;
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const Floats weight = V::broadcast(scores[r][p]);
      totals[r][0] = V::multiply_add(weight, first, totals[r][0]);
      totals[r][1] = V::multiply_add(weight, second, totals[r][1]);
    }
  }
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (size_t i = 0; i < kValueVectors; ++i) {
      V::store_first(out[r] + i * V::kLanes, totals[r][i], width[i]);
    }
  }
}

/// Adds the values of positions [begin, end) to rows [row, row + rows), which all see them.
template <class V>
void add_positions(const AttendArguments& arguments, size_t row, size_t rows, size_t begin,
                   size_t end) {
  constexpr size_t kWidth = kValueVectors * V::kLanes;
  for (size_t from = begin; from < end; from += kValueBlock) {
    const size_t to = end - from < kValueBlock ? end : from + kValueBlock;
    for (size_t element = 0; element < arguments.head_dim; element += kWidth) {
      const size_t left = arguments.head_dim - element;
      const ValuePlace place = {from, to, element, left < kWidth ? left : kWidth};
      size_t r = 0;
      for (; r + kValueRows <= rows; r += kValueRows) {
        add_values<V, kValueRows>(arguments, row + r, place);
      }
      for (; r < rows; ++r) add_values<V, 1>(arguments, row + r, place);
    }
  }
}

/// What every token sees is added to all rows together; before and after it, each token adds what
/// only it and its neighbours see. So every row takes its positions in order.
template <class V>
void attend(const AttendArguments* arguments) {
  const AttendArguments& a = *arguments;
  const size_t rows = a.tokens * a.heads;
  score<V>(a);
  for (size_t row = 0; row < rows; ++row) {
    soften<V>(a, row);
    memset(out_of(a, row), 0, a.head_dim * sizeof(float));
  }
  const size_t last_first = first_visible(&a, a.tokens - 1);
  const size_t shared = last_first < a.end ? last_first : a.end;
  for (size_t token = 0; token < a.tokens; ++token) {
    add_positions<V>(a, token * a.heads, a.heads, first_visible(&a, token), shared);
  }
  add_positions<V>(a, 0, rows, shared, a.end);
  for (size_t token = 1; token < a.tokens; ++token) {
    const size_t first = first_visible(&a, token);
    add_positions<V>(a, token * a.heads, a.heads, first < a.end ? a.end : first, a.end + token);
  }
}

}  // namespace
}  // namespace sluice
