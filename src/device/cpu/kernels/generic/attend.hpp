// Attention of the query heads that share a key/value head, over the vocabulary V of avx2.cpp and
// avx512.cpp. Keys and values are walked in blocks of positions that stay in level-1 or level-2
// cache while every head of the group uses them.
//
// The result of a head does not depend on the other heads: a score is one vector total over the
// head dimension, its lanes added by V::sum_each; an output element is one total over positions in
// order. Blocks and tiles change neither.
#pragma once

#include "device/cpu/kernels/generic/vectors.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

enum { kValueBlock = 64, kValueHeads = 4, kValueVectors = 2 };

/// Scores of one head for `count` <= kLanes positions from `position`; the keys of positions
/// behind them are not touched.
template <class V>
inline void score_positions(const AttendArguments& arguments, size_t head, size_t position,
                            size_t count) {
  using Floats = typename V::Floats;
  const float* query = arguments.query + head * arguments.head_dim;
  const float* keys[V::kLanes];
  Floats totals[V::kLanes];
#pragma GCC unroll 16
  for (size_t p = 0; p < V::kLanes; ++p) {
    keys[p] = arguments.keys + (position + (p < count ? p : 0)) * arguments.kv_stride;
    totals[p] = V::zero();
  }
  size_t i = 0;
#pragma GCC unroll 1
  for (; i + V::kLanes <= arguments.head_dim; i += V::kLanes) {
    const Floats q = V::load(query + i);
#pragma GCC unroll 16
    for (size_t p = 0; p < V::kLanes; ++p) {
      totals[p] = V::multiply_add(q, V::load(keys[p] + i), totals[p]);
    }
  }
  if (i < arguments.head_dim) {
    const size_t rest = arguments.head_dim - i;
    const Floats q = V::load_first(query + i, rest);
#pragma GCC unroll 16
    for (size_t p = 0; p < V::kLanes; ++p) {
      totals[p] = V::multiply_add(q, V::load_first(keys[p] + i, rest), totals[p]);
    }
  }
  float* scores = arguments.scores + head * arguments.score_stride + (position - arguments.first);
  V::store_first(scores, V::multiply(V::sum_each(totals), V::broadcast(arguments.scale)), count);
}

/// Positions of one block, and the part of the head dimension: `width` elements from `element`.
struct ValuePlace {
  size_t begin;
  size_t end;
  size_t element;
  size_t width;
};

/// out += scores * values for kHeads heads from `head`.
template <class V, size_t kHeads>
void add_values(const AttendArguments& arguments, size_t head, const ValuePlace& place) {
  using Floats = typename V::Floats;
  const size_t width[2] = {place.width < V::kLanes ? place.width : V::kLanes,
                           place.width < V::kLanes ? 0 : place.width - V::kLanes};
  Floats totals[kHeads][kValueVectors];
  float* out = arguments.out + head * arguments.head_dim + place.element;
  const float* scores = arguments.scores + head * arguments.score_stride;
#pragma GCC unroll 4
  for (size_t h = 0; h < kHeads; ++h) {
#pragma GCC unroll 2
    for (size_t i = 0; i < kValueVectors; ++i) {
      totals[h][i] = V::load_first(out + h * arguments.head_dim + i * V::kLanes, width[i]);
    }
  }
#pragma GCC unroll 1
  for (size_t p = place.begin; p < place.end; ++p) {
    const float* value = arguments.values + p * arguments.kv_stride + place.element;
    const Floats first = V::load_first(value, width[0]);
    const Floats second = V::load_first(value + V::kLanes, width[1]);
#pragma GCC unroll 4
    for (size_t h = 0; h < kHeads; ++h) {
      const Floats weight = V::broadcast(scores[h * arguments.score_stride + p - arguments.first]);
      totals[h][0] = V::multiply_add(weight, first, totals[h][0]);
      totals[h][1] = V::multiply_add(weight, second, totals[h][1]);
    }
  }
#pragma GCC unroll 4
  for (size_t h = 0; h < kHeads; ++h) {
#pragma GCC unroll 2
    for (size_t i = 0; i < kValueVectors; ++i) {
      V::store_first(out + h * arguments.head_dim + i * V::kLanes, totals[h][i], width[i]);
    }
  }
}

template <class V>
void add_value_block(const AttendArguments& arguments, size_t begin, size_t end) {
  constexpr size_t kWidth = kValueVectors * V::kLanes;
  for (size_t element = 0; element < arguments.head_dim; element += kWidth) {
    const size_t left = arguments.head_dim - element;
    const ValuePlace place = {begin, end, element, left < kWidth ? left : kWidth};
    size_t head = 0;
    for (; head + kValueHeads <= arguments.heads; head += kValueHeads) {
      add_values<V, kValueHeads>(arguments, head, place);
    }
    for (; head < arguments.heads; ++head) add_values<V, 1>(arguments, head, place);
  }
}

template <class V>
void attend(const AttendArguments* arguments) {
  const AttendArguments& a = *arguments;
  for (size_t position = a.first; position < a.end; position += V::kLanes) {
    const size_t left = a.end - position;
    const size_t count = left < V::kLanes ? left : V::kLanes;
    for (size_t head = 0; head < a.heads; ++head) score_positions<V>(a, head, position, count);
  }
  for (size_t i = 0; i < a.heads * a.head_dim; ++i) a.out[i] = 0;
  if (a.first >= a.end) return;

  const size_t positions = a.end - a.first;
  for (size_t head = 0; head < a.heads; ++head) {
    float* scores = a.scores + head * a.score_stride;
    // A sink takes its share of the probability and adds no value.
    const float sink = a.sinks == nullptr ? -kInfinity : a.sinks[head];
    const float largest = largest_of<V>(scores, positions, sink);
    float sum = exponentiate<V>(scores, positions, largest);
    if (a.sinks != nullptr) {
      sum += V::first_lane(exponential<V>(V::broadcast(sink - largest)));
    }
    multiply_all<V>(scores, positions, 1.0f / sum);
  }
  for (size_t begin = a.first; begin < a.end; begin += kValueBlock) {
    const size_t left = a.end - begin;
    add_value_block<V>(a, begin, begin + (left < kValueBlock ? left : size_t{kValueBlock}));
  }
}

}  // namespace
}  // namespace sluice
