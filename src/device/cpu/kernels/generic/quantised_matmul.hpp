// Block-quantised weights times quantised activations, written over a small vocabulary V (avx2.cpp,
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
//   more tokens: 2 * kLanes rows are unpacked and interleaved into a panel (in level-2 cache) of
//                vectors that hold two neighbouring elements of each row (four, if activations
//                are bytes); as many activations are broadcast against them, and a span needs no
//                reduction at all. Measured to be faster from two tokens on (bench/kernels.cpp).
//
// Columns are walked in chunks of 256, eight to a panel; between panels the totals lie in `out`.
#pragma once

#include "device/cpu/kernels/generic/quantised_panels.hpp"
#include "device/cpu/kernels/generic/quantised_rows.hpp"

namespace sluice {
namespace {

template <class V, class Type>
void matmul_quantised(const MatmulArguments* arguments) {
  if (arguments->in.tokens == 1) {
    multiply_rows<V, Type>(*arguments);
    return;
  }
  constexpr size_t kWordQuads = V::kWideQuads ? 0 : quads_per_word(Type::kBits);
  if constexpr (V::kWideQuads || kWordQuads != 0) {
    if (arguments->in.bytes != nullptr) {
      multiply_panels<V, Type, QuadForm<V, kWordQuads>>(*arguments);
      return;
    }
  }
  multiply_panels<V, Type, PairForm<V>>(*arguments);
}

}  // namespace
}  // namespace sluice
