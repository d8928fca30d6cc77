// Goal: a vocabulary is taken out of metadata whole, and whatever does not fit is an error that
// names its key. Method: metadata made here, damaged one key at a time.
#include "engine/vocabulary_source.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

StringTable table(std::initializer_list<std::string_view> texts) {
  StringTable strings;
  for (const std::string_view text : texts) strings.push_back(text);
  return strings;
}

// The keys of a whole vocabulary, one of them replaced (or left out, if it has no value).
Metadata make(std::string_view key = {}, std::optional<MetadataValue> value = std::nullopt) {
  std::map<std::string, MetadataValue> values;
  values["model"] = std::string("llama");
  values["pre"] = std::string("default");
  values["tokens"] = table({"<s>", "</s>", "a"});
  values["token_type"] = std::vector<int64_t>{3, 3, 1};
  values["scores"] = std::vector<float>{0, 0, -1};
  values["merges"] = table({"a a"});
  values["bos_token_id"] = uint64_t{0};
  values["eos_token_id"] = uint64_t{1};
  values["add_bos_token"] = true;
  values["add_space_prefix"] = false;
  if (value) {
    values[std::string(key)] = *value;
  } else {
    values.erase(std::string(key));
  }
  Metadata metadata;
  for (auto& [name, content] : values)
    EXPECT_TRUE(metadata.insert("tokenizer.ggml." + name, std::move(content)));
  return metadata;
}

TEST(VocabularySource, ReadsEverything) {
  Metadata metadata = make();
  const auto vocabulary = read_vocabulary(metadata);
  ASSERT_TRUE(vocabulary) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->model, "llama");
  EXPECT_EQ(vocabulary->pre, "default");
  EXPECT_EQ(vocabulary->tokens.size(), 3u);
  EXPECT_EQ(vocabulary->types[0], TokenType::control);
  EXPECT_EQ(vocabulary->scores[2], -1);
  EXPECT_EQ(vocabulary->merges.size(), 1u);
  EXPECT_EQ(vocabulary->bos, 0);
  EXPECT_EQ(vocabulary->eos, 1);
  EXPECT_FALSE(vocabulary->eot);
  EXPECT_EQ(vocabulary->add_bos, true);
  EXPECT_EQ(vocabulary->add_space_prefix, false);
}

TEST(VocabularySource, MostKeysMayBeMissing) {
  for (const char* const key : {"pre", "token_type", "scores", "merges", "bos_token_id",
                                "eos_token_id", "add_bos_token", "add_space_prefix"}) {
    Metadata metadata = make(key);
    EXPECT_TRUE(read_vocabulary(metadata)) << key;
  }
}

TEST(VocabularySource, WhatDoesNotFitIsCorrupt) {
  const std::pair<const char*, std::optional<MetadataValue>> damages[] = {
      {"model", std::nullopt},
      {"model", uint64_t{1}},
      {"pre", true},
      {"tokens", std::nullopt},
      {"tokens", StringTable()},
      {"tokens", std::string("a")},
      {"token_type", std::vector<int64_t>{1, 1}},
      {"token_type", std::vector<int64_t>{1, 1, 7}},
      {"token_type", std::vector<int64_t>{1, 1, 0}},
      {"token_type", std::vector<float>{1, 1, 1}},
      {"scores", std::vector<float>{1, 1, 1, 1}},
      {"scores", std::vector<int64_t>{1, 1, 1}},
      {"merges", std::string("a a")},
      {"eos_token_id", uint64_t{3}},
      {"eos_token_id", int64_t{-1}},
      {"eos_token_id", std::string("</s>")},
      {"add_bos_token", uint64_t{1}},
  };
  for (const auto& damage : damages) {
    Metadata metadata = make(damage.first, damage.second);
    const auto vocabulary = read_vocabulary(metadata);
    ASSERT_FALSE(vocabulary) << damage.first;
    EXPECT_EQ(vocabulary.error().code, Code::corrupt);
    EXPECT_NE(vocabulary.error().message.find(std::string("tokenizer.ggml.") + damage.first),
              std::string::npos)
        << vocabulary.error().message;
  }
}

}  // namespace
}  // namespace sluice
