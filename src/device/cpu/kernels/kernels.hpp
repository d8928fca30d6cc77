// The table of kernels: one per instruction set, chosen once at open. Only C headers here: files
// compiled for a special instruction set include this one, and must not emit shared C++ symbols.
//
// Determinism. The result for one (weight row, token) pair depends on that row and that token only:
// not on how many rows or tokens a call holds, nor on which thread makes it. Each pair is
// accumulated in the same order by every tile shape of a table.
//
// Numbers. Block-quantised weights are multiplied with activations quantised to 16 bits in groups
// of 32 (relative error about 1e-5): products and their sums inside a group are exact integers.
// If a caller chose 8 bits instead (relative error about 4e-3), q holds integers of at most 127 and
// `bytes` holds them again: every kernel computes the same from q, and some are faster with bytes.
// F32, F16 and BF16 weights are multiplied with F32 activations.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
namespace sluice {
#endif

enum { kActivationGroup = 32, kActivationHalfGroup = 16 };

/// `tokens` rows of activations. `x` is always there; the quantised form only if the table's entry
/// for the weight type asks for it.
struct ActivationRows {
  const float* x;          ///< [tokens, stride]
  size_t stride;           ///< floats between rows of x
  const int16_t* q;        ///< [tokens, q_stride]: x = q * scale
  const int8_t* bytes;     ///< [tokens, q_stride]: q again if it has 8 bits, null if it has 16
  size_t q_stride;         ///< a multiple of 32, at least `columns`
  const float* scale;      ///< [tokens, q_stride / 32]
  const int32_t* sums;     ///< [tokens, q_stride / 16]: sum of q over each 16
  const uint32_t* rows;    ///< token t is row rows[t] of all of these; null: row t
  size_t tokens;           ///< at least 1
};

struct MatmulArguments {
  const uint8_t* weights;  ///< first byte of weight row 0 (any address)
  size_t weight_stride;    ///< bytes between weight rows
  size_t weight_rows;
  size_t columns;          ///< a multiple of the type's block length
  struct ActivationRows in;
  float* out;              ///< out[t * out_stride + r] = weights[r] . x[t]
  size_t out_stride;
  // For kernels that know their type only by its decoder:
  void (*decode)(const uint8_t* block, float* out);
  size_t block_length;     ///< elements in a block of the type (1 for plain floats)
  size_t block_bytes;
};

typedef void (*MatmulKernel)(const struct MatmulArguments*);

struct MatmulEntry {
  MatmulKernel run;        ///< null: a type that no model has weights in
  int wants_quantised;     ///< 1: reads q, scale, sums; 0: reads x
};

/// Attention of the query heads that share one key/value head, for successive tokens. Token t sees
/// positions [first_visible(t), end + t).
struct AttendArguments {
  const float* query;      ///< [tokens, heads, head_dim], rotated
  size_t query_stride;     ///< floats between tokens
  size_t tokens;           ///< at least 1
  size_t heads;
  size_t head_dim;
  const float* keys;       ///< position p at keys + p * kv_stride
  const float* values;     ///< position p at values + p * kv_stride
  size_t kv_stride;
  size_t end;              ///< of what the first token sees, at least 1
  size_t window;           ///< most positions that a token sees; 0: all
  float scale;             ///< multiplies q . k
  const float* sinks;      ///< [heads] extra logits in the denominator, or null
  float* scores;           ///< scratch, [tokens, heads, score_stride]
  size_t score_stride;     ///< at least end + tokens - 1 - first_visible(0)
  float* out;              ///< [tokens, heads, head_dim]
  size_t out_stride;       ///< floats between tokens
};

static inline size_t first_visible(const struct AttendArguments* arguments, size_t token) {
  const size_t end = arguments->end + token;
  return arguments->window == 0 || end < arguments->window ? 0 : end - arguments->window;
}

struct Kernels {
  const char* name;        ///< "scalar", "avx2", "avx512"
  struct MatmulEntry matmul[43];  ///< by GGML type id; kDTypeIds of them
  int gains_from_bytes;    ///< 1: for some types, products of several tokens are faster with bytes

  /// Quantises one row: scale = max|x| / 32767 over each group of 32, q = round to nearest even.
  /// A group that holds a NaN or an infinity gets scale NaN, so that the result shows it.
  /// `columns` is a multiple of 32.
  void (*quantise)(const float* x, size_t columns, int16_t* q, float* scale, int32_t* sums);
  /// The same to 8 bits: scale = max|x| / 127; `bytes` becomes a copy of q.
  void (*quantise_bytes)(const float* x, size_t columns, int16_t* q, int8_t* bytes, float* scale,
                         int32_t* sums);
  /// out = x / sqrt(mean(x^2) + eps) * weight. weight null: 1. In place allowed.
  void (*rms_norm)(const float* x, const float* weight, size_t n, float eps, float* out);
  /// out = silu(gate) * up, silu(z) = z / (1 + exp(-z)). In place allowed.
  void (*silu_multiply)(const float* gate, const float* up, size_t n, float* out);
  /// out = gelu(gate) * up, gelu(z) = z / 2 * (1 + tanh(u)) = z / (1 + exp(-2 u)) with
  /// u = sqrt(2 / pi) * (z + 0.044715 z^3) (Hendrycks and Gimpel, arXiv 1606.08415). In place
  /// allowed.
  void (*gelu_multiply)(const float* gate, const float* up, size_t n, float* out);
  /// out += factor * x.
  void (*add_scaled)(float* out, const float* x, float factor, size_t n);
  /// In place softmax over n values, the largest subtracted first.
  void (*softmax)(float* x, size_t n);
  void (*attend)(const struct AttendArguments*);
  /// 1 if all n values are finite.
  int (*all_finite)(const float* x, size_t n);
};

#ifdef __cplusplus
}  // namespace sluice
#endif
