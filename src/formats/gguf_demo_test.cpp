// Goal: the demo model that comes with Sluice, written by other people's tools, is read as those
// tools read it.
// Method: values noted from the gguf Python package (GGUFReader), version 0.19.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>

#include "formats/gguf.hpp"

namespace sluice {
namespace {

const std::string kDemo = SLUICE_SOURCE_DIR "/models/sluice-demo-Q4_K_M.gguf";

struct Expected {
  const char* name;
  DType type;
  std::array<uint64_t, 4> shape;
  uint64_t offset;
  uint64_t bytes;
};

TEST(GgufDemo, IsReadAsItsWriterMeantIt) {
  if (!std::filesystem::exists(kDemo)) GTEST_SKIP() << "SKIP: there is no " << kDemo;
  const auto model = open_gguf(kDemo);
  ASSERT_TRUE(model) << model.error().message;
  const Metadata& metadata = model->metadata;
  EXPECT_EQ(metadata.all().size(), 32u);
  EXPECT_EQ(metadata.text("general.architecture"), "qwen3moe");
  EXPECT_EQ(metadata.unsigned_integer("qwen3moe.block_count"), 6u);
  EXPECT_EQ(metadata.unsigned_integer("qwen3moe.expert_count"), 32u);
  EXPECT_EQ(metadata.signed_integer("general.sampling.top_k"), 20);
  EXPECT_EQ(metadata.real("qwen3moe.rope.freq_base"), 10000.0);
  EXPECT_EQ(metadata.boolean("tokenizer.ggml.add_bos_token"), false);
  ASSERT_EQ(metadata.strings("tokenizer.ggml.tokens")->size(), 6144u);
  EXPECT_EQ((*metadata.strings("tokenizer.ggml.tokens"))[1], "\"");
  EXPECT_EQ(metadata.strings("tokenizer.ggml.merges")->size(), 5879u);
  EXPECT_EQ((*metadata.strings("tokenizer.ggml.merges"))[1], "h e");
  EXPECT_EQ(metadata.integers("tokenizer.ggml.token_type")->size(), 6144u);

  EXPECT_EQ(model->tensors.all().size(), 74u);
  for (const Expected& expected : {
           Expected{"output_norm.weight", DType::f32, {256, 1, 1, 1}, 204640, 1024},
           Expected{"token_embd.weight", DType::q6_k, {256, 6144, 1, 1}, 205664, 1290240},
           Expected{"blk.0.attn_v.weight", DType::q4_k, {256, 64, 1, 1}, 1580128, 9216},
           Expected{"blk.0.ffn_up_exps.weight", DType::q4_k, {256, 256, 32, 1}, 3982432, 1179648},
           Expected{"blk.5.ffn_up_exps.weight", DType::q4_k, {256, 256, 32, 1}, 23403104, 1179648},
       }) {
    const TensorInfo* tensor = model->tensors.find(expected.name);
    ASSERT_NE(tensor, nullptr) << expected.name;
    EXPECT_EQ(tensor->type, expected.type) << expected.name;
    EXPECT_EQ(tensor->shape, expected.shape) << expected.name;
    EXPECT_EQ(tensor->offset, expected.offset) << expected.name;
    EXPECT_EQ(tensor->bytes, expected.bytes) << expected.name;
  }
}

}  // namespace
}  // namespace sluice
