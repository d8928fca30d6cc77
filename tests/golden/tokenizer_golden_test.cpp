// Goal: token ids equal those of the authority (Hugging Face tokenizers), for every family, read
// from a GGUF vocabulary and from a tokenizer.json as the engine reads them.
// Method: tests/golden/tokenizers/NAME has vocab.gguf, tokenizer.json, cases.jsonl and
// decode.jsonl, made by independent implementations. The environment variable SLUICE_GOLDEN, or the
// first argument, may name a folder with more of them: tokenizers/mini/NAME, tokenizers/corpus.txt,
// corpus.json. tests/golden/demo has texts of the demo model, which is looked for in models/.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/vocabulary_source.hpp"
#include "formats/gguf.hpp"
#include "support/json_file.hpp"
#include "support/sha256.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_json.hpp"
#include "text/utf8.hpp"

namespace sluice {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kOwn = fs::path(SLUICE_SOURCE_DIR) / "tests" / "golden";

fs::path golden_folder(const fs::path& set_to = {}) {
  static fs::path folder = [] {
    const char* const named = std::getenv("SLUICE_GOLDEN");
    return named == nullptr ? fs::path() : fs::path(named);
  }();
  if (!set_to.empty()) folder = set_to;
  return folder;
}

// The two forms in which a mini lies in its folder.
constexpr const char* kForms[] = {"vocab.gguf", "tokenizer.json"};

Result<Tokenizer> open_tokenizer(const fs::path& path) {
  if (path.extension() == ".json") {
    TokenizerFiles files;
    files.tokenizer = test::read_text(path);
    SLUICE_LET(Vocabulary vocabulary, read_tokenizer_json(std::move(files)));
    return Tokenizer::create(std::move(vocabulary));
  }
  SLUICE_LET(ModelFile file, open_gguf(path.string()));
  SLUICE_LET(Vocabulary vocabulary, read_vocabulary(file.metadata));
  return Tokenizer::create(std::move(vocabulary));
}

std::vector<fs::path> vocabularies(const fs::path& folder) {
  std::vector<fs::path> found;
  if (!fs::is_directory(folder)) return found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / "vocab.gguf")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

// The ids that a case expects; some differ between a family's files (trap 4 of the README).
std::vector<TokenId> expected(const json& line, bool special, bool is_gguf) {
  if (special && is_gguf && line.contains("gguf_ids_with_special"))
    return line["gguf_ids_with_special"];
  if (special && line.contains("ids_with_special")) return line["ids_with_special"];
  return is_gguf && line.contains("gguf_ids") ? line["gguf_ids"] : line["ids"];
}

void check_cases(const Tokenizer& tokenizer, const fs::path& file) {
  size_t wrong = 0;
  const bool is_gguf = file.extension() == ".gguf";
  const auto lines = test::read_json_lines(file.parent_path() / "cases.jsonl");
  EXPECT_FALSE(lines.empty()) << file;
  for (const json& line : lines) {
    const std::string text = line["text"];
    for (const bool special : {false, true}) {
      const auto ids = tokenizer.encode(text, special);
      if (ids == expected(line, special, is_gguf)) continue;
      if (++wrong <= 5)
        ADD_FAILURE() << file << " " << line["name"] << (special ? " with special" : "") << "\n"
                      << json(ids) << "\n"
                      << json(expected(line, special, is_gguf));
    }
    const std::vector<TokenId> ids = line["ids"];
    const auto decoded = tokenizer.decode(ids, true);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, line.value("decoded", text)) << file << line["name"];
  }
  EXPECT_EQ(wrong, 0u) << file << " of " << 2 * lines.size();
}

void check_decoding(const Tokenizer& tokenizer, const fs::path& folder) {
  for (const json& line : test::read_json_lines(folder / "decode.jsonl")) {
    const std::vector<TokenId> ids = line["ids"];
    std::string bytes;
    for (const TokenId id : ids) bytes += tokenizer.bytes(id, true);
    EXPECT_EQ(hex_of(bytes), line["bytes_hex"]) << folder << line["ids"];
    // The authority's byte fallback replaces each byte alone, so only byte-level texts compare.
    if (tokenizer.model() != "gpt2") continue;
    std::string text;
    append_well_formed(text, bytes);
    EXPECT_EQ(text, line["text"]) << folder << line["ids"];
  }
}

void check_folder(const fs::path& folder) {
  for (const char* const form : kForms) {
    const auto tokenizer = open_tokenizer(folder / form);
    ASSERT_TRUE(tokenizer) << folder / form << tokenizer.error().message;
    check_cases(*tokenizer, folder / form);
    check_decoding(*tokenizer, folder);
  }
}

TEST(TokenizerGolden, OwnCases) {
  const auto folders = vocabularies(kOwn / "tokenizers");
  EXPECT_FALSE(folders.empty());
  for (const fs::path& folder : folders) check_folder(folder);
}

TEST(TokenizerGolden, AllCases) {
  const auto folders = vocabularies(golden_folder() / "tokenizers" / "mini");
  if (folders.empty()) GTEST_SKIP() << "SLUICE_GOLDEN names no folder with tokenizers/mini";
  for (const fs::path& folder : folders) check_folder(folder);
}

// Says where ids begin to differ, as far as the digests of the prefixes tell.
void check_digest(const std::string& name, const std::vector<TokenId>& ids, const json& expected) {
  const size_t step = expected["prefix_step"];
  test::Sha256 digest;
  EXPECT_EQ(ids.size(), expected["count"]) << name;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0 && i % step == 0 && i / step <= expected["prefix_sha256"].size() &&
        digest.hex().substr(0, 8) != expected["prefix_sha256"][i / step - 1]) {
      ADD_FAILURE() << name << " differs before id " << i;
      return;
    }
    const auto id = static_cast<uint32_t>(ids[i]);
    const char bytes[4] = {static_cast<char>(id), static_cast<char>(id >> 8),
                           static_cast<char>(id >> 16), static_cast<char>(id >> 24)};
    digest.update({bytes, 4});
  }
  EXPECT_EQ(digest.hex(), expected["sha256"]) << name;
}

TEST(TokenizerGolden, Corpus) {
  const fs::path folder = golden_folder() / "tokenizers";
  if (!fs::exists(folder / "corpus.json"))
    GTEST_SKIP() << "SLUICE_GOLDEN names no folder with tokenizers/corpus.json";
  const std::string text = test::read_text(folder / "corpus.txt");
  const json digests = json::parse(test::read_text(folder / "corpus.json"));
  for (const fs::path& mini : vocabularies(folder / "mini")) {
    const std::string name = mini.filename();
    ASSERT_TRUE(digests.contains(name)) << name;
    for (const char* const form : kForms) {
      const auto tokenizer = open_tokenizer(mini / form);
      ASSERT_TRUE(tokenizer) << mini / form << tokenizer.error().message;
      check_digest(name + " " + form, tokenizer->encode(text, false), digests[name]);
    }
  }
}

TEST(TokenizerGolden, DemoModel) {
  const fs::path model = fs::path(SLUICE_SOURCE_DIR) / "models" / "sluice-demo-Q4_K_M.gguf";
  if (!fs::exists(model)) GTEST_SKIP() << model << " is not there";
  const auto tokenizer = open_tokenizer(model);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->stops(), (std::vector<TokenId>{6135, 6137}));
  EXPECT_FALSE(tokenizer->adds_bos());
  for (const char* const name : {"chat.jsonl", "prose.jsonl", "tokenizer.jsonl"}) {
    const auto lines = test::read_json_lines(kOwn / "demo" / name);
    EXPECT_FALSE(lines.empty()) << name;
    for (const json& line : lines)
      EXPECT_EQ(json(tokenizer->encode(std::string(line["text"]), true)), line["ids"])
          << name << line["text"];
  }
}

}  // namespace
}  // namespace sluice

int main(int argument_count, char** arguments) {
  testing::InitGoogleTest(&argument_count, arguments);
  if (argument_count > 1) sluice::golden_folder(arguments[1]);
  return RUN_ALL_TESTS();
}
