// Self-attention with grouped queries, as most decoders have it: projections, norms of queries and
// keys, rotary positions, a causal softmax over everything or a window, and the output projection.
// Source: Vaswani et al. 2017 (arXiv 1706.03762), Ainslie et al. 2023 (arXiv 2305.13245).
// Threads: driven by the step's caller.
#pragma once

#include <string>

#include "arch/binder.hpp"
#include "arch/blocks/rope.hpp"
#include "arch/model.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// What is normed of queries and keys before they are rotated.
enum class HeadNorm {
  none,
  each,   ///< every head by itself; weights [head_dim]
  whole,  ///< the whole projection, all heads together; weights [heads * head_dim]
};

/// What all layers of a model have in common.
struct AttentionRules {
  size_t width = 0;
  size_t query_heads = 0;
  size_t kv_heads = 0;
  size_t head_dim = 0;
  HeadNorm norm = HeadNorm::none;
  bool biases = false;       ///< queries, keys and values must have one; otherwise they may
  bool interleaved = false;  ///< rotary pairs (2i, 2i + 1)
  float clamp = 0;           ///< of queries, keys and values, after the norms; 0: none
  float epsilon = 1e-6f;     ///< of the norms
  float scale = 1;           ///< multiplies q . k

  size_t query_width() const { return query_heads * head_dim; }
  size_t key_width() const { return kv_heads * head_dim; }
};

/// Rules from the shape and `<prefix>.attention.*`: scale (by default 1 / sqrt(head_dim)), epsilon
/// and clamp. Errors: corrupt.
Result<AttentionRules> read_attention(const Metadata& metadata, std::string_view prefix,
                                      const ModelShape& shape);

/// What a layer's positions see, and how they are marked.
struct AttentionReach {
  const RopeTable* rope = nullptr;
  size_t window = 0;  ///< positions seen, the query's own included; 0: all
  size_t begin = 0;   ///< tokens of the step before the first one given
};

struct AttentionWeights {
  MatrixView query, key, value;       // [heads * head_dim, width]; unused if fused
  MatrixView query_key_value;         // the same rows in one tensor, in some files
  const float* query_bias = nullptr;  // [heads * head_dim], or null; of all three if fused
  const float* key_bias = nullptr;
  const float* value_bias = nullptr;
  const float* query_norm = nullptr;  // by HeadNorm
  const float* key_norm = nullptr;
  MatrixView output;                   // [width, query_heads * head_dim]
  const float* output_bias = nullptr;  // [width], or null

  bool fused() const { return query_key_value.rows != 0; }
};

/// Binds `<prefix>attn_*`; the matrices to `unit`, or resident ones without it. Vectors are always
/// resident. `into` must stay where it is. Errors: as the binder's.
Result<void> bind_attention(Binder& binder, const std::string& prefix, const AttentionRules& rules,
                            AttentionWeights& into, LayerUnit* unit = nullptr);

class SelfAttention {
 public:
  void lay_out(Scratch& scratch, size_t tokens, const AttentionRules& rules);

  /// Attention of layer `index` over in.x [tokens, width], which is normed already: the tokens of
  /// the step from reach.begin on, those before having had their turn. Stores keys and values; the
  /// result takes the place of in.x and is returned.
  Rows run(const AttentionWeights& weights, const AttentionReach& reach, size_t index,
           Activations& in, const Step& step);

 private:
  void project(const AttentionWeights& weights, Activations& in, Ops& ops);

  AttentionRules rules_;
  Rows query_key_value_;  // [tokens, (query_heads + 2 kv_heads) * head_dim]
  Activations attended_;  // [tokens, query_heads * head_dim]
};

}  // namespace sluice
