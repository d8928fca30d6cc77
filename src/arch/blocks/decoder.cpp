#include "arch/blocks/decoder.hpp"

#include <algorithm>
#include <array>

namespace sluice {

namespace {

constexpr auto kInOrder = [] {
  std::array<int32_t, RowReader::kRows> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int32_t>(i);
  return numbers;
}();

class Decoder final : public Model {
 public:
  Decoder(std::string file, const DecoderRules& rules, std::unique_ptr<Layers> layers)
      : file_(std::move(file)), rules_(rules), layers_(std::move(layers)) {}

  Result<void> bind(Binder& binder) {
    ModelShape& shape = rules_.shape;
    const TensorInfo* embedding = binder.file().tensors.find("token_embd.weight");
    shape.vocabulary = embedding == nullptr ? 0 : embedding->shape[1];
    SLUICE_TRY(binder.vector("output_norm.weight", shape.width, output_norm_));
    tied_ = !binder.has("output.weight");
    const std::string name = "token_embd.weight";
    if (tied_) return binder.matrix(name, shape.vocabulary, shape.width, embedding_);
    SLUICE_TRY(binder.row_table(name, shape.vocabulary, shape.width, embedding_));
    return binder.matrix("output.weight", shape.vocabulary, shape.width, output_);
  }

  const ModelShape& shape() const override { return rules_.shape; }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    auto items = layers_->describe();
    items.emplace_back("output matrix", tied_ ? "tied to the embedding" : "its own");
    return items;
  }

  void lay_out(Scratch& scratch, size_t chunk) override {
    const ModelShape& s = rules_.shape;
    x_ = scratch.rows(chunk, s.width);
    layers_->lay_out(scratch, chunk);
    final_ = scratch.activations(kLogitRows, s.width);
    logits_ = scratch.rows(kLogitRows, s.vocabulary);
  }

  KvCache make_kv(Scratch& memory, size_t positions) const override {
    const ModelShape& s = rules_.shape;
    KvCache cache;
    for (size_t i = 0; i < s.layers; ++i) {
      const size_t floats = s.kv_heads * positions * s.head_dim;
      float* keys = memory.take<float>(floats);
      float* values = memory.take<float>(floats);
      cache.layers.push_back({keys, values, s.kv_heads, s.head_dim, positions});
    }
    return cache;
  }

  Result<void> step(const Step& step) override {
    auto done = run(step);
    if (!done) step.store->abandon();
    return done;
  }

  Result<Rows> logits(Ops& ops, size_t begin, size_t count) override {
    Activations in = final_.first(count);
    ops.rms_norm(x_.slice(begin, count), output_norm_, rules_.epsilon, in.x);
    const Rows out = logits_.first(count);
    const Product product[] = {{tied_ ? embedding_ : output_, out}};
    ops.matmul(in, product);
    if (rules_.softcap > 0) ops.softcap(out, rules_.softcap);
    if (!ops.all_finite(out)) return damaged(file_, "the output matrix");
    return out;
  }

 private:
  Result<void> run(const Step& step) {
    const Rows x = x_.first(step.tokens.size());
    SLUICE_TRY(embed(step, x));
    if (rules_.embedding_scale != 1) step.ops->scale(x, rules_.embedding_scale);
    SLUICE_TRY(layers_->begin(*step.store));
    for (size_t i = 0; i < rules_.shape.layers; ++i) {
      if (step.observe) step.observe(i, x);
      if (step.cancel != nullptr && step.cancel->load(std::memory_order_relaxed)) {
        return Error{Code::cancelled, "stopped on request"};
      }
      if (step.between_layers) step.between_layers();
      SLUICE_TRY(layers_->run(i, step, x));
    }
    if (step.observe) step.observe(rules_.shape.layers, x);
    step.store->advance();
    return {};
  }

  Result<void> embed(const Step& step, Rows x) const {
    if (embedding_.data != nullptr) {
      step.ops->embed(embedding_, step.tokens, x);
      return {};
    }
    SLUICE_TRY(step.store->settle());
    for (size_t begin = 0; begin < x.count; begin += RowReader::kRows) {
      const size_t count = std::min(RowReader::kRows, x.count - begin);
      MatrixView rows = embedding_;
      SLUICE_LET(rows.data, step.rows->read(step.tokens.subspan(begin, count)));
      rows.rows = count;
      step.ops->embed(rows, std::span(kInOrder).first(count), x.slice(begin, count));
    }
    return {};
  }

  std::string file_;
  DecoderRules rules_;
  std::unique_ptr<Layers> layers_;
  MatrixView embedding_;  // [vocabulary, width]
  const float* output_norm_ = nullptr;
  MatrixView output_;  // [vocabulary, width], unless tied
  bool tied_ = false;

  Rows x_;  // the residual stream
  Activations final_;
  Rows logits_;
};

}  // namespace

Result<std::unique_ptr<Model>> make_decoder(Binder& binder, const DecoderRules& rules,
                                            std::unique_ptr<Layers> layers) {
  auto model = std::make_unique<Decoder>(binder.file().path, rules, std::move(layers));
  SLUICE_TRY(model->bind(binder));
  return std::unique_ptr<Model>(std::move(model));
}

Error damaged(const std::string& file, const std::string& where) {
  return {Code::corrupt,
          file + ": " + where + " produced a NaN or an infinity; the weights are damaged"};
}

}  // namespace sluice
