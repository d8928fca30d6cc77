// How the weights of a panel lie and are multiplied (quantised_panels.hpp): for 16-bit activations
// in pairs of elements, for 8-bit ones in quads. A form gives
//   adapt(weights): the bytes that go into the panel, kExcess more than the weights
//   interleave(rows, to), offset(group, half): where they lie
//   add<kHalves, kStarted>(weights, tokens, element, dots): adds the products of so many half
//     groups of one group, 16 elements each, of two row vectors, to dots or, if not kStarted, to
//     zero
// The sums of either form are the same integers.
#pragma once

#include "device/cpu/kernels/generic/quantised_activations.hpp"

namespace sluice {
namespace {

/// Weights less their bias, multiplied to 32 bits.
template <class V>
struct PairForm {
  using Ints = typename V::Ints;
  static constexpr bool kUnsigned = false;

  template <class Type>
  static constexpr int32_t kExcess = 0;
  template <class Type>
  static Ints adapt(Ints weights) {
    if constexpr (Type::kBias == 0) return weights;
    return V::subtract_bytes(weights, Type::kBias);
  }
  static size_t offset(size_t group, size_t half) { return V::pair_offset(group, half); }
  static void interleave(const Ints (&rows)[V::kLanes], int8_t* to) {
    V::interleave_pairs(rows, to);
  }

  template <size_t kHalves, bool kStarted, size_t kTokens>
  [[gnu::always_inline]] static void add(const int8_t* const (&weights)[2],
                                         const QuantisedToken (&tokens)[kTokens], size_t element,
                                         Ints (&dots)[2][kTokens]) {
#pragma GCC unroll 2
    for (size_t half = 0; half < kHalves; ++half) {
      const size_t at = V::pair_offset(0, half);
      const size_t from = element + half * kActivationHalfGroup;
#pragma GCC unroll 8
      for (size_t pair = 0; pair < kActivationHalfGroup / 2; ++pair) {
        const Ints first = V::load_pairs(weights[0] + at + pair * V::kPairStride);
        const Ints second = V::load_pairs(weights[1] + at + pair * V::kPairStride);
#pragma GCC unroll 8
        for (size_t t = 0; t < kTokens; ++t) {
          const Ints x = V::broadcast_pair(tokens[t].q + from + 2 * pair);
          if (!kStarted && half == 0 && pair == 0) {
            dots[0][t] = V::multiply_pairs(first, x);
            dots[1][t] = V::multiply_pairs(second, x);
          } else {
            dots[0][t] = V::dot_pairs(dots[0][t], first, x);
            dots[1][t] = V::dot_pairs(dots[1][t], second, x);
          }
        }
      }
    }
  }
};

/// Quads that can be multiplied to 16 bits and summed there: products of two neighbours are at most
/// 2 * 127 * the largest weight.
constexpr size_t quads_per_word(size_t weight_bits) {
  const size_t most = 32767 / (2 * 127 * ((size_t{1} << weight_bits) - 1));
  return most < kActivationGroup / 4 ? most : kActivationGroup / 4;
}

/// Unsigned bytes; kExcess * sum(q) comes off the start value of a dot. Multiplied to 32 bits where
/// V can (kWordQuads is 0), otherwise to 16 bits, kWordQuads quads before they are added up.
template <class V, size_t kWordQuads>
struct QuadForm {
  using Ints = typename V::Ints;
  static constexpr bool kUnsigned = true;
  template <class Type>
  static constexpr int32_t kExcess = kIsSigned<Type> ? 128 : Type::kBias;
  template <class Type>
  static Ints adapt(Ints weights) {
    if constexpr (kIsSigned<Type>) return V::flip_signs(weights);
    return weights;
  }
  static size_t offset(size_t group, size_t half) { return V::quad_offset(group, half); }
  static void interleave(const Ints (&rows)[V::kLanes], int8_t* to) {
    V::interleave_quads(rows, to);
  }

  template <size_t kHalves, bool kStarted, size_t kTokens>
  [[gnu::always_inline]] static void add(const int8_t* const (&weights)[2],
                                         const QuantisedToken (&tokens)[kTokens], size_t element,
                                         Ints (&dots)[2][kTokens]) {
    constexpr size_t kQuads = kHalves * kActivationHalfGroup / 4;
    Ints words[2][kTokens];
#pragma GCC unroll 8
    for (size_t quad = 0; quad < kQuads; ++quad) {
      const Ints first = V::load_ints(weights[0] + quad * V::kQuadStride);
      const Ints second = V::load_ints(weights[1] + quad * V::kQuadStride);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        const Ints x = V::broadcast_quad(tokens[t].bytes + element + 4 * quad);
        if constexpr (kWordQuads == 0) {
          if (!kStarted && quad == 0) dots[0][t] = dots[1][t] = V::zero_ints();
          dots[0][t] = V::dot_quads(dots[0][t], first, x);
          dots[1][t] = V::dot_quads(dots[1][t], second, x);
        } else {
          add_words<kQuads, kStarted>(quad, first, x, words[0][t], dots[0][t]);
          add_words<kQuads, kStarted>(quad, second, x, words[1][t], dots[1][t]);
        }
      }
    }
  }

  template <size_t kQuads, bool kStarted>
  [[gnu::always_inline]] static void add_words(size_t quad, Ints weights, Ints x, Ints& words,
                                               Ints& dot) {
    const Ints products = V::multiply_quads(weights, x);
    words = quad % kWordQuads == 0 ? products : V::add_words(words, products);
    const size_t done = quad + 1;
    if (done % kWordQuads != 0 && done != kQuads) return;
    const bool first = !kStarted && done <= kWordQuads;
    dot = first ? V::multiply_word_pairs(words) : V::add_word_pairs(dot, words);
  }
};

}  // namespace
}  // namespace sluice
