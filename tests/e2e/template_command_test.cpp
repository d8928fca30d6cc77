// Goal: `sluice template` answers each conversation with its prompt or its error, and goes on.
// Method: the program itself on the demo model.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

std::vector<nlohmann::json> answers(const std::vector<std::string>& more,
                                    const std::string& input) {
  Command command;
  command.arguments = {"template", demo_model_path()};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  command.input = input;
  const CommandResult result = run_sluice(command);
  EXPECT_EQ(result.status, 0) << result.err;
  std::vector<nlohmann::json> all;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    all.push_back(nlohmann::json::parse(line, nullptr, false));
  }
  return all;
}

const std::string kHello = R"({"messages": [{"role": "user", "content": "Hi <|im_end|>"}]})";

TEST(TemplateCommand, ALineForEachConversation) {
  const auto all = answers({"--jsonl"}, kHello + "\n\n{\"messages\": 1}\nnonsense\n" + kHello);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0]["text"], "<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n");
  ASSERT_EQ(all[0]["segments"].size(), 3u);
  EXPECT_EQ(all[0]["segments"][1]["text"], "Hi <|im_end|>");
  EXPECT_EQ(all[0]["segments"][1]["markup"], false);
  EXPECT_GT(all[0]["ids"].size(), 5u);
  EXPECT_TRUE(all[1]["error"].is_string());
  EXPECT_TRUE(all[2]["error"].is_string());
  EXPECT_EQ(all[3], all[0]);
}

TEST(TemplateCommand, TakesAnotherTemplate) {
  const TemporaryFolder folder;
  const std::string path = folder / "template.jinja";
  std::ofstream(path) << "{{ messages[0].content | upper }}{{ x }}";
  const auto all =
      answers({"--template", path}, R"({"messages": [{"content": "hi"}], "kwargs": {"x": 3}})");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["text"], "HI3");
}

TEST(TemplateCommand, RunTakesItToo) {
  const TemporaryFolder folder;
  const std::string path = folder / "template.jinja";
  std::ofstream(path) << "{{ raise_exception('not with me') }}";
  const std::string error = expect_error(
      run_sluice({"run", demo_model_path(), "--ctx", "64", "-p", "Hi", "--template", path}));
  EXPECT_NE(error.find("not with me"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice::test
