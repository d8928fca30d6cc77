// Goal: a Hugging Face folder without weights is a text model: its vocabulary, its stops and its
// chat template. Method: small folders written here.
#include "engine/tokenizer_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sluice/text.hpp"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizer = R"({"added_tokens": [
    {"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}],
  "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
  "decoder": {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
  "model": {"type": "BPE", "unk_token": "<s>", "fuse_unk": true,
    "vocab": {"<s>": 0, "</s>": 1, "\u2581": 2, "a": 3, "b": 4}, "merges": []}})";

class TokenizerFolderTest : public testing::Test {
 protected:
  TokenizerFolderTest()
      : folder_(fs::temp_directory_path() /
                ("sluice_folder_" + std::to_string(reinterpret_cast<uintptr_t>(this)))) {
    fs::create_directories(folder_);
    write("tokenizer.json", kTokenizer);
  }
  ~TokenizerFolderTest() override { fs::remove_all(folder_); }

  void write(const char* name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::string path() const { return folder_.string(); }
  std::string file() const { return (folder_ / "tokenizer.json").string(); }

 private:
  fs::path folder_;
};

TEST_F(TokenizerFolderTest, OpensByFolderAndByFile) {
  write("generation_config.json", R"({"eos_token_id": [1, 4]})");
  for (const std::string& named : {path(), file()}) {
    const auto model = TextModel::open(named);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ((*model)->encode("a b</s>", true), (std::vector<TokenId>{3, 2, 4, 1}));
    EXPECT_EQ((*model)->stop_ids(), (std::vector<TokenId>{1, 4}));
    EXPECT_FALSE((*model)->has_chat_template());
  }
}

TEST_F(TokenizerFolderTest, ChatTemplatesByTheirPlaces) {
  write("tokenizer_config.json", R"({"chat_template": "one"})");
  EXPECT_EQ(read_tokenizer_folder(file())->chat.general, "one");
  write("tokenizer_config.json",
        R"({"chat_template": [{"name": "default", "template": "two"},
          {"name": "tool_use", "template": "tools"}]})");
  EXPECT_EQ(read_tokenizer_folder(file())->chat.general, "two");
  EXPECT_EQ(read_tokenizer_folder(file())->chat.tool_use, "tools");
  write("chat_template.jinja", "{{ messages[0].content }}");
  const auto model = TextModel::open(path());
  ASSERT_TRUE(model) << model.error().message;
  const Message message{"user", "ab</s>"};
  const auto ids = (*model)->encode_chat({&message, 1}, {});
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_EQ(ids->size(), 3u);  // a, b and one unknown: no control token
}

TEST_F(TokenizerFolderTest, ErrorsNameTheFile) {
  write("tokenizer.json", R"({"model": {"type": "WordLevel"}})");
  const auto model = TextModel::open(path());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, Code::unsupported);
  EXPECT_NE(model.error().message.find(file()), std::string::npos);
  EXPECT_NE(model.error().message.find("WordLevel"), std::string::npos);
  EXPECT_TRUE(find_tokenizer_json(fs::temp_directory_path().string() + "/no_such").empty());
}

}  // namespace
}  // namespace sluice
