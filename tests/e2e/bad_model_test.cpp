// Goal: a damaged, hostile or foreign model file ends with one clear line that names the file and
// the reason, never with a crash, and never with an answer made of NaNs.
// Method: a tiny model, changed in one way at a time and given to the program; and, inside this
// process, cut off after every byte and flipped at every byte of its header.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

namespace sluice::test {
namespace {

constexpr const char* kMemory = "24MiB";
constexpr uint64_t kMemoryBytes = 24u << 20;

CommandResult ask(const std::string& model) {
  return run_sluice({"run", model, "-p", "hello", "-n", "4", "--greedy", "--memory", kMemory,
                     "--ctx", "32"});
}

// The program refuses the file with a line that begins with its name.
void expect_refusal(const std::string& path, const std::string& reason) {
  const CommandResult result = ask(path);
  const std::string error = expect_error(result);
  EXPECT_TRUE(error.starts_with(path)) << error;
  EXPECT_NE(error.find(reason), std::string::npos)
      << "should say: " << reason << "\nsays: " << error;
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.out, "");
}

struct Damage {
  const char* name;
  const char* reason;                        ///< part of the message
  std::function<void(TinyModel&)> apply;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class BadModel : public ::testing::TestWithParam<Damage> {};

TEST_P(BadModel, IsRefusedWithItsReason) {
  TemporaryFolder folder;
  TinyModel model;
  GetParam().apply(model);
  write_file(folder / "model.gguf", model.build());
  expect_refusal(folder / "model.gguf", GetParam().reason);
}

// Sets one key of the tiny model.
template <typename T>
Damage key(const char* name, const char* reason, const char* which, T value) {
  return {name, reason, [which, value](TinyModel& m) { m.set(which, value); }};
}
Damage without(const char* name, const char* which) {
  return {name, which, [which](TinyModel& m) { m.erase(which); }};
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Damage> wrong_hyper_parameters() {
  return {
      key("UnknownArchitecture", "architecture 'mamba' is not known", "general.architecture",
          "mamba"),
      key("ArchitectureThatMovesTheCursor", "is not known", "general.architecture",
          "a\x1b[2J\nsluice: error: b"),
      key("ArchitectureOfAnotherType", "general.architecture", "general.architecture", uint32_t{3}),
      without("NoArchitecture", "general.architecture"),
      without("NoLayers", "qwen3moe.block_count"),
      without("NoExperts", "qwen3moe.expert_count"),
      key("ZeroLayers", "qwen3moe.block_count' is 0", "qwen3moe.block_count", uint32_t{0}),
      key("ABillionLayers", "qwen3moe.block_count' is 1000000000", "qwen3moe.block_count",
          uint32_t{1000000000}),
      key("MoreLayersThanTensors", "blk.2.attn_norm.weight is missing", "qwen3moe.block_count",
          uint32_t{3}),
      key("NegativeLayers", "qwen3moe.block_count' is -2", "qwen3moe.block_count", int32_t{-2}),
      key("LayersAsText", "qwen3moe.block_count' is not an integer", "qwen3moe.block_count", "two"),
      key("ZeroHeads", "head_count' is 0", "qwen3moe.attention.head_count", uint32_t{0}),
      key("OddHeads", "attn_q.weight has shape", "qwen3moe.attention.head_count", uint32_t{3}),
      key("MoreKeyHeadsThanHeads", "head_count_kv' is 4", "qwen3moe.attention.head_count_kv",
          uint32_t{4}),
      key("ZeroHeadDimension", "key_length' is 0", "qwen3moe.attention.key_length", uint32_t{0}),
      key("OddHeadDimension", "15", "qwen3moe.attention.key_length", uint32_t{15}),
      key("OtherValueLength", "value_length' is 8", "qwen3moe.attention.value_length", uint32_t{8}),
      key("ZeroContext", "context_length' is 0", "qwen3moe.context_length", uint32_t{0}),
      key("ZeroExperts", "expert_count' is 0", "qwen3moe.expert_count", uint32_t{0}),
      key("OtherExperts", "blk.0.ffn_gate_inp.weight has shape", "qwen3moe.expert_count",
          uint32_t{3}),
      key("MoreUsedThanThere", "expert_used_count' is 5", "qwen3moe.expert_used_count",
          uint32_t{5}),
      key("OtherExpertWidth", "exps.weight has shape", "qwen3moe.expert_feed_forward_length",
          uint32_t{64}),
      key("OtherWidth", "has shape", "qwen3moe.embedding_length", uint32_t{64}),
      key("NanEpsilon", "layer_norm_rms_epsilon is out of range",
          "qwen3moe.attention.layer_norm_rms_epsilon", kNan),
      key("NanRope", "freq_base nan", "qwen3moe.rope.freq_base", kNan),
      key("UnknownRopeScaling", "scaling.type 'twisted'", "qwen3moe.rope.scaling.type", "twisted"),
  };
}

std::vector<Damage> wrong_vocabularies() {
  return {
      without("NoTokenizer", "tokenizer.ggml.model"),
      without("NoTokens", "tokenizer.ggml.tokens"),
      key("TokensOfAnotherType", "tokenizer.ggml.tokens is not an array of strings",
          "tokenizer.ggml.tokens", std::vector<int32_t>{1, 2}),
      key("TooFewTypes", "token_type has 2 entries", "tokenizer.ggml.token_type",
          std::vector<int32_t>{1, 1}),
      key("EndBeyondTheTokens", "eos_token_id is 4294967295", "tokenizer.ggml.eos_token_id",
          uint32_t{0xFFFFFFFF}),
      key("UnknownTokenizer", "abacus", "tokenizer.ggml.model", "abacus"),
      key("UnknownSplitter", "klingon", "tokenizer.ggml.pre", "klingon"),
      {"MoreTokensThanRows", "the embedding only 99 rows",
       [](TinyModel& m) {
         std::vector<std::string> tokens;
         for (size_t i = 0; i < 200; ++i) tokens.push_back(numbered("token", i));
         m.set("tokenizer.ggml.tokens", tokens).erase("tokenizer.ggml.token_type");
         m.erase("tokenizer.ggml.eos_token_id").erase("tokenizer.ggml.merges");
       }},
  };
}

std::vector<Damage> wrong_tensors() {
  return {
      {"MissingTensor", "blk.1.attn_k.weight is missing",
       [](TinyModel& m) { m.erase_tensor("blk.1.attn_k.weight"); }},
      {"MissingExperts", "blk.1.ffn_up_exps.weight is missing",
       [](TinyModel& m) { m.erase_tensor("blk.1.ffn_up_exps.weight"); }},
      {"UnknownType", "type", [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").type = 99; }},
      {"RemovedType", "type", [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").type = 4; }},
      {"IntegerMatrix", "blk.0.attn_q.weight is of type I32",
       [](TinyModel& m) {
         m.tensor("blk.0.attn_q.weight").type = static_cast<uint32_t>(DType::i32);
       }},
      {"OffsetOutside", "beyond the end of the file",
       [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").offset = uint64_t{1} << 40; }},
      {"OffsetThatOverflows", "beyond the end of the file",
       [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").offset = ~uint64_t{0} - 31; }},
      {"CrookedOffset", "no multiple of the file's alignment",
       [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").offset = 7; }},
      {"Overlap", "inside", [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").offset = 64; }},
      {"HugeShape", "larger than any memory",
       [](TinyModel& m) {
         m.tensor("blk.0.attn_q.weight").shape = {uint64_t{1} << 40, uint64_t{1} << 40};
       }},
      {"ZeroShape", "blk.0.attn_q.weight",
       [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").shape = {0, 32}; }},
      {"FiveDimensions", "dimensions",
       [](TinyModel& m) { m.tensor("blk.0.attn_q.weight").shape = {32, 32, 1, 1, 1}; }},
      {"TransposedMatrix", "blk.0.attn_k.weight has shape {16, 32}",
       [](TinyModel& m) { m.tensor("blk.0.attn_k.weight").shape = {16, 32}; }},
      {"NameTwice", "blk.0.attn_q.weight",
       [](TinyModel& m) { m.tensor("blk.0.attn_k.weight").name = "blk.0.attn_q.weight"; }},
  };
}

std::vector<Damage> damaged_weights() {
  const auto put = [](const char* name, float value) {
    return [name, value](TinyModel& m) {
      for (size_t i = 0; i < 1024 && i * 4 < m.tensor(name).bytes.size(); ++i) {
        m.put_float(name, i, value);
      }
    };
  };
  return {
      {"NanInTheEmbedding", "NaN", put("token_embd.weight", kNan)},
      {"NanInANorm", "layer 1, attention", put("blk.1.attn_norm.weight", kNan)},
      {"NanInTheLastNorm", "NaN", put("output_norm.weight", kNan)},
      {"NanInARouter", "NaN", put("blk.0.ffn_gate_inp.weight", kNan)},
      {"NanInTheLastRouter", "NaN", put("blk.1.ffn_gate_inp.weight", kNan)},
      {"NanInAnExpert", "blk.0.exps unit ", [](TinyModel& m) {
         for (size_t expert = 0; expert < 4; ++expert) {
           m.put_float("blk.0.ffn_up_exps.weight", expert * 1024 + 5, kNan);
         }
       }},
      {"InfinityInAnExpert", "blk.1.exps unit ", [](TinyModel& m) {
         for (size_t expert = 0; expert < 4; ++expert) {
           m.put_float("blk.1.ffn_down_exps.weight", expert * 1024 + 5, INFINITY);
         }
       }},
  };
}

std::string damage_name(const ::testing::TestParamInfo<Damage>& info) { return info.param.name; }

using ::testing::ValuesIn;
INSTANTIATE_TEST_SUITE_P(Hyper, BadModel, ValuesIn(wrong_hyper_parameters()), damage_name);
INSTANTIATE_TEST_SUITE_P(Text, BadModel, ValuesIn(wrong_vocabularies()), damage_name);
INSTANTIATE_TEST_SUITE_P(Tensors, BadModel, ValuesIn(wrong_tensors()), damage_name);
INSTANTIATE_TEST_SUITE_P(Weights, BadModel, ValuesIn(damaged_weights()), damage_name);

// The scale of a block is one 16-bit float; as a NaN or an infinity it spoils a row of the matrix.
TEST(BadScales, AreFoundInTrunkAndExperts) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  for (const uint16_t scale : {uint16_t{0x7E00}, uint16_t{0x7C00}, uint16_t{0xFC00}}) {
    SCOPED_TRACE(scale);
    TinyModel trunk(DType::q8_0, DType::q8_0);
    trunk.put_half("blk.0.attn_v.weight", 0, scale);
    write_file(path, trunk.build());
    expect_refusal(path, "layer 0, attention");

    TinyModel experts(DType::q8_0, DType::q8_0);
    for (size_t expert = 0; expert < 4; ++expert) {
      experts.put_half("blk.1.ffn_down_exps.weight", expert * 1088, scale);
    }
    write_file(path, experts.build());
    expect_refusal(path, "blk.1.exps unit ");
  }
}

TEST(BadHeader, AbsurdCountsAndMagic) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  const auto refuse = [&](const std::function<void(GgufWriter&)>& change) {
    GgufWriter writer = TinyModel().writer();
    change(writer);
    write_file(path, writer.build());
    expect_refusal(path, "");
  };
  refuse([](GgufWriter& w) { w.magic = "GGML"; });
  refuse([](GgufWriter& w) { w.magic = "FUGG"; });
  refuse([](GgufWriter& w) { w.version = 0; });
  refuse([](GgufWriter& w) { w.version = 99; });
  refuse([](GgufWriter& w) { w.tensor_count = 0; });
  refuse([](GgufWriter& w) { w.metadata_count = 0; });
  for (const uint64_t count : {uint64_t{1} << 32, uint64_t{1} << 62, ~uint64_t{0}}) {
    refuse([&](GgufWriter& w) { w.tensor_count = count; });
    refuse([&](GgufWriter& w) { w.metadata_count = count; });
    refuse([&](GgufWriter& w) { w.put_array("x", ValueType::u32, count, ""); });
    refuse([&](GgufWriter& w) { w.put_array("x", ValueType::string, count, ""); });
    refuse([&](GgufWriter& w) { w.put_raw("x", ValueType::string, number_bytes(count)); });
  }
}

TEST(BadFiles, AreNamedForWhatTheyAre) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  const auto refuse = [&](std::string_view bytes, const std::string& reason) {
    write_file(path, bytes);
    expect_refusal(path, reason);
  };
  refuse("", "");
  refuse("G", "");
  refuse("GGUF", "");
  refuse(std::string(1000, '\0'), "");
  refuse("\x89PNG\r\n\x1a\n and so on, and so on, and so on", "");
  refuse("Once upon a time there was no model in this file.\n", "");
  expect_refusal(folder / "nothing.gguf", "No such file");
  expect_refusal("/dev/zero", "not a regular file");
  std::filesystem::create_directory(folder / "folder.gguf");
  expect_refusal(folder / "folder.gguf", "directory");
  ASSERT_EQ(mkfifo((folder / "pipe.gguf").c_str(), 0600), 0);
  expect_refusal(folder / "pipe.gguf", "not a regular file");
  std::filesystem::create_symlink(folder / "circle.gguf", folder / "circle.gguf");
  expect_refusal(folder / "circle.gguf", "");
}

TEST(BadFiles, Unreadable) {
  if (geteuid() == 0) GTEST_SKIP() << "SKIP: root reads everything";
  TemporaryFolder folder;
  write_file(folder / "model.gguf", TinyModel().build());
  ASSERT_EQ(chmod((folder / "model.gguf").c_str(), 0), 0);
  expect_refusal(folder / "model.gguf", "Permission denied");
}

TEST(BadSplits, NameTheMissingShard) {
  TemporaryFolder folder;
  const TinyModel model;
  const std::string first = model.writer().write_split(folder / "model", 9);
  EXPECT_EQ(ask(first).status, 0) << "whole, it runs";
  const std::string second = GgufWriter::shard_path(folder / "model", 2, 3);
  const std::string bytes = read_text(second);
  std::filesystem::remove(second);
  EXPECT_NE(expect_error(ask(first)).find("model-00002-of-00003.gguf"), std::string::npos);
  write_file(second, bytes.substr(0, bytes.size() - 100));
  EXPECT_NE(expect_error(ask(first)).find("model-00002-of-00003.gguf"), std::string::npos);
  write_file(second, read_text(first));
  EXPECT_NE(expect_error(ask(first)).find("model-00002-of-00003.gguf"), std::string::npos);
  // Opened at a later shard: it says which to open.
  write_file(second, bytes);
  EXPECT_NE(expect_error(ask(second)).find("00001-of-00003"), std::string::npos);
}

// The program on a truncated real file: every 997th byte of the header, and some of the weights.
TEST(TruncatedFile, TheProgramRefusesIt) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  const std::string whole = read_text(golden_model_path());
  const size_t header = 20000;
  std::vector<size_t> sizes;
  for (size_t size = 0; size < header; size += 997) sizes.push_back(size);
  for (size_t eighth = 1; eighth < 8; ++eighth) sizes.push_back(whole.size() / 8 * eighth);
  sizes.push_back(whole.size() - 33);  // the end is padded to 32 bytes
  for (const size_t size : sizes) {
    SCOPED_TRACE(size);
    write_file(path, std::string_view(whole).substr(0, size));
    expect_refusal(path, "");
  }
}

// Opens and runs inside this process: what a sanitizer sees best. Errors name the file.
void open_and_run(const std::string& path, size_t& opened) {
  EngineOptions options;
  options.path = path;
  options.memory_bytes = kMemoryBytes;
  options.context_tokens = 16;
  options.threads = 1;
  options.reader = "pread";
  const auto engine = Engine::open(options);
  if (!engine) {
    EXPECT_NE(engine.error().message.find(path), std::string::npos) << engine.error().message;
    return;
  }
  ++opened;
  const auto session = (*engine)->new_session();
  ASSERT_TRUE(session);
  const std::vector<TokenId> ids = {1, 2, 3};
  const auto logits = evaluate_logits(**session, ids);
  if (!logits) {
    EXPECT_NE(logits.error().message.find(path), std::string::npos) << logits.error().message;
    return;
  }
  for (const float logit : *logits) ASSERT_TRUE(std::isfinite(logit));
}

TEST(TruncatedFile, EveryByteOfTheHeader) {
  TemporaryFolder folder(memory_folder());
  const std::string path = folder / "model.gguf";
  const TinyModel model(DType::q8_0, DType::q8_0);
  const std::string whole = model.build();
  const size_t header = model.writer().build_header().size();
  size_t opened = 0;
  write_file(path, whole);
  open_and_run(path, opened);
  EXPECT_EQ(opened, 1u);
  for (size_t size = header + 100; size-- > 0;) {
    SCOPED_TRACE(size);
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(size)), 0);
    open_and_run(path, opened);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(opened, 1u);
}

TEST(FlippedFile, EveryByteOfTheHeader) {
  TemporaryFolder folder(memory_folder());
  const std::string path = folder / "model.gguf";
  const TinyModel model(DType::q8_0, DType::q8_0);
  std::string bytes = model.build();
  const size_t header = model.writer().build_header().size();
  size_t opened = 0;
  for (size_t at = 0; at < header; ++at) {
    SCOPED_TRACE(at);
    // All bits at once, or one of them by turns.
    for (const int mask : {0xFF, 1 << at % 8}) {
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      write_file(path, bytes);
      open_and_run(path, opened);
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
    }
    if (::testing::Test::HasFailure()) return;
  }
  // Some bytes do not matter: names of tokens, numbers in range.
  EXPECT_GT(opened, 10u);
  EXPECT_LT(opened, header);
}

}  // namespace
}  // namespace sluice::test
