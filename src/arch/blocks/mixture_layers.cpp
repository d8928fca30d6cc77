#include "arch/blocks/mixture_layers.hpp"

#include <algorithm>

#include "arch/blocks/hyper.hpp"
#include "arch/blocks/lookahead.hpp"

namespace sluice {

namespace {

struct Layer {
  const float* attention_norm = nullptr;  // [width]
  AttentionWeights attention;
  const float* ffn_norm = nullptr;  // [width]
  MatrixView router;                // [experts, width]
  ExpertLayer experts;              // streamed
  MatrixView shared_gate;           // [1, width]
  FeedForwardWeights shared;
};

class MixtureLayers final : public Layers {
 public:
  MixtureLayers(std::string file, const MixtureHyper& hyper)
      : file_(std::move(file)), hyper_(hyper), layers_(hyper.shape.layers) {}

  Result<void> bind(Binder& b) {
    SLUICE_TRY(bind_rope(b, hyper_.rope));
    for (size_t i = 0; i < layers_.size(); ++i) SLUICE_TRY(bind_layer(b, i));
    return {};
  }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    const auto number = [](size_t value) { return value == 0 ? "none" : std::to_string(value); };
    return {{"expert width", number(hyper_.mixture.inner)},
            {"shared expert width", number(hyper_.shared.inner)},
            {"window", number(hyper_.window)}};
  }

  void lay_out(Scratch& scratch, size_t chunk) override {
    const size_t block = std::min(chunk, kBlockTokens);
    normed_ = scratch.activations(chunk, hyper_.shape.width);
    attention_.lay_out(scratch, block, hyper_.attention);
    mixture_.lay_out(scratch, chunk, hyper_.mixture);
    if (has_shared()) {
      shared_.lay_out(scratch, block, hyper_.shared);
      shared_gate_ = scratch.rows(block, 1);
      shared_out_ = scratch.rows(block, hyper_.shape.width);
    }
    const ModelShape& shape = hyper_.shape;
    lookahead_.lay_out(scratch, chunk, layers_.size(), shape.experts, shape.experts_used);
  }

  // Which experts are used, the router says, layer by layer.
  Result<void> begin(Store&) override { return {}; }

  // Attention and routing go block by block; the experts serve the whole chunk at once.
  Result<void> run(size_t index, const Step& step, Rows x) override {
    const Layer& layer = layers_[index];
    if (x.count == 1) hint_own(index, step, x);
    Activations in = normed_.first(x.count);
    in.quantised = true;
    for (size_t begin = 0; begin < x.count; begin += kBlockTokens) {
      Activations block = in.slice(begin, std::min(kBlockTokens, x.count - begin));
      SLUICE_TRY(attend_and_route(index, begin, step, x.slice(begin, block.x.count), block));
      in.quantised = in.quantised && block.quantised;
      if (step.pulse) step.pulse();
    }
    SLUICE_TRY(mixture_.want(layer.experts, look_ahead(index, in, step), *step.store));
    if (has_shared()) add_shared(layer, in, *step.ops, x);  // while the disk turns
    return mixture_.run(layer.experts, in, step, x);
  }

 private:
  bool has_shared() const { return hyper_.shared.inner != 0; }

  // x are the tokens of the step from `begin` on; what the experts get is left in `in`.
  Result<void> attend_and_route(size_t index, size_t begin, const Step& step, Rows x,
                                Activations& in) {
    const Layer& layer = layers_[index];
    const float epsilon = hyper_.attention.epsilon;
    const AttentionReach reach = {&hyper_.rope, hyper_.window, begin};
    Ops& ops = *step.ops;
    ops.rms_norm(x, layer.attention_norm, epsilon, in.x);
    ops.add(x, attention_.run(layer.attention, reach, index, in, step));
    if (!ops.all_finite(x)) return damaged(file_, "layer " + std::to_string(index) + ", attention");
    ops.rms_norm(x, layer.ffn_norm, epsilon, in.x);
    mixture_.route(layer.router, in, begin, ops);
    return {};
  }

  void add_shared(const Layer& layer, const Activations& in, Ops& ops, Rows x) {
    for (size_t begin = 0; begin < x.count; begin += kBlockTokens) {
      const size_t count = std::min(kBlockTokens, x.count - begin);
      Activations block = in.slice(begin, count);
      block.quantised = in.quantised;
      add_shared_block(layer, block, ops, x.slice(begin, count));
    }
  }

  void add_shared_block(const Layer& layer, Activations& in, Ops& ops, Rows x) {
    const Rows gate = shared_gate_.first(x.count);
    const Rows out = shared_out_.first(x.count);
    const Product product[] = {{layer.shared_gate, gate}};
    ops.matmul(in, product);
    shared_.run(layer.shared, in, out, ops);
    ops.add_gated(out, gate, x);
  }

  // What the layer after `index` may want.
  std::span<const UnitIndex> look_ahead(size_t index, Activations& in, const Step& step) {
    lookahead_.learn(index, mixture_.routes());
    if (index + 1 == layers_.size()) return {};
    const Layer& next = layers_[index + 1];
    return lookahead_.guess({Lookahead::Moment::layer_before, index + 1, next.router, next.experts,
                             in, *step.ops, *step.store});
  }

  // What layer `index` itself may want, by what enters it: read during its attention.
  void hint_own(size_t index, const Step& step, Rows x) {
    const Layer& layer = layers_[index];
    Activations in = normed_.first(x.count);
    step.ops->rms_norm(x, layer.ffn_norm, hyper_.attention.epsilon, in.x);
    const auto units = lookahead_.guess({Lookahead::Moment::own_attention, index, layer.router,
                                         layer.experts, in, *step.ops, *step.store});
    if (!units.empty()) step.store->hint(units);
  }

  Result<void> bind_layer(Binder& b, size_t index) {
    const std::string p = layer_prefix(index);
    Layer& layer = layers_[index];
    const size_t width = hyper_.shape.width;
    SLUICE_TRY(b.vector(p + "attn_norm.weight", width, layer.attention_norm));
    SLUICE_TRY(bind_attention(b, p, hyper_.attention, layer.attention));
    SLUICE_TRY(b.vector(p + "ffn_norm.weight", width, layer.ffn_norm));
    SLUICE_TRY(bind_mixture(b, p, hyper_.mixture, layer.router, layer.experts));
    if (!has_shared()) return {};
    SLUICE_TRY(b.matrix(p + "ffn_gate_inp_shexp.weight", 1, width, layer.shared_gate));
    return bind_feed_forward(b, p, hyper_.shared, layer.shared);
  }

  std::string file_;
  MixtureHyper hyper_;
  std::vector<Layer> layers_;

  Activations normed_;
  SelfAttention attention_;
  Mixture mixture_;
  FeedForward shared_;
  Rows shared_gate_;  // [block, 1]
  Rows shared_out_;   // [block, width]
  Lookahead lookahead_;
};

}  // namespace

Result<MixtureHyper> read_mixture_model(const Metadata& metadata, std::string_view prefix,
                                        bool normalise) {
  MixtureHyper hyper;
  SLUICE_LET(hyper.shape, read_shape(metadata, prefix));
  SLUICE_LET(hyper.attention, read_attention(metadata, prefix, hyper.shape));
  SLUICE_LET(hyper.rope, read_rope(metadata, prefix, hyper.shape.head_dim));
  SLUICE_LET(hyper.mixture, read_mixture(metadata, prefix, normalise, hyper.shape));
  return hyper;
}

Result<std::unique_ptr<Model>> make_mixture_model(Binder& binder, const MixtureHyper& hyper) {
  auto layers = std::make_unique<MixtureLayers>(binder.file().path, hyper);
  SLUICE_TRY(layers->bind(binder));
  return make_decoder(binder, {hyper.shape, hyper.attention.epsilon}, std::move(layers));
}

}  // namespace sluice
