// The verbs a model is written in. An architecture says what happens; a device says how. Today the
// device is the processor (device/cpu); another one implements this header.
//
// Shapes are row-major. Every row of a result depends on its own row of the inputs only, bit for
// bit: not on the number of rows, nor of threads. Threads: one caller; the device uses its own
// team. Cost: a virtual call and a few microseconds of synchronisation each; nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/rows.hpp"
#include "tensor/matrix.hpp"

namespace sluice {

/// One product of a shared input: out [rows, weights.rows] = in [rows, columns] . weights^T.
struct Product {
  MatrixView weights;
  Rows out;
};

/// Rotary position embedding over the first 2 * pairs elements of each head. `frequencies` [pairs]:
/// angle = position * frequency / divisor. Source: Su et al. 2021 (arXiv 2104.09864).
struct RopeOptions {
  const float* frequencies = nullptr;
  const float* divisors = nullptr;  ///< [pairs], or null: 1 (a file's rope_freqs.weight)
  size_t pairs = 0;
  bool interleaved = false;  ///< pairs (2i, 2i + 1); otherwise (i, i + pairs)
  float magnitude = 1;       ///< multiplies cosine and sine (YaRN)
};

/// Keys and values of one layer. Head h, position p: keys + (h * capacity + p) * head_dim.
struct KvLayer {
  float* keys = nullptr;
  float* values = nullptr;
  size_t heads = 0;
  size_t head_dim = 0;
  size_t capacity = 0;  ///< positions
};

struct AttentionOptions {
  size_t query_heads = 0;
  float scale = 1;                ///< multiplies q . k
  size_t window = 0;              ///< keys visible to a query, itself included; 0: all
  const float* sinks = nullptr;   ///< [query_heads] logits that join the denominator, or null
};

/// What bends the gate of a gated feed-forward.
enum class Activation {
  silu,       ///< z / (1 + exp(-z))
  gelu_tanh,  ///< z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 z^3)))
};

/// How router logits become a choice of experts (model-facts: softmax over all, the top k of them,
/// their weights divided by their sum if `normalise`).
struct RouterOptions {
  size_t top_k = 0;
  bool normalise = true;
  float scale = 1;
};

/// The choice for each token: expert ids by falling weight, and the weights. [tokens, top_k]
struct Routes {
  uint32_t* experts = nullptr;
  float* weights = nullptr;
  size_t tokens = 0;
  size_t top_k = 0;
};

/// One expert's matrices: down(silu(gate x) * (up x)).
struct ExpertMatrices {
  MatrixView gate, up, down;
};

/// Room for the inner activations of an expert.
struct ExpertScratch {
  Rows gate;            ///< [tokens, expert width]
  Activations inner;    ///< [tokens, expert width]
};

class Ops {
 public:
  virtual ~Ops() = default;

  /// out [tokens, width] = rows `tokens` of `table` [vocabulary, width], decoded.
  virtual void embed(const MatrixView& table, std::span<const int32_t> tokens, Rows out) = 0;
  /// out = in / sqrt(mean(in^2) + epsilon) * weight, per row. weight [width]; in place allowed.
  virtual void rms_norm(Rows in, const float* weight, float epsilon, Rows out) = 0;
  /// The same over each head of `head_dim` elements, in place. weight [head_dim].
  virtual void rms_norm_heads(Rows x, size_t head_dim, const float* weight, float epsilon) = 0;
  /// All products of one input.
  virtual void matmul(Activations& in, std::span<const Product> products) = 0;
  /// Rotates every head of `head_dim` elements of every row, in place; row r is at position
  /// first_position + r.
  virtual void rope(Rows x, size_t head_dim, size_t first_position, const RopeOptions& options) = 0;
  /// Copies keys and values [tokens, heads * head_dim] to positions first_position...
  virtual void store_kv(Rows keys, Rows values, size_t first_position, const KvLayer& layer) = 0;
  /// Causal attention of query rows [tokens, query_heads * head_dim] at first_position...; the keys
  /// of these positions are stored already. out has the shape of query.
  virtual void attend(Rows query, size_t first_position, const KvLayer& layer,
                      const AttentionOptions& options, Rows out) = 0;
  /// Chooses experts from router logits [tokens, experts]; equal values: the lower index first.
  virtual void route(Rows logits, const RouterOptions& options, Routes& routes) = 0;
  /// out [rows.size(), width] = expert(in[rows[i]]).
  virtual void expert_ffn(Activations& in, std::span<const uint32_t> rows,
                          const ExpertMatrices& expert, const ExpertScratch& scratch, Rows out) = 0;
  /// out[rows[i]] += factors[i] * x[i].
  virtual void add_weighted(Rows x, std::span<const uint32_t> rows, std::span<const float> factors,
                            Rows out) = 0;
  /// x += y.
  virtual void add(Rows x, Rows y) = 0;
  /// Every row of x += vector [width].
  virtual void add_vector(Rows x, const float* vector) = 0;
  /// out += sigmoid(gate) * x; gate [tokens, 1].
  virtual void add_gated(Rows x, Rows gate, Rows out) = 0;
  /// x *= factor.
  virtual void scale(Rows x, float factor) = 0;
  /// x = min(max(x, -limit), limit); a NaN stays one.
  virtual void clamp(Rows x, float limit) = 0;
  /// x = cap * tanh(x / cap).
  virtual void softcap(Rows x, float cap) = 0;
  /// up *= activation(gate).
  virtual void activate(Activation activation, Rows gate, Rows up) = 0;
  /// True if no value is NaN or infinite.
  virtual bool all_finite(Rows x) = 0;
};

}  // namespace sluice
