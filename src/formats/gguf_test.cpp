// Goal: good GGUF files give their metadata and tensors: every value type, both versions, every
// alignment, large vocabularies.
// Method: files from tests/support/gguf_writer.hpp, read back and compared value by value.
#include "formats/gguf.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "support/gguf_writer.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

using test::GgufWriter;
using test::ValueType;

class GgufTest : public ::testing::Test {
 protected:
  Result<ModelFile> open(const GgufWriter& writer) const { return open_bytes(writer.build()); }
  Result<ModelFile> open_bytes(std::string_view bytes) const {
    test::write_file(folder_ / "model.gguf", bytes);
    return open_gguf(folder_ / "model.gguf");
  }

 private:
  test::TemporaryFolder folder_;
};

template <typename T>
std::vector<T> extremes() {
  return {std::numeric_limits<T>::lowest(), T{0}, T{1}, std::numeric_limits<T>::max()};
}

template <typename T>
void expect_unsigned(const Metadata& metadata, const std::string& key) {
  EXPECT_EQ(metadata.unsigned_integer(key), uint64_t{std::numeric_limits<T>::max()}) << key;
}

template <typename T>
void expect_signed(const Metadata& metadata, const std::string& key) {
  EXPECT_EQ(metadata.signed_integer(key), int64_t{std::numeric_limits<T>::lowest()}) << key;
}

template <typename T>
void expect_integers(const Metadata& metadata, const std::string& key) {
  const auto* values = metadata.integers(key);
  ASSERT_NE(values, nullptr) << key;
  const std::vector<T> expected = extremes<T>();
  EXPECT_EQ(*values, std::vector<int64_t>(expected.begin(), expected.end())) << key;
}

TEST_F(GgufTest, EveryScalarType) {
  GgufWriter writer;
  writer.put("u8", std::numeric_limits<uint8_t>::max())
      .put("u16", std::numeric_limits<uint16_t>::max())
      .put("u32", std::numeric_limits<uint32_t>::max())
      .put("u64", std::numeric_limits<uint64_t>::max())
      .put("i8", std::numeric_limits<int8_t>::lowest())
      .put("i16", std::numeric_limits<int16_t>::lowest())
      .put("i32", std::numeric_limits<int32_t>::lowest())
      .put("i64", std::numeric_limits<int64_t>::lowest())
      .put("f32", 0.1f)
      .put("f64", 0.1)
      .put("no", false)
      .put("yes", true)
      .put("text", std::string("zero\0inside", 11))
      .put("empty", "");
  const auto model = open(writer);
  ASSERT_TRUE(model) << model.error().message;
  const Metadata& metadata = model->metadata;
  EXPECT_EQ(metadata.all().size(), 14u);
  expect_unsigned<uint8_t>(metadata, "u8");
  expect_unsigned<uint16_t>(metadata, "u16");
  expect_unsigned<uint32_t>(metadata, "u32");
  expect_unsigned<uint64_t>(metadata, "u64");
  expect_signed<int8_t>(metadata, "i8");
  expect_signed<int16_t>(metadata, "i16");
  expect_signed<int32_t>(metadata, "i32");
  expect_signed<int64_t>(metadata, "i64");
  EXPECT_EQ(metadata.real("f32"), static_cast<double>(0.1f));
  EXPECT_EQ(metadata.real("f64"), 0.1);
  EXPECT_EQ(metadata.boolean("no"), false);
  EXPECT_EQ(metadata.boolean("yes"), true);
  EXPECT_EQ(metadata.text("text"), std::string_view("zero\0inside", 11));
  EXPECT_EQ(metadata.text("empty"), "");
}

TEST_F(GgufTest, EveryArrayType) {
  GgufWriter writer;
  writer.put("u8", extremes<uint8_t>())
      .put("u16", extremes<uint16_t>())
      .put("u32", extremes<uint32_t>())
      .put("u64", std::vector<uint64_t>{0, uint64_t{1} << 62})
      .put("i8", extremes<int8_t>())
      .put("i16", extremes<int16_t>())
      .put("i32", extremes<int32_t>())
      .put("i64", extremes<int64_t>())
      .put("f32", std::vector<float>{-0.5f, 1e30f})
      .put("f64", std::vector<double>{-0.5, 1e300})
      .put_array("bool", ValueType::boolean, 3, std::string("\1\0\1", 3))
      .put("strings", std::vector<std::string>{"", "two", std::string("\0", 1)})
      .put("none", std::vector<int32_t>{})
      .put("no strings", std::vector<std::string>{});
  const auto model = open(writer);
  ASSERT_TRUE(model) << model.error().message;
  const Metadata& metadata = model->metadata;
  expect_integers<uint8_t>(metadata, "u8");
  expect_integers<uint16_t>(metadata, "u16");
  expect_integers<uint32_t>(metadata, "u32");
  expect_integers<int8_t>(metadata, "i8");
  expect_integers<int16_t>(metadata, "i16");
  expect_integers<int32_t>(metadata, "i32");
  expect_integers<int64_t>(metadata, "i64");
  EXPECT_EQ(*metadata.integers("u64"), (std::vector<int64_t>{0, int64_t{1} << 62}));
  EXPECT_EQ(*metadata.integers("bool"), (std::vector<int64_t>{1, 0, 1}));
  EXPECT_EQ(*metadata.reals("f32"), (std::vector<float>{-0.5f, 1e30f}));
  const auto* doubles = std::get_if<std::vector<double>>(metadata.find("f64"));
  ASSERT_NE(doubles, nullptr);
  EXPECT_EQ(*doubles, (std::vector<double>{-0.5, 1e300}));
  ASSERT_EQ(metadata.strings("strings")->size(), 3u);
  EXPECT_EQ((*metadata.strings("strings"))[1], "two");
  EXPECT_EQ((*metadata.strings("strings"))[2], std::string_view("\0", 1));
  EXPECT_TRUE(metadata.integers("none")->empty());
  EXPECT_TRUE(metadata.strings("no strings")->empty());
}

TEST_F(GgufTest, TensorsOfBothVersionsAndSeveralAlignments) {
  for (const uint32_t version : {2u, 3u}) {
    for (const uint32_t alignment : {1u, 8u, 32u, 4096u, 1u << 20}) {
      GgufWriter writer;
      writer.version = version;
      writer.align(alignment);
      writer.add_tensor("norm", DType::f32, {3}, "twelve bytes")
          .add_zeros("experts", DType::q4_k, {512, 3, 5})
          .add_zeros("four", DType::f16, {1, 2, 3, 4});
      const std::string bytes = writer.build();
      const auto model = open_bytes(bytes);
      ASSERT_TRUE(model) << model.error().message;
      ASSERT_EQ(model->tensors.all().size(), 3u);
      const TensorInfo& norm = model->tensors.all()[0];
      EXPECT_EQ(norm.name, "norm");
      EXPECT_EQ(norm.dimensions, 1u);
      EXPECT_EQ(norm.offset, align_up(writer.build_header().size(), alignment));
      EXPECT_EQ(bytes.substr(norm.offset, norm.bytes), "twelve bytes");
      const TensorInfo* experts = model->tensors.find("experts");
      ASSERT_NE(experts, nullptr);
      EXPECT_EQ(experts->type, DType::q4_k);
      EXPECT_EQ(experts->dimensions, 3u);
      EXPECT_EQ(experts->shape, (std::array<uint64_t, 4>{512, 3, 5, 1}));
      EXPECT_EQ(experts->bytes, 2u * 144 * 3 * 5);
      EXPECT_EQ(experts->elements(), 512u * 3 * 5);
      EXPECT_EQ(experts->offset, norm.offset + align_up(12, alignment));
      EXPECT_EQ(model->tensors.find("four")->dimensions, 4u);
    }
  }
}

TEST_F(GgufTest, TypesOfEveryDefinedIdAreMeasured) {
  GgufWriter writer;
  for (uint32_t id = 0; id < kDTypeIds; ++id) {
    if (const auto info = find_dtype(id)) {
      writer.add_zeros(test::numbered("t", id), info->type, {info->block_length * 3, 2});
    }
  }
  const auto model = open(writer);
  ASSERT_TRUE(model) << model.error().message;
  for (const TensorInfo& tensor : model->tensors.all()) {
    EXPECT_EQ(tensor.bytes, dtype_info(tensor.type).block_bytes * 6u) << tensor.name;
  }
}

TEST_F(GgufTest, OnlyMetadataNeedsNoPadding) {
  GgufWriter writer;
  writer.put("general.architecture", "none");
  const auto model = open_bytes(writer.build_header());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->tensors.all().empty());
  EXPECT_TRUE(open_bytes(GgufWriter().build_header()));
}

TEST_F(GgufTest, GapsAndAnyOrderAreAllowed) {
  GgufWriter writer;
  writer.add_tensor({"late", 0, {2}, std::string(8, 'l'), 96})
      .add_tensor({"early", 0, {2}, std::string(8, 'e'), 0});
  const std::string bytes = writer.build() + std::string(200, '\0');
  const auto model = open_bytes(bytes);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->tensors.all()[0].name, "late");
  EXPECT_EQ(model->tensors.find("late")->offset, model->tensors.find("early")->offset + 96);
}

TEST_F(GgufTest, LimitsThemselvesAreAllowed) {
  GgufWriter writer;
  writer.put(std::string(65535, 'k'), uint8_t{1});
  writer.put("text", std::string(200'000, 't'));
  writer.add_zeros(std::string(63, 'n'), DType::f32, {1});
  const auto model = open(writer);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->metadata.text("text"), std::string(200'000, 't'));
}

TEST_F(GgufTest, ALargeVocabularyLoadsFast) {
  constexpr size_t kTokens = 151'936;
  std::vector<std::string> tokens;
  for (size_t i = 0; i < kTokens; ++i) tokens.push_back(test::numbered("token", i));
  GgufWriter writer;
  writer.put("tokenizer.ggml.tokens", tokens)
      .put("tokenizer.ggml.merges", tokens)
      .put("tokenizer.ggml.token_type", std::vector<int32_t>(kTokens, 1))
      .put("tokenizer.ggml.scores", std::vector<float>(kTokens, -1.0f));
  const std::string bytes = writer.build();
  const auto start = std::chrono::steady_clock::now();
  const auto model = open_bytes(bytes);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->metadata.strings("tokenizer.ggml.tokens")->size(), kTokens);
  EXPECT_EQ((*model->metadata.strings("tokenizer.ggml.merges"))[kTokens - 1], "token151935");
  EXPECT_EQ(model->metadata.integers("tokenizer.ggml.token_type")->size(), kTokens);
  EXPECT_EQ(model->metadata.reals("tokenizer.ggml.scores")->back(), -1.0f);
  // Generous, for sanitizers and busy machines; optimised builds need some 50 ms.
  EXPECT_LT(taken.count(), 10.0);
  RecordProperty("milliseconds", static_cast<int>(taken.count() * 1000));
}

}  // namespace
}  // namespace sluice
