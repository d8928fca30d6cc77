// Goal: a model gives the same bits in every form that its file may have: experts stacked or one
// tensor each, queries, keys and values fused or apart, matrices with a second-level scale,
// resident and streamed; and a damaged dense layer is named. Method: rewrites golden models and
// compares logits, with a budget near the floor.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "formats/gguf.hpp"
#include "support/engine_runs.hpp"
#include "support/gguf_writer.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

std::string golden(const std::string& name) {
  return SLUICE_SOURCE_DIR "/tests/golden/models/" + name + "/model-bf16.gguf";
}

// Puts every metadata value, the integers in their widest form.
struct MetadataCopier {
  GgufWriter& writer;
  const std::string& key;

  template <typename T>
  void operator()(const T& value) {
    writer.put(key, value);
  }
  void operator()(const StringTable& table) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < table.size(); ++i) texts.emplace_back(table[i]);
    writer.put(key, texts);
  }
};

using Tensors = std::vector<WrittenTensor>;

// A file's tensors, changed and written to another one.
class Rewriter {
 public:
  explicit Rewriter(const std::string& path) {
    auto file = open_gguf(path);
    EXPECT_TRUE(file) << file.error().message;
    if (!file) return;
    for (const auto& [key, value] : file->metadata.all()) {
      std::visit(MetadataCopier{writer_, key}, value);
    }
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    for (const TensorInfo& tensor : file->tensors.all()) {
      const std::vector<uint64_t> shape(tensor.shape.begin(),
                                        tensor.shape.begin() + tensor.dimensions);
      tensors_.push_back({tensor.name, static_cast<uint32_t>(tensor.type), shape,
                          bytes.substr(tensor.offset, tensor.bytes), std::nullopt});
    }
  }

  Tensors& tensors() { return tensors_; }
  void write(const std::string& path) {
    for (const WrittenTensor& tensor : tensors_) writer_.add_tensor(tensor);
    write_file(path, writer_.build());
  }

 private:
  GgufWriter writer_;
  Tensors tensors_;
};

bool ends_with(const std::string& name, const std::string& end) {
  return name.ends_with(end);
}

// One tensor for each expert and matrix, as files of 2023 have them.
void separate_experts(Tensors& tensors) {
  const std::string end = "_exps.weight";
  Tensors all;
  for (const WrittenTensor& tensor : tensors) {
    if (!ends_with(tensor.name, end)) {
      all.push_back(tensor);
      continue;
    }
    const std::string prefix = tensor.name.substr(0, tensor.name.size() - end.size());
    const size_t bytes = tensor.bytes.size() / tensor.shape[2];
    for (uint64_t e = 0; e < tensor.shape[2]; ++e) {
      all.push_back({numbered(prefix + ".", e) + ".weight",
                     tensor.type,
                     {tensor.shape[0], tensor.shape[1]},
                     tensor.bytes.substr(e * bytes, bytes),
                     std::nullopt});
    }
  }
  tensors = std::move(all);
}

// attn_q, attn_k and attn_v, weights and biases, become attn_qkv.
void fuse_projections(Tensors& tensors) {
  Tensors all;
  for (const WrittenTensor& tensor : tensors) {
    const size_t dot = tensor.name.rfind('.');
    const std::string end = dot == std::string::npos ? "" : tensor.name.substr(dot);
    const auto is_part = [&](const char* part) { return ends_with(tensor.name, part + end); };
    if (!is_part(".attn_q") && !is_part(".attn_k") && !is_part(".attn_v")) {
      all.push_back(tensor);
      continue;
    }
    if (!is_part(".attn_q")) continue;
    WrittenTensor fused = tensor;
    fused.name = tensor.name.substr(0, dot) + "kv" + end;
    const std::string prefix = tensor.name.substr(0, dot - 1);
    for (const char* const other : {"k", "v"}) {
      for (const WrittenTensor& part : tensors) {
        if (part.name != prefix + other + end) continue;
        fused.bytes += part.bytes;
        fused.shape.back() += part.shape.back();
      }
    }
    all.push_back(std::move(fused));
  }
  tensors = std::move(all);
}

// Halves every BF16 value of the layers' matrices and adds a scale of 2 beside them. (The exponent
// of a BF16 value begins at bit 7; halving takes one from it.)
void scale_matrices(Tensors& tensors) {
  Tensors all;
  for (WrittenTensor& tensor : tensors) {
    const bool scaled =
        tensor.name.starts_with("blk.") && tensor.type == static_cast<uint32_t>(DType::bf16);
    if (scaled) {
      for (size_t at = 0; at < tensor.bytes.size(); at += 2) {
        uint16_t bits;
        std::memcpy(&bits, tensor.bytes.data() + at, 2);
        if ((bits & 0x7f80) > 0x80) bits = static_cast<uint16_t>(bits - 0x80);
        std::memcpy(tensor.bytes.data() + at, &bits, 2);
      }
      const uint64_t count = tensor.shape.size() > 2 ? tensor.shape[2] : 1;
      std::string scales;
      for (uint64_t i = 0; i < count; ++i) scales += number_bytes(2.0f);
      const std::string prefix = tensor.name.substr(0, tensor.name.rfind('.'));
      all.push_back(
          {prefix + ".scale", static_cast<uint32_t>(DType::f32), {count}, scales, std::nullopt});
    }
    all.push_back(std::move(tensor));
  }
  tensors = std::move(all);
}

Result<std::vector<float>> logits_of(const std::string& path) {
  EngineOptions options;
  options.path = path;
  options.context_tokens = 64;
  options.threads = 1;
  options.chunk_tokens = 8;
  options.memory_bytes = 1;
  SLUICE_LET(const MemoryPlan plan, Engine::plan(options));
  options.memory_bytes = plan.floor_bytes + plan.slot_bytes;
  SLUICE_LET(const std::unique_ptr<Engine> engine, Engine::open(options));
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  std::vector<TokenId> prompt;
  for (TokenId id = 0; id < 20; ++id) prompt.push_back(id * 23 % 500);
  return evaluate_logits(*session, prompt);
}

struct Variant {
  const char* name;
  const char* model;
  void (*change)(Tensors& tensors);
};

class Variants : public ::testing::TestWithParam<Variant> {};

TEST_P(Variants, GiveTheSameBits) {
  const std::string original = golden(GetParam().model);
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  Rewriter rewriter(original);
  const size_t before = rewriter.tensors().size();
  GetParam().change(rewriter.tensors());
  EXPECT_NE(rewriter.tensors().size(), before) << "nothing was changed";
  rewriter.write(path);
  const auto expected = logits_of(original);
  ASSERT_TRUE(expected) << expected.error().message;
  const auto logits = logits_of(path);
  ASSERT_TRUE(logits) << logits.error().message;
  EXPECT_TRUE(same_bits(*logits, *expected));
}

std::string variant_name(const ::testing::TestParamInfo<Variant>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    EachForm, Variants,
    ::testing::Values(Variant{"SeparateExperts", "mixtral", separate_experts},
                      Variant{"FusedProjections", "llama3", fuse_projections},
                      Variant{"FusedProjectionsWithBiases", "qwen2", fuse_projections},
                      Variant{"FusedProjectionsOfAMixture", "qwen2_moe", fuse_projections},
                      Variant{"ScaledDenseLayers", "gemma3_text", scale_matrices},
                      Variant{"ScaledMixture", "olmoe", scale_matrices}),
    variant_name);

TEST(DenseLayers, ANaNNamesItsLayer) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  Rewriter rewriter(dense_model_path());
  for (WrittenTensor& tensor : rewriter.tensors()) {
    if (tensor.name == "blk.2.ffn_down.weight") tensor.bytes.replace(0, 2, "\xc0\x7f");
  }
  rewriter.write(path);
  const auto logits = logits_of(path);
  ASSERT_FALSE(logits);
  EXPECT_EQ(logits.error().code, Code::corrupt);
  for (const std::string& part : {path, std::string("blk.2.layer"), std::string("NaN")}) {
    EXPECT_NE(logits.error().message.find(part), std::string::npos) << logits.error().message;
  }
}

}  // namespace
}  // namespace sluice::test
