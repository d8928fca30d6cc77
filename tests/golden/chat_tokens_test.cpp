// Goal: a conversation becomes the ids that transformers makes of it: template and tokenizer
// together, with control tokens recognised in markup only.
// Method: tests/golden/chat-templates/tokens.json over the vocabularies of tests/golden/tokenizers,
// and those that only $SLUICE_SHARED (default: shared beside the source tree) has.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "sluice/text.hpp"
#include "support/json_file.hpp"

namespace sluice::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const fs::path kOwn = fs::path(SLUICE_SOURCE_DIR) / "tests" / "golden";
const char* const kForms[] = {"vocab.gguf", "tokenizer.json"};

Json read_rows(const fs::path& path) {
  return Json::parse(read_text(path.string()));
}

// The file of a small tokenizer, or nothing if neither folder has it.
fs::path vocabulary_path(const std::string& name, const std::string& form) {
  const char* const named = std::getenv("SLUICE_SHARED");
  const fs::path shared = named != nullptr ? fs::path(named) : kOwn.parent_path() / "../../shared";
  for (const fs::path& folder : {kOwn / "tokenizers", shared / "golden" / "tokenizers" / "mini"}) {
    if (fs::exists(folder / name / form)) return folder / name / form;
  }
  return {};
}

Json request_of(const Json& conversations, const Json& row) {
  Json request = conversations["conversations"][row["conversation"].get<std::string>()];
  request["now"] = conversations["now"];
  request["kwargs"]["bos_token"] = row["bos_token"];
  request["kwargs"]["eos_token"] = row["eos_token"];
  return request;
}

TEST(ChatTokens, EqualTheReference) {
  const fs::path golden = kOwn / "chat-templates";
  const Json conversations = read_rows(golden / "conversations.json");
  std::map<fs::path, size_t> rows;
  for (const Json& row : read_rows(golden / "tokens.json")) {
    for (const char* const form : kForms) {
      const fs::path path = vocabulary_path(row["tokenizer"], form);
      if (path.empty()) continue;
      const std::string source = row["template"];
      const auto text = TextModel::open(path, read_text(golden / "templates" / source));
      ASSERT_TRUE(text) << path << text.error().message;
      const auto prompt = (*text)->render_chat(request_of(conversations, row).dump());
      ASSERT_TRUE(prompt) << row["conversation"] << prompt.error().message;
      EXPECT_EQ(prompt->ids, row["ids"].get<std::vector<TokenId>>())
          << source << " " << row["conversation"] << " " << path;
      ++rows[path];
    }
  }
  // Both forms of the seven vocabularies that are in the tree.
  EXPECT_GE(rows.size(), 14u);
}

}  // namespace
}  // namespace sluice::test
