// A gated feed-forward, down(activation(gate x) * (up x)): that of a dense layer, or a shared
// expert. Source: Shazeer 2020 (arXiv 2002.05202). Threads: driven by the step's caller.
#pragma once

#include <string>
#include <string_view>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct FeedForwardRules {
  size_t width = 0;
  size_t inner = 0;
  Activation activation = Activation::silu;
  std::string_view suffix;  ///< of the tensors' names: ffn_gate<suffix>.weight
};

struct FeedForwardWeights {
  MatrixView gate, up;  // [inner, width]
  MatrixView down;      // [width, inner]
};

/// Binds `<prefix>ffn_*`; the matrices to `unit`, or resident ones without it. `into` must stay
/// where it is. Errors: as the binder's.
Result<void> bind_feed_forward(Binder& binder, const std::string& prefix,
                               const FeedForwardRules& rules, FeedForwardWeights& into,
                               LayerUnit* unit = nullptr);

class FeedForward {
 public:
  void lay_out(Scratch& scratch, size_t chunk_tokens, const FeedForwardRules& rules);

  /// out [tokens, width] = what becomes of in.x [tokens, width]; `out` may be in.x.
  void run(const FeedForwardWeights& weights, Activations& in, Rows out, Ops& ops);

 private:
  Activation activation_ = Activation::silu;
  Rows gate_;          // [chunk, inner]
  Activations inner_;  // [chunk, inner]
};

}  // namespace sluice
