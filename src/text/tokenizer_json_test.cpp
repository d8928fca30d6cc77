// Goal: what the golden cases do not have: unigram models, Metaspace in its forms, flags of added
// tokens, the files beside tokenizer.json, and an error for all that is not done.
// Method: small files made here; the ids are Hugging Face tokenizers' (0.23.3) for them.
#include "text/tokenizer_json.hpp"

#include <gtest/gtest.h>

#include "text/tokenizer.hpp"

namespace sluice {
namespace {

using Ids = std::vector<TokenId>;

constexpr const char* kAdded = R"({"id": 0, "content": "<unk>", "special": true},
  {"id": 11, "content": "<m>", "lstrip": true, "special": false},
  {"id": 12, "content": "w", "single_word": true, "normalized": true, "special": false})";
constexpr const char* kPieces = R"(["<unk>", 0.0], ["▁", -2.5], ["a", -3.25], ["b", -4.5],
  ["▁ab", -5.0], ["abc", -6.125], ["c", -7.0], ["▁▁", -3.0], ["ca", -6.5], ["ba▁", -5.5],
  ["ä", -8.0])";

std::string join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += part;
  return joined;
}

// A tokenizer.json of a unigram model; `more` are further pieces.
std::string unigram(const std::string& scheme, const std::string& split, const std::string& more) {
  const std::string metaspace =
      join({R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": ")", scheme,
            R"(", "split": )", split, "}"});
  return join({R"({"added_tokens": [)", kAdded, R"(], "normalizer": null, "pre_tokenizer": )",
               metaspace, R"(, "post_processor": null, "decoder": )", metaspace,
               R"(, "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": )",
               more.empty() ? "false" : "true", R"(, "vocab": [)", kPieces, more, "]}}"});
}

Result<Tokenizer> open(const std::string& json) {
  TokenizerFiles files;
  files.tokenizer = json;
  SLUICE_LET(Vocabulary vocabulary, read_tokenizer_json(std::move(files)));
  return Tokenizer::create(std::move(vocabulary));
}

struct Case {
  const char* text;
  Ids ids;
  const char* decoded;
};

void check(const std::string& json, const std::vector<Case>& cases) {
  const auto tokenizer = open(json);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  for (const Case& one : cases) {
    EXPECT_EQ(tokenizer->encode(one.text, true), one.ids) << one.text;
    EXPECT_EQ(*tokenizer->decode(one.ids, true), one.decoded) << one.text;
  }
}

TEST(TokenizerJson, UnigramWithABlankAtTheStart) {
  check(unigram("first", "false", ""),
        {{"", {}, ""},
         {"ab", {4}, "ab"},
         {"abc abca", {1, 5, 4, 8}, "abc abca"},
         {"a  b", {1, 2, 7, 3}, "a  b"},
         {"  ab", {1, 4}, " ab"},
         {"xxab yx", {1, 0, 2, 3, 1, 0}, "<unk>ab <unk>"},
         {"aw w wa <m> b", {1, 2, 0, 1, 12, 1, 0, 2, 11, 1, 3}, "a<unk> w <unk>a<m> b"},
         {"cab▁ca äö", {1, 8, 3, 1, 8, 1, 10, 0}, "cab ca ä<unk>"},
         {"baba  <m>  <m>ab\n", {1, 3, 2, 3, 2, 11, 11, 2, 3, 0}, "baba<m><m>ab<unk>"}});
}

TEST(TokenizerJson, UnigramOfWords) {
  check(unigram("always", "true", ""),
        {{"a  b", {1, 2, 1, 1, 3}, "a  b"},
         {"  ab", {1, 4}, " ab"},
         {"baba  <m>  <m>ab\n", {1, 3, 2, 3, 2, 11, 11, 4, 0}, "baba<m><m> ab<unk>"}});
}

TEST(TokenizerJson, UnigramWithoutABlankInFront) {
  check(unigram("never", "false", ""), {{"ab", {2, 3}, "ab"},
                                        {"  ab", {1, 4}, "  ab"},
                                        {"cab▁ca äö", {8, 3, 1, 8, 1, 10, 0}, "cab ca ä<unk>"}});
}

TEST(TokenizerJson, UnigramWithBytes) {
  std::string more = R"(, ["<m>", 0], ["w", 0])";
  for (int byte = 0; byte < 256; ++byte) {
    char text[20];
    std::snprintf(text, sizeof text, ", [\"<0x%02X>\", 0]", static_cast<unsigned>(byte));
    more += text;
  }
  check(unigram("always", "true", more),
        {{"xxab yx", {1, 133, 133, 2, 3, 1, 134, 133}, "xxab yx"},
         {"aw w wa <m> b", {1, 2, 12, 1, 12, 1, 12, 2, 11, 1, 3}, "aw w wa<m> b"},
         {"ö", {1, 208, 195}, "ö"}});
}

TEST(TokenizerJson, AMegabyteThroughTheUnigramModel) {
  const auto tokenizer = open(unigram("first", "false", ""));
  ASSERT_TRUE(tokenizer);
  for (const char unit : {' ', 'a', 'x'}) {
    const std::string text(1 << 20, unit);
    EXPECT_FALSE(tokenizer->encode(text, false).empty());
  }
}

// A character-level BPE with every step of Llama 2's, one of which may be replaced.
std::string bpe(const std::string& from = "", const std::string& to = "") {
  std::string json = R"({"added_tokens": [{"id": 0, "content": "<s>", "special": true},
    {"id": 1, "content": "</s>", "special": true}], "normalizer": {"type": "Sequence",
    "normalizers": [{"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "pre_tokenizer": null, "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A"}}],
      "special_tokens": {"<s>": {"id": "<s>", "ids": [0]}}},
    "decoder": {"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
      {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "dropout": null, "unk_token": "<s>", "fuse_unk": true,
      "vocab": {"<s>": 0, "</s>": 1, "▁": 2, "a": 3, "▁a": 4}, "merges": [["▁", "a"]]}})";
  if (from.empty()) return json;
  const size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

TEST(TokenizerJson, CharactersByAListOfMerges) {
  const auto tokenizer = open(bpe());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("a  a</s>a", true), (Ids{4, 2, 4, 1, 4}));
  EXPECT_EQ(tokenizer->encode("axya", false), (Ids{4, 0, 3}));
  EXPECT_EQ(*tokenizer->decode(Ids{4, 2, 4}, true), "a  a");
  EXPECT_TRUE(tokenizer->adds_bos());
  EXPECT_EQ(tokenizer->encode(Segments{{"a", false}}), (Ids{0, 4}));
}

TEST(TokenizerJson, WhatIsNotDoneIsRefusedByItsName) {
  const struct {
    const char *from, *to, *word;
  } damages[] = {
      {R"({"type": "Prepend", "prepend": "▁"})", R"({"type": "Lowercase"})", "Lowercase"},
      {R"("prepend": "▁")", R"("prepend": "x")", "Prepend"},
      {R"("pattern": {"String": " "})", R"("pattern": {"Regex": " +"})", "Replace"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "BertPreTokenizer"})", "Bert"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "ByteLevel",
        "add_prefix_space": false})",
       "ByteLevel"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "Split", "behavior": "Isolated",
        "pattern": {"Regex": "x\ny"}})",
       "x\\ny"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "Split", "behavior": "Removed",
        "pattern": {"Regex": "\\p{N}"}})",
       "Removed"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "Digits"})", "individual_digits"},
      {R"("pre_tokenizer": null)", R"("pre_tokenizer": {"type": "Metaspace",
        "replacement": "_"})",
       "Metaspace"},
      {R"({"type": "ByteFallback"})", R"({"type": "WordPiece"})", "WordPiece"},
      {R"("start": 1)", R"("start": 2)", "Strip"},
      {R"("type": "TemplateProcessing")", R"("type": "RobertaProcessing")", "Roberta"},
      {R"("type": "BPE")", R"("type": "WordPiece")", "WordPiece"},
      {R"("dropout": null)", R"("dropout": 0.1)", "dropout"},
      {R"("dropout": null)", R"("end_of_word_suffix": "</w>")", "end_of_word_suffix"},
      {R"("dropout": null)", R"("ignore_merges": true)", "ignore_merges"},
  };
  for (const auto& damage : damages) {
    const auto tokenizer = open(bpe(damage.from, damage.to));
    ASSERT_FALSE(tokenizer) << damage.to;
    EXPECT_EQ(tokenizer.error().code, Code::unsupported) << damage.to;
    EXPECT_NE(tokenizer.error().message.find(damage.word), std::string::npos)
        << tokenizer.error().message;
  }
}

TEST(TokenizerJson, ATokenListedTwiceIsSpecialIfOneEntrySaysSo) {
  const auto tokenizer = open(bpe(R"({"id": 0, "content": "<s>", "special": true})",
                                  R"({"id": 0, "content": "<s>", "special": false},
                                     {"id": 0, "content": "<s>", "special": true})"));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  // Marked text may hold it, plain text not; there it is an unknown word.
  EXPECT_EQ(tokenizer->encode("<s>", true).front(), 0);
  EXPECT_EQ(*tokenizer->decode(Ids{0}, false), "");
  EXPECT_EQ(*tokenizer->decode(Ids{0}, true), "<s>");
}

TEST(TokenizerJson, ContradictionsAreCorrupt) {
  const struct {
    const char *from, *to;
  } damages[] = {
      {R"("▁": 2)", R"("▁": 3)"},
      {R"("▁": 2)", R"("▁": -1)"},
      {R"("▁": 2)", R"("▁": 99999999)"},
      {R"("id": 1, "content": "</s>")", R"("id": 0, "content": "x")"},
      {R"("unk_token": "<s>")", R"("unk_token": "x")"},
      {R"(["▁", "a"])", R"(["▁", "x"])"},
      {R"("ids": [0])", R"("ids": [-1])"},
      {R"("ids": [0])", R"("ids": [77])"},
      {R"("id": 1, "content")", R"("content")"},
      {R"("model")", R"("modal")"},
  };
  for (const auto& damage : damages) {
    const auto tokenizer = open(bpe(damage.from, damage.to));
    ASSERT_FALSE(tokenizer) << damage.to;
    EXPECT_EQ(tokenizer.error().code, Code::corrupt) << tokenizer.error().message;
  }
}

TEST(TokenizerJson, TheFilesBesideIt) {
  TokenizerFiles files;
  files.tokenizer = bpe();
  files.tokenizer_config = R"({"eos_token": {"content": "</s>"}, "add_bos_token": false})";
  files.special_tokens_map = R"({"pad_token": "</s>", "eos_token": "<s>"})";
  files.config = R"({"eos_token_id": 0})";
  auto vocabulary = read_tokenizer_json(files);
  ASSERT_TRUE(vocabulary) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->bos, 0);
  EXPECT_EQ(vocabulary->eos, 1);
  EXPECT_EQ(vocabulary->padding, 1);
  EXPECT_EQ(vocabulary->add_bos, false);
  EXPECT_EQ(vocabulary->more_stops, Ids{0});
  files.generation_config = R"({"eos_token_id": [1, 3]})";
  vocabulary = read_tokenizer_json(files);
  ASSERT_TRUE(vocabulary);
  EXPECT_EQ(vocabulary->more_stops, (Ids{1, 3}));
  files.generation_config.clear();
  files.config = R"({"text_config": {"eos_token_id": 3}})";
  EXPECT_EQ(read_tokenizer_json(files)->more_stops, Ids{3});
  files.config = R"({"eos_token_id": 5})";
  EXPECT_FALSE(read_tokenizer_json(files));
  files.config = "[]";
  EXPECT_FALSE(read_tokenizer_json(files));
}

}  // namespace
}  // namespace sluice
