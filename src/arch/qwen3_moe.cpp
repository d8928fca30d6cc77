// Qwen3-MoE (Qwen3-30B-A3B, Qwen3-235B-A22B, Qwen3-Coder): GGUF architecture "qwen3moe".
// Source of truth: transformers, models/qwen3_moe/modeling_qwen3_moe.py (revision 5.23), and the
// Qwen3 technical report (arXiv 2505.09388).
// Peculiarities: RMSNorm on every query and key head before RoPE; no biases; no shared expert;
// softmax over all experts, the top k of them, weights divided by their sum; every layer is a
// mixture. Tied output where the file has no output.weight.
#include <algorithm>
#include <cmath>

#include "arch/blocks/mixture.hpp"
#include "arch/blocks/rope.hpp"
#include "arch/model.hpp"

namespace sluice {

namespace {

struct Hyper {
  ModelShape shape;
  size_t expert_inner = 0;
  float epsilon = 1e-6f;
  RouterOptions router;
  RopeTable rope;

  size_t query_width() const { return shape.query_heads * shape.head_dim; }
  size_t key_width() const { return shape.kv_heads * shape.head_dim; }
};

Result<Hyper> read_hyper(const Metadata& metadata) {
  const std::string a = "qwen3moe.";
  Hyper hyper;
  ModelShape& shape = hyper.shape;
  SLUICE_LET(shape.layers, metadata.require(a + "block_count", 1, 1024));
  SLUICE_LET(shape.width, metadata.require(a + "embedding_length", 1, 1 << 17));
  SLUICE_LET(shape.context_length, metadata.require(a + "context_length", 1, 1 << 28));
  SLUICE_LET(shape.query_heads, metadata.require(a + "attention.head_count", 1, 4096));
  shape.kv_heads = shape.query_heads;
  if (metadata.contains(a + "attention.head_count_kv")) {
    SLUICE_LET(shape.kv_heads,
               metadata.require(a + "attention.head_count_kv", 1, shape.query_heads));
  }
  shape.head_dim = shape.width / shape.query_heads;
  if (metadata.contains(a + "attention.key_length")) {
    SLUICE_LET(shape.head_dim, metadata.require(a + "attention.key_length", 2, 4096));
  }
  if (metadata.contains(a + "attention.value_length")) {
    SLUICE_TRY(metadata.require(a + "attention.value_length", shape.head_dim, shape.head_dim));
  }
  SLUICE_LET(shape.experts, metadata.require(a + "expert_count", 1, 65536));
  SLUICE_LET(shape.experts_used, metadata.require(a + "expert_used_count", 1, shape.experts));
  SLUICE_LET(hyper.expert_inner, metadata.require(a + "expert_feed_forward_length", 1, 1 << 20));
  if (shape.query_heads % shape.kv_heads != 0) {
    return Error{Code::corrupt, a + "attention.head_count " + std::to_string(shape.query_heads) +
                                    " is not a multiple of head_count_kv " +
                                    std::to_string(shape.kv_heads)};
  }
  const double epsilon =
      metadata.real(a + "attention.layer_norm_rms_epsilon").value_or(hyper.epsilon);
  if (!(epsilon > 0 && epsilon < 1)) {
    return Error{Code::corrupt, a + "attention.layer_norm_rms_epsilon is out of range"};
  }
  hyper.epsilon = static_cast<float>(epsilon);
  hyper.router.top_k = shape.experts_used;
  hyper.router.normalise = metadata.boolean(a + "expert_weights_norm").value_or(true);
  hyper.router.scale = static_cast<float>(metadata.real(a + "expert_weights_scale").value_or(1.0));
  SLUICE_LET(hyper.rope, read_rope(metadata, "qwen3moe", shape.head_dim));
  return hyper;
}

struct Layer {
  const float* attention_norm = nullptr;  // [width]
  MatrixView query, key, value;           // [heads * head_dim, width]; unused if fused
  MatrixView query_key_value;             // the same rows in one tensor, in some files
  const float* query_norm = nullptr;      // [head_dim]
  const float* key_norm = nullptr;        // [head_dim]
  MatrixView output;                      // [width, query_heads * head_dim]
  const float* ffn_norm = nullptr;        // [width]
  MatrixView router;                      // [experts, width]
  ExpertLayer experts;                    // streamed

  bool fused() const { return query_key_value.rows != 0; }
};

Result<void> bind_layer(Binder& b, const Hyper& h, size_t index, Layer& layer) {
  const ModelShape& s = h.shape;
  const std::string p = "blk." + std::to_string(index) + ".";
  const size_t q = h.query_width();
  const size_t kv = h.key_width();
  SLUICE_TRY(b.vector(p + "attn_norm.weight", s.width, layer.attention_norm));
  if (b.has(p + "attn_qkv.weight")) {
    SLUICE_TRY(b.matrix(p + "attn_qkv.weight", q + 2 * kv, s.width, layer.query_key_value));
  } else {
    SLUICE_TRY(b.matrix(p + "attn_q.weight", q, s.width, layer.query));
    SLUICE_TRY(b.matrix(p + "attn_k.weight", kv, s.width, layer.key));
    SLUICE_TRY(b.matrix(p + "attn_v.weight", kv, s.width, layer.value));
  }
  SLUICE_TRY(b.vector(p + "attn_q_norm.weight", s.head_dim, layer.query_norm));
  SLUICE_TRY(b.vector(p + "attn_k_norm.weight", s.head_dim, layer.key_norm));
  SLUICE_TRY(b.matrix(p + "attn_output.weight", s.width, q, layer.output));
  SLUICE_TRY(b.vector(p + "ffn_norm.weight", s.width, layer.ffn_norm));
  SLUICE_TRY(b.matrix(p + "ffn_gate_inp.weight", s.experts, s.width, layer.router));
  return b.experts(p, s.experts, s.width, h.expert_inner, layer.experts);
}

class Qwen3Moe final : public Model {
 public:
  static Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
    auto model = std::make_unique<Qwen3Moe>();
    model->file_ = binder.file().path;
    SLUICE_LET(model->hyper_, read_hyper(metadata));
    ModelShape& shape = model->hyper_.shape;
    const TensorInfo* embedding = binder.file().tensors.find("token_embd.weight");
    shape.vocabulary = embedding == nullptr ? 0 : embedding->shape[1];
    SLUICE_TRY(binder.matrix("token_embd.weight", shape.vocabulary, shape.width,
                             model->embedding_));
    SLUICE_TRY(binder.vector("output_norm.weight", shape.width, model->output_norm_));
    model->tied_ = !binder.has("output.weight");
    if (!model->tied_) {
      SLUICE_TRY(binder.matrix("output.weight", shape.vocabulary, shape.width, model->output_));
    }
    model->layers_.resize(shape.layers);
    for (size_t i = 0; i < shape.layers; ++i) {
      SLUICE_TRY(bind_layer(binder, model->hyper_, i, model->layers_[i]));
    }
    return std::unique_ptr<Model>(std::move(model));
  }

  const ModelShape& shape() const override { return hyper_.shape; }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    return {{"expert width", std::to_string(hyper_.expert_inner)},
            {"output matrix", tied_ ? "tied to the embedding" : "its own"}};
  }

  void lay_out(Scratch& scratch, size_t chunk) override {
    const ModelShape& s = hyper_.shape;
    x_ = scratch.rows(chunk, s.width);
    normed_ = scratch.activations(chunk, s.width);
    query_key_value_ = scratch.rows(chunk, hyper_.query_width() + 2 * hyper_.key_width());
    attended_ = scratch.activations(chunk, hyper_.query_width());
    mixture_.lay_out(scratch, chunk, s.width, hyper_.expert_inner, s.experts, s.experts_used);
    final_ = scratch.activations(kLogitRows, s.width);
    logits_ = scratch.rows(kLogitRows, s.vocabulary);
  }

  KvCache make_kv(Scratch& memory, size_t positions) const override {
    const ModelShape& s = hyper_.shape;
    KvCache cache;
    for (size_t i = 0; i < s.layers; ++i) {
      const size_t floats = s.kv_heads * positions * s.head_dim;
      float* keys = memory.take<float>(floats);
      float* values = memory.take<float>(floats);
      cache.layers.push_back({keys, values, s.kv_heads, s.head_dim, positions});
    }
    return cache;
  }

  void attention(const Layer& layer, const Step& step, const KvLayer& kv, Rows x) {
    const size_t tokens = x.count;
    const size_t q = hyper_.query_width();
    const size_t k = hyper_.key_width();
    const size_t head_dim = hyper_.shape.head_dim;
    Ops& ops = *step.ops;
    Activations in = first(normed_, tokens);
    ops.rms_norm(x, layer.attention_norm, hyper_.epsilon, in.x);
    const Rows all = query_key_value_.first(tokens);
    const Rows query = all.columns(0, q);
    const Rows key = all.columns(q, k);
    const Rows value = all.columns(q + k, k);
    const Product fused[] = {{layer.query_key_value, all}};
    const Product apart[] = {{layer.query, query}, {layer.key, key}, {layer.value, value}};
    ops.matmul(in, layer.fused() ? std::span<const Product>(fused) : apart);
    ops.rms_norm_heads(query, head_dim, layer.query_norm, hyper_.epsilon);
    ops.rms_norm_heads(key, head_dim, layer.key_norm, hyper_.epsilon);
    ops.rope(query, head_dim, step.position, hyper_.rope.options(false));
    ops.rope(key, head_dim, step.position, hyper_.rope.options(false));
    ops.store_kv(key, value, step.position, kv);
    AttentionOptions options;
    options.query_heads = hyper_.shape.query_heads;
    options.scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    Activations attended = first(attended_, tokens);
    ops.attend(query, step.position, kv, options, attended.x);
    const Product out[] = {{layer.output, normed_.x.first(tokens)}};
    ops.matmul(attended, out);
    ops.add(x, normed_.x.first(tokens));
  }

  Result<void> feed_forward(const Layer& layer, const Step& step, Rows x) {
    Ops& ops = *step.ops;
    Activations in = first(normed_, x.count);
    ops.rms_norm(x, layer.ffn_norm, hyper_.epsilon, in.x);
    const Rows logits = mixture_.router_logits(x.count);
    const Product router[] = {{layer.router, logits}};
    ops.matmul(in, router);
    ops.route(logits, hyper_.router, mixture_.routes());
    return mixture_.run(layer.experts, in, ops, *step.store, x);
  }

  Result<void> step(const Step& step) override {
    const Rows x = x_.first(step.tokens.size());
    step.ops->embed(embedding_, step.tokens, x);
    for (size_t i = 0; i < layers_.size(); ++i) {
      if (step.observe) step.observe(i, x);
      if (step.cancel != nullptr && step.cancel->load(std::memory_order_relaxed)) {
        return Error{Code::cancelled, "stopped on request"};
      }
      attention(layers_[i], step, step.kv->layers[i], x);
      if (!step.ops->all_finite(x)) return damaged("layer " + std::to_string(i) + ", attention");
      SLUICE_TRY(feed_forward(layers_[i], step, x));
    }
    if (step.observe) step.observe(layers_.size(), x);
    step.store->advance();
    return {};
  }

  Result<Rows> logits(Ops& ops, size_t begin, size_t count) override {
    Activations in = first(final_, count);
    ops.rms_norm(x_.slice(begin, count), output_norm_, hyper_.epsilon, in.x);
    const Rows out = logits_.first(count);
    const Product product[] = {{tied_ ? embedding_ : output_, out}};
    ops.matmul(in, product);
    if (!ops.all_finite(out)) return damaged("the output matrix");
    return out;
  }

 private:
  // The first `tokens` rows, about to be written: their 16-bit form is stale.
  static Activations first(const Activations& all, size_t tokens) {
    Activations some = all;
    some.x = all.x.first(tokens);
    some.quantised = false;
    return some;
  }

  Error damaged(const std::string& where) const {
    return {Code::corrupt, file_ + ": " + where +
                               " produced a NaN or an infinity; the weights are damaged"};
  }

  std::string file_;
  Hyper hyper_;
  MatrixView embedding_;              // [vocabulary, width]
  const float* output_norm_ = nullptr;
  MatrixView output_;                 // [vocabulary, width], unless tied
  bool tied_ = false;
  std::vector<Layer> layers_;

  Rows x_;                            // the residual stream
  Activations normed_;
  Rows query_key_value_;
  Activations attended_;
  Mixture mixture_;
  Activations final_;
  Rows logits_;
};

}  // namespace

extern const Architecture qwen3_moe;
const Architecture qwen3_moe = {"qwen3moe", &Qwen3Moe::create};

}  // namespace sluice
