// A qwen3moe file of a few kilobytes with random weights, for tests that damage it: two layers of
// width 32, four experts of which two are used, a vocabulary of about a hundred tokens. Everything
// can be changed before it is built.
//
//   TinyModel model;
//   model.set("qwen3moe.expert_count", uint32_t{0});
//   model.tensor("blk.0.attn_q.weight").offset = 7;
//   write_file(path, model.writer().build());
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/gguf_writer.hpp"
#include "tensor/dtype.hpp"

namespace sluice::test {

class TinyModel {
 public:
  static constexpr uint64_t kWidth = 32;
  static constexpr uint64_t kExperts = 4;
  static constexpr uint64_t kLayers = 2;

  /// Matrices of experts and of the trunk have these types; norms and routers are F32.
  explicit TinyModel(DType trunk = DType::f32, DType experts = DType::f32) {
    add_metadata();
    add_tensors(trunk, experts);
  }

  /// Sets a metadata value, in the place of one of the same name.
  template <typename T>
  TinyModel& set(const std::string& key, T value) {
    GgufWriter one;
    one.put(key, std::move(value));
    return set_raw(key, one);
  }
  TinyModel& set_array(const std::string& key, ValueType type, uint64_t count,
                       std::string_view bytes) {
    GgufWriter one;
    one.put_array(key, type, count, bytes);
    return set_raw(key, one);
  }
  TinyModel& erase(const std::string& key) {
    std::erase_if(metadata_, [&](const auto& entry) { return entry.first == key; });
    return *this;
  }
  WrittenTensor& tensor(const std::string& name) {
    for (WrittenTensor& tensor : tensors_) {
      if (tensor.name == name) return tensor;
    }
    std::abort();
  }
  /// Gives the last token, which is a control token, another text.
  TinyModel& rename_last_token(const std::string& text) {
    std::vector<std::string> list = tokens();
    list.back() = text;
    return set("tokenizer.ggml.tokens", list);
  }
  /// Gives the model an output matrix of its own; without, it is the embedding.
  TinyModel& untie(DType trunk = DType::f32) {
    add("output.weight", trunk, {kWidth, tokens().size()});
    return *this;
  }
  TinyModel& erase_tensor(const std::string& name) {
    std::erase_if(tensors_, [&](const WrittenTensor& tensor) { return tensor.name == name; });
    return *this;
  }
  /// Writes a 16-bit float over two bytes of a tensor: the scale of a block.
  TinyModel& put_half(const std::string& name, size_t at, uint16_t bits) {
    std::memcpy(tensor(name).bytes.data() + at, &bits, sizeof bits);
    return *this;
  }
  TinyModel& put_float(const std::string& name, size_t index, float value) {
    std::memcpy(tensor(name).bytes.data() + index * sizeof value, &value, sizeof value);
    return *this;
  }

  GgufWriter writer() const {
    GgufWriter writer;
    for (const auto& [key, one] : metadata_) writer.put_all(one);
    for (const WrittenTensor& tensor : tensors_) writer.add_tensor(tensor);
    return writer;
  }
  std::string build() const { return writer().build(); }

 private:
  TinyModel& set_raw(const std::string& key, const GgufWriter& one) {
    for (auto& entry : metadata_) {
      if (entry.first != key) continue;
      entry.second = one;
      return *this;
    }
    metadata_.emplace_back(key, one);
    return *this;
  }

  void add_metadata() {
    set("general.architecture", "qwen3moe");
    const std::string a = "qwen3moe.";
    set(a + "block_count", static_cast<uint32_t>(kLayers));
    set(a + "context_length", uint32_t{64});
    set(a + "embedding_length", static_cast<uint32_t>(kWidth));
    set(a + "attention.head_count", uint32_t{2});
    set(a + "attention.head_count_kv", uint32_t{1});
    set(a + "attention.key_length", uint32_t{16});
    set(a + "attention.value_length", uint32_t{16});
    set(a + "attention.layer_norm_rms_epsilon", 1e-6f);
    set(a + "rope.freq_base", 10000.0f);
    set(a + "expert_count", static_cast<uint32_t>(kExperts));
    set(a + "expert_used_count", uint32_t{2});
    set(a + "expert_feed_forward_length", static_cast<uint32_t>(kWidth));
    set("tokenizer.ggml.model", "gpt2");
    set("tokenizer.ggml.pre", "qwen2");
    set("tokenizer.ggml.tokens", tokens());
    set("tokenizer.ggml.token_type", types());
    set("tokenizer.ggml.merges", std::vector<std::string>{"t h", "th e"});
    set("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(tokens().size() - 1));
  }

  // The printable characters, a blank and a line feed as byte-level vocabularies spell them.
  static std::vector<std::string> tokens() {
    std::vector<std::string> list;
    for (char c = '!'; c <= '~'; ++c) list.emplace_back(1, c);
    for (const char* const text : {"\xC4\xA0", "\xC4\x8A", "th", "the", "<|im_end|>"}) {
      list.emplace_back(text);
    }
    return list;
  }
  static std::vector<int32_t> types() {
    std::vector<int32_t> list(tokens().size(), 1);
    list.back() = 3;  // a control token
    return list;
  }

  void add(const std::string& name, DType type, std::vector<uint64_t> shape) {
    std::string bytes;
    const DTypeInfo& info = dtype_info(type);
    uint64_t elements = 1;
    for (const uint64_t size : shape) elements *= size;
    std::normal_distribution<float> weight(shape.size() == 1 ? 1.0f : 0.0f, 0.3f);
    if (type == DType::f32) {
      for (uint64_t i = 0; i < elements; ++i) bytes += number_bytes(weight(random_));
    } else {
      // Q8_0: a scale of 2^-8 and signed bytes.
      for (uint64_t i = 0; i < elements / info.block_length; ++i) {
        bytes += number_bytes(uint16_t{0x1C00});
        while (bytes.size() % info.block_bytes != 0) bytes += static_cast<char>(random_());
      }
    }
    tensors_.push_back({name, static_cast<uint32_t>(type), std::move(shape), std::move(bytes),
                        std::nullopt});
  }

  void add_tensors(DType trunk, DType experts) {
    add("token_embd.weight", trunk, {kWidth, tokens().size()});
    add("output_norm.weight", DType::f32, {kWidth});
    for (uint64_t layer = 0; layer < kLayers; ++layer) {
      const std::string p = numbered("blk.", layer) + ".";
      add(p + "attn_norm.weight", DType::f32, {kWidth});
      add(p + "attn_q.weight", trunk, {kWidth, 32});
      add(p + "attn_k.weight", trunk, {kWidth, 16});
      add(p + "attn_v.weight", trunk, {kWidth, 16});
      add(p + "attn_q_norm.weight", DType::f32, {16});
      add(p + "attn_k_norm.weight", DType::f32, {16});
      add(p + "attn_output.weight", trunk, {32, kWidth});
      add(p + "ffn_norm.weight", DType::f32, {kWidth});
      add(p + "ffn_gate_inp.weight", DType::f32, {kWidth, kExperts});
      add(p + "ffn_gate_exps.weight", experts, {kWidth, kWidth, kExperts});
      add(p + "ffn_up_exps.weight", experts, {kWidth, kWidth, kExperts});
      add(p + "ffn_down_exps.weight", experts, {kWidth, kWidth, kExperts});
    }
  }

  std::vector<std::pair<std::string, GgufWriter>> metadata_;
  std::vector<WrittenTensor> tensors_;
  std::mt19937 random_{7};
};

}  // namespace sluice::test
