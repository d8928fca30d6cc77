#include "arch/blocks/dense_layers.hpp"

#include <algorithm>

#include "arch/blocks/hyper.hpp"
#include "arch/blocks/layer_stream.hpp"

namespace sluice {

namespace {

struct Layer {
  const float* attention_norm = nullptr;  // [width]
  AttentionWeights attention;             // matrices streamed
  const float* ffn_norm = nullptr;        // [width]
  FeedForwardWeights feed_forward;        // streamed
};

class DenseLayers final : public Layers {
 public:
  explicit DenseLayers(const DenseHyper& hyper) : hyper_(hyper), layers_(hyper.shape.layers) {}

  Result<void> bind(Binder& b) {
    SLUICE_TRY(bind_rope(b, hyper_.rope));
    for (size_t i = 0; i < layers_.size(); ++i) SLUICE_TRY(bind_layer(b, i));
    return {};
  }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    return {{"feed-forward width", std::to_string(hyper_.feed_forward.inner)},
            {"window", hyper_.window == 0 ? "none" : std::to_string(hyper_.window)}};
  }

  void lay_out(Scratch& scratch, size_t chunk) override {
    const size_t block = std::min(chunk, kBlockTokens);
    normed_ = scratch.activations(block, hyper_.shape.width);
    attention_.lay_out(scratch, block, hyper_.attention);
    feed_forward_.lay_out(scratch, block, hyper_.feed_forward);
  }

  Result<void> begin(Store& store) override { return stream_.begin(store); }

  Result<void> run(size_t index, const Step& step, Rows x) override {
    SLUICE_LET(const Lease lease, stream_.take(index, *step.store));
    for (size_t begin = 0; begin < x.count; begin += kBlockTokens) {
      if (step.pulse) step.pulse();
      run_block(index, begin, step, x.slice(begin, std::min(kBlockTokens, x.count - begin)));
    }
    return check_finite(x, lease, *step.ops, *step.store);
  }

 private:
  // x are the tokens of the step from `begin` on.
  void run_block(size_t index, size_t begin, const Step& step, Rows x) {
    const Layer& layer = layers_[index];
    const float epsilon = hyper_.attention.epsilon;
    const AttentionReach reach = {&hyper_.rope, hyper_.window, begin};
    Ops& ops = *step.ops;
    Activations in = normed_.first(x.count);
    ops.rms_norm(x, layer.attention_norm, epsilon, in.x);
    ops.add(x, attention_.run(layer.attention, reach, index, in, step));
    ops.rms_norm(x, layer.ffn_norm, epsilon, in.x);
    feed_forward_.run(layer.feed_forward, in, in.x, ops);
    ops.add(x, in.x);
  }

  Result<void> bind_layer(Binder& b, size_t index) {
    const std::string p = layer_prefix(index);
    Layer& layer = layers_[index];
    LayerUnit unit;
    SLUICE_TRY(b.vector(p + "attn_norm.weight", hyper_.shape.width, layer.attention_norm));
    SLUICE_TRY(bind_attention(b, p, hyper_.attention, layer.attention, &unit));
    SLUICE_TRY(b.vector(p + "ffn_norm.weight", hyper_.shape.width, layer.ffn_norm));
    SLUICE_TRY(bind_feed_forward(b, p, hyper_.feed_forward, layer.feed_forward, &unit));
    stream_.add(b, std::move(unit));
    return {};
  }

  DenseHyper hyper_;
  std::vector<Layer> layers_;
  LayerStream stream_;

  Activations normed_;
  SelfAttention attention_;
  FeedForward feed_forward_;
};

}  // namespace

Result<DenseHyper> read_dense(const Metadata& metadata, std::string_view prefix) {
  DenseHyper hyper;
  SLUICE_LET(hyper.shape, read_shape(metadata, prefix));
  SLUICE_LET(hyper.attention, read_attention(metadata, prefix, hyper.shape));
  SLUICE_LET(hyper.rope, read_rope(metadata, prefix, hyper.shape.head_dim));
  hyper.feed_forward.width = hyper.shape.width;
  SLUICE_LET(hyper.feed_forward.inner, read_inner_width(metadata, prefix));
  return hyper;
}

Result<std::unique_ptr<Model>> make_dense(Binder& binder, const DenseHyper& hyper) {
  auto layers = std::make_unique<DenseLayers>(hyper);
  SLUICE_TRY(layers->bind(binder));
  return make_decoder(binder, {hyper.shape, hyper.attention.epsilon}, std::move(layers));
}

}  // namespace sluice
