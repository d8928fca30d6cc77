// F32, F16 and BF16 weights times float activations, written over the vocabulary V of avx2.cpp and
// avx512.cpp.
//
// One definition of the result: element i of a chunk of at most 256 columns belongs to lane
// i % kLanes; each (weight row, token) pair has one vector total, lane = fma(w, x, lane) in column
// order, and V::sum_lanes adds the lanes at the end. Every tile shape does just that.
//
// Four rows at a time are turned into floats, chunk by chunk, and multiplied with all tokens of a
// block before the next chunk, so that this is done once for up to kBlockTokens tokens; the
// totals wait in memory between chunks. The copy costs little even for one token of F32 weights,
// where memory is the limit.
#pragma once

#include <immintrin.h>
#include <string.h>

#include "device/cpu/kernels/generic/prefetch.hpp"
#include "device/cpu/kernels/kernels.hpp"

namespace sluice {
namespace {

enum { kFloatChunk = 256, kFloatRows = 4, kBlockTokens = 48 };

// ---- Where rows of floats come from ----

struct SourceF32 {
  static void load(const uint8_t* row, size_t column, size_t count, float* out) {
    memcpy(out, row + column * 4, count * 4);
  }
};

struct SourceF16 {
  static __m256 widen(const uint8_t* halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
  }
  static void load(const uint8_t* row, size_t column, size_t count, float* out) {
    const uint8_t* from = row + column * 2;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, widen(from + i * 2));
    for (; i < count; ++i) {
      uint8_t one[16] = {from[i * 2], from[i * 2 + 1]};
      out[i] = _mm256_cvtss_f32(widen(one));
    }
  }
};

struct SourceBF16 {
  static void load(const uint8_t* row, size_t column, size_t count, float* out) {
    const uint8_t* from = row + column * 2;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
      const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * 2));
      const __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16);
      _mm256_storeu_ps(out + i, _mm256_castsi256_ps(bits));
    }
    for (; i < count; ++i) {
      const uint8_t one[4] = {0, 0, from[i * 2], from[i * 2 + 1]};
      memcpy(out + i, one, 4);
    }
  }
};

// ---- The product ----

inline const float* float_token(const ActivationRows& in, size_t token, size_t column) {
  const size_t row = in.rows == nullptr ? token : in.rows[token];
  return in.x + row * in.stride + column;
}

/// kFloatRows weight rows times up to kBlockTokens tokens.
template <class V>
struct FloatBlock {
  using Floats = typename V::Floats;

  explicit FloatBlock(const MatmulArguments& all) : arguments(all) {
    memset(weights, 0, sizeof(weights));
  }

  const MatmulArguments& arguments;
  size_t token = 0;  ///< the first of the block
  size_t tokens = 0;
  size_t column = 0;                                   ///< of the chunk
  size_t count = 0;                                    ///< columns of the chunk
  alignas(64) float weights[kFloatRows][kFloatChunk];  ///< zeros behind a short chunk
  Floats totals[kBlockTokens][kFloatRows];

  void add_chunk() {
    size_t t = 0;
    for (; t + V::kFloatTokens <= tokens; t += V::kFloatTokens) add_tile<V::kFloatTokens>(t);
    add_last_tile<V::kFloatTokens - 1>(t);
  }

  /// The last tile, of fewer tokens than the others.
  template <size_t kTokens>
  void add_last_tile(size_t first) {
    if constexpr (kTokens > 0) {
      if (tokens - first == kTokens) {
        add_tile<kTokens>(first);
      } else {
        add_last_tile<kTokens - 1>(first);
      }
    }
  }

  /// totals += weights . x for kTokens tokens of the block.
  template <size_t kTokens>
  void add_tile(size_t first) {
    const float* x[kTokens];
    Floats sums[kTokens][kFloatRows];
#pragma GCC unroll 8
    for (size_t t = 0; t < kTokens; ++t) {
      x[t] = float_token(arguments.in, token + first + t, column);
#pragma GCC unroll 4
      for (size_t r = 0; r < kFloatRows; ++r) sums[t][r] = totals[first + t][r];
    }
    size_t i = 0;
#pragma GCC unroll 1
    for (; i + V::kLanes <= count; i += V::kLanes) {
      Floats values[kTokens];
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) values[t] = V::load(x[t] + i);
      add_vectors(values, i, sums);
    }
    if (i < count) {
      Floats values[kTokens];
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) values[t] = V::load_first(x[t] + i, count - i);
      add_vectors(values, i, sums);
    }
#pragma GCC unroll 8
    for (size_t t = 0; t < kTokens; ++t) {
#pragma GCC unroll 4
      for (size_t r = 0; r < kFloatRows; ++r) totals[first + t][r] = sums[t][r];
    }
  }

  template <size_t kTokens>
  [[gnu::always_inline]] void add_vectors(const Floats (&values)[kTokens], size_t at,
                                          Floats (&sums)[kTokens][kFloatRows]) const {
#pragma GCC unroll 4
    for (size_t r = 0; r < kFloatRows; ++r) {
      const Floats row = V::load(weights[r] + at);
#pragma GCC unroll 8
      for (size_t t = 0; t < kTokens; ++t) {
        sums[t][r] = V::multiply_add(row, values[t], sums[t][r]);
      }
    }
  }
};

/// kFloatRows rows from `row` (or the last ones) times the tokens of a block.
template <class V, class Source>
void multiply_float_block(FloatBlock<V>* block, size_t row) {
  const MatmulArguments& arguments = block->arguments;
  const size_t left = arguments.weight_rows - row;
  const size_t rows = left < kFloatRows ? left : size_t{kFloatRows};
  const size_t row_chunk_bytes = arguments.weight_stride * kFloatChunk / arguments.columns;
  const uint8_t* ahead = arguments.weights + (row + kFloatRows) * arguments.weight_stride;
  for (size_t t = 0; t < block->tokens; ++t) {
    for (size_t r = 0; r < kFloatRows; ++r) block->totals[t][r] = V::zero();
  }
  for (size_t column = 0; column < arguments.columns; column += kFloatChunk) {
    const size_t rest = arguments.columns - column;
    const size_t count = rest < kFloatChunk ? rest : size_t{kFloatChunk};
    block->column = column;
    block->count = count;
    for (size_t r = 0; r < rows; ++r) {
      if (block->token == 0) prefetch(ahead, row_chunk_bytes);
      ahead += row_chunk_bytes;
      const uint8_t* from = arguments.weights + (row + r) * arguments.weight_stride;
      Source::load(from, column, count, block->weights[r]);
      if (count < kFloatChunk) {
        memset(block->weights[r] + count, 0, (kFloatChunk - count) * sizeof(float));
      }
    }
    block->add_chunk();
  }
  for (size_t t = 0; t < block->tokens; ++t) {
    float* out = arguments.out + (block->token + t) * arguments.out_stride + row;
    for (size_t r = 0; r < rows; ++r) out[r] = V::sum_lanes(block->totals[t][r]);
  }
}

template <class V, class Source>
void matmul_float(const MatmulArguments* arguments) {
  FloatBlock<V> block(*arguments);
  const size_t all = arguments->in.tokens;
  for (size_t token = 0; token < all; token += kBlockTokens) {
    block.token = token;
    block.tokens = all - token < kBlockTokens ? all - token : size_t{kBlockTokens};
    for (size_t row = 0; row < arguments->weight_rows; row += kFloatRows) {
      multiply_float_block<V, Source>(&block, row);
    }
  }
}

}  // namespace
}  // namespace sluice
