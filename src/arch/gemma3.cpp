// Gemma 3, text (270M to 27B): GGUF architecture "gemma3".
// Source of truth: transformers, models/gemma3/modeling_gemma3.py (revision 5.23), and the Gemma 3
// technical report (arXiv 2503.19786).
// Peculiarities: embeddings are multiplied by sqrt(width); norms around attention and feed-forward,
// before and after, and on every query and key head (their weights already have the 1 added in GGUF
// files); five layers that see a window and rotate with a base of their own, then one that sees
// everything; GELU gates. The attention scale is 1 / sqrt(head_dim), but for 27B, which a file can
// be recognised as by its 62 layers only, 1 / sqrt(width / heads).
#include <algorithm>
#include <cmath>

#include "arch/blocks/attention.hpp"
#include "arch/blocks/decoder.hpp"
#include "arch/blocks/feed_forward.hpp"
#include "arch/blocks/hyper.hpp"
#include "arch/blocks/layer_stream.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "gemma3";
constexpr size_t kLayersOf27B = 62;

struct Hyper {
  DecoderRules frame;
  AttentionRules attention;
  FeedForwardRules feed_forward;
  RopeTable rope;        // of layers that see everything
  RopeTable local_rope;  // of the others
  size_t window = 0;
  std::vector<bool> local;  // by layer

  AttentionReach reach(size_t layer, size_t begin) const {
    if (local[layer]) return {&local_rope, window, begin};
    return {&rope, 0, begin};
  }
};

// Which layers see a window only: a list, or every how manieth sees everything (by default 6).
Result<std::vector<bool>> read_pattern(const Metadata& metadata, size_t layers) {
  const std::string key = std::string(kName) + ".attention.sliding_window_pattern";
  if (const std::vector<int64_t>* list = metadata.integers(key)) {
    if (list->size() == layers) return std::vector<bool>(list->begin(), list->end());
    return Error{Code::corrupt, key + " has " + std::to_string(list->size()) + " entries for " +
                                    std::to_string(layers) + " layers"};
  }
  uint64_t period = 6;
  if (metadata.contains(key)) {
    SLUICE_LET(period, metadata.require(key, 1, 1 << 20));
  }
  std::vector<bool> local(layers);
  for (size_t i = 0; i < layers; ++i) local[i] = (i + 1) % period != 0;
  return local;
}

Result<Hyper> read_hyper(const Metadata& metadata) {
  Hyper hyper;
  ModelShape& shape = hyper.frame.shape;
  SLUICE_LET(shape, read_shape(metadata, kName));
  SLUICE_LET(hyper.attention, read_attention(metadata, kName, shape));
  hyper.attention.norm = HeadNorm::each;
  if (shape.layers == kLayersOf27B && !metadata.contains("gemma3.attention.scale")) {
    hyper.attention.scale = 1 / std::sqrt(static_cast<float>(shape.width / shape.query_heads));
  }
  hyper.frame.epsilon = hyper.attention.epsilon;
  hyper.frame.embedding_scale = std::sqrt(static_cast<float>(shape.width));
  SLUICE_LET(hyper.frame.softcap, read_optional(metadata, kName, "final_logit_softcapping"));
  SLUICE_LET(hyper.rope, read_rope(metadata, kName, shape.head_dim));
  SLUICE_LET(hyper.local_rope, read_local_rope(metadata, kName, shape.head_dim));
  SLUICE_LET(hyper.window, read_window(metadata, kName));
  SLUICE_LET(hyper.local, read_pattern(metadata, shape.layers));
  hyper.feed_forward.width = shape.width;
  SLUICE_LET(hyper.feed_forward.inner, read_inner_width(metadata, kName));
  hyper.feed_forward.activation = Activation::gelu_tanh;
  return hyper;
}

struct Layer {
  const float* attention_norm = nullptr;  // [width], as all norms here
  AttentionWeights attention;             // matrices streamed
  const float* post_attention_norm = nullptr;
  const float* ffn_norm = nullptr;
  FeedForwardWeights feed_forward;  // streamed
  const float* post_ffn_norm = nullptr;
};

Result<void> bind_layer(Binder& b, const Hyper& h, size_t index, Layer& layer, LayerUnit& unit) {
  const std::string p = layer_prefix(index);
  const size_t width = h.frame.shape.width;
  SLUICE_TRY(b.vector(p + "attn_norm.weight", width, layer.attention_norm));
  SLUICE_TRY(bind_attention(b, p, h.attention, layer.attention, &unit));
  SLUICE_TRY(b.vector(p + "post_attention_norm.weight", width, layer.post_attention_norm));
  SLUICE_TRY(b.vector(p + "ffn_norm.weight", width, layer.ffn_norm));
  SLUICE_TRY(bind_feed_forward(b, p, h.feed_forward, layer.feed_forward, &unit));
  return b.vector(p + "post_ffw_norm.weight", width, layer.post_ffn_norm);
}

class Gemma3 final : public Layers {
 public:
  explicit Gemma3(const Hyper& hyper) : hyper_(hyper), layers_(hyper.frame.shape.layers) {}

  Result<void> bind(Binder& binder) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      LayerUnit unit;
      SLUICE_TRY(bind_layer(binder, hyper_, i, layers_[i], unit));
      stream_.add(binder, std::move(unit));
    }
    return {};
  }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    const auto local = std::count(hyper_.local.begin(), hyper_.local.end(), true);
    return {{"feed-forward width", std::to_string(hyper_.feed_forward.inner)},
            {"window", std::to_string(hyper_.window) + " in " + std::to_string(local) + " layers"}};
  }

  void lay_out(Scratch& scratch, size_t chunk) override {
    const size_t block = std::min(chunk, kBlockTokens);
    normed_ = scratch.activations(block, hyper_.frame.shape.width);
    attention_.lay_out(scratch, block, hyper_.attention);
    feed_forward_.lay_out(scratch, block, hyper_.feed_forward);
  }

  Result<void> begin(Store& store) override { return stream_.begin(store); }

  Result<void> run(size_t index, const Step& step, Rows x) override {
    SLUICE_LET(const Lease lease, stream_.take(index, *step.store));
    for (size_t begin = 0; begin < x.count; begin += kBlockTokens) {
      run_block(index, begin, step, x.slice(begin, std::min(kBlockTokens, x.count - begin)));
    }
    return check_finite(x, lease, *step.ops, *step.store);
  }

 private:
  // x are the tokens of the step from `begin` on.
  void run_block(size_t index, size_t begin, const Step& step, Rows x) {
    const Layer& layer = layers_[index];
    const float epsilon = hyper_.attention.epsilon;
    const AttentionReach reach = hyper_.reach(index, begin);
    Ops& ops = *step.ops;
    Activations in = normed_.first(x.count);
    ops.rms_norm(x, layer.attention_norm, epsilon, in.x);
    const Rows attended = attention_.run(layer.attention, reach, index, in, step);
    ops.rms_norm(attended, layer.post_attention_norm, epsilon, attended);
    ops.add(x, attended);
    ops.rms_norm(x, layer.ffn_norm, epsilon, in.x);
    feed_forward_.run(layer.feed_forward, in, in.x, ops);
    ops.rms_norm(in.x, layer.post_ffn_norm, epsilon, in.x);
    ops.add(x, in.x);
  }

  Hyper hyper_;
  std::vector<Layer> layers_;
  LayerStream stream_;

  Activations normed_;
  SelfAttention attention_;
  FeedForward feed_forward_;
};

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const Hyper hyper, read_hyper(metadata));
  auto layers = std::make_unique<Gemma3>(hyper);
  SLUICE_TRY(layers->bind(binder));
  return make_decoder(binder, hyper.frame, std::move(layers));
}

}  // namespace

extern const Architecture gemma3;
const Architecture gemma3 = {kName, &create};

}  // namespace sluice
