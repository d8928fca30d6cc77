// Goal: the tables of a tokenizer.json come out whole in all their forms, the rest as a tree, and
// damage is an error that says so. Method: small documents.
#include "text/tokenizer_document.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TokenizerDocument, TablesAndTheRest) {
  const auto document = read_tokenizer_document(R"({"version": "1.0", "vocab": {"x": 1},
    "model": {"type": "BPE", "vocab": {"a": 1, "b": 0, "\u00e9": 2}, "merges": ["a b", "b a"]},
    "added_tokens": [{"id": 3, "content": "<s>", "special": true}]})");
  ASSERT_TRUE(document) << document.error().message;
  ASSERT_EQ(document->texts.size(), 3u);
  EXPECT_EQ(document->texts[2], "\xC3\xA9");
  EXPECT_EQ(document->ids, (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(document->merges.size(), 2u);
  const TemplateValue* const model = document->tree.find("model");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->find("vocab"), nullptr);
  EXPECT_EQ(*model->find("type")->text(), "BPE");
  EXPECT_NE(document->tree.find("vocab"), nullptr);
  EXPECT_EQ(document->tree.find("added_tokens")->list()->size(), 1u);
}

TEST(TokenizerDocument, PairsAndScores) {
  const auto document = read_tokenizer_document(
      R"({"model": {"merges": [["a ", "b"]], "vocab": [["a", -1.5], ["b", 0]]}})");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->scores, (std::vector<double>{-1.5, 0}));
  ASSERT_EQ(document->merge_parts.size(), 2u);
  EXPECT_EQ(document->merge_parts[0], "a ");
}

TEST(TokenizerDocument, DamageIsCorrupt) {
  for (const char* const json :
       {"", "{", R"({"model": {"vocab": {"a": "b"}}})", R"({"model": {"vocab": {"a": {}}}})",
        R"({"model": {"vocab": [["a"]]}})", R"({"model": {"vocab": [["a", 1, 2]]}})",
        R"({"model": {"vocab": [[1, "a"]]}})", R"({"model": {"vocab": ["a"]}})",
        R"({"model": {"merges": [["a"]]}})", R"({"model": {"merges": [1]}})",
        R"({"model": {"merges": ["a b", ["a", "b"]]}})", R"({"model": {"merges": [[["a"]]]}})",
        R"({"model": {"vocab": {"a": 18446744073709551615}}})",
        R"({"model": {"vocab": {"a": 1}, "vocab": [["b", 1]]}})", "\"\xFF\""}) {
    const auto document = read_tokenizer_document(json);
    ASSERT_FALSE(document) << json;
    EXPECT_EQ(document.error().code, Code::corrupt) << json;
  }
  const auto deep = read_tokenizer_document(std::string(100000, '['));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested"), std::string::npos);
}

}  // namespace
}  // namespace sluice
