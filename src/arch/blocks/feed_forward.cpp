#include "arch/blocks/feed_forward.hpp"

namespace sluice {

Result<void> bind_feed_forward(Binder& b, const std::string& p, const FeedForwardRules& rules,
                               FeedForwardWeights& into, LayerUnit* unit) {
  const std::string end = std::string(rules.suffix) + ".weight";
  SLUICE_TRY(b.matrix(p + "ffn_gate" + end, rules.inner, rules.width, into.gate, unit));
  SLUICE_TRY(b.matrix(p + "ffn_up" + end, rules.inner, rules.width, into.up, unit));
  return b.matrix(p + "ffn_down" + end, rules.width, rules.inner, into.down, unit);
}

void FeedForward::lay_out(Scratch& scratch, size_t chunk_tokens, const FeedForwardRules& rules) {
  activation_ = rules.activation;
  gate_ = scratch.rows(chunk_tokens, rules.inner);
  inner_ = scratch.activations(chunk_tokens, rules.inner);
}

void FeedForward::run(const FeedForwardWeights& weights, Activations& in, Rows out, Ops& ops) {
  const Rows gate = gate_.first(in.x.count);
  Activations inner = inner_.first(in.x.count);
  const Product entry[] = {{weights.gate, gate}, {weights.up, inner.x}};
  ops.matmul(in, entry);
  ops.activate(activation_, gate, inner.x);
  const Product exit[] = {{weights.down, out}};
  ops.matmul(inner, exit);
  if (out.data == in.x.data) in.quantised = false;
}

}  // namespace sluice
