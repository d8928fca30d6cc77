// Goal: what is typed is understood: commands, messages of several lines, settings, saved files,
// the history; and nothing that is wrong changes anything. Method: each by itself, with right and
// wrong input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "cli/chat_commands.hpp"
#include "cli/conversation.hpp"
#include "cli/input_history.hpp"
#include "cli/message_input.hpp"
#include "cli/sampling_args.hpp"
#include "cli/token_ids.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::cli {
namespace {

TEST(MessageInput, Blocks) {
  EXPECT_TRUE(is_complete_message(""));
  EXPECT_TRUE(is_complete_message("one\ntwo"));
  EXPECT_TRUE(is_complete_message("say \"\"\""));
  EXPECT_FALSE(is_complete_message("\"\"\""));
  EXPECT_FALSE(is_complete_message(" \"\"\"one\n"));
  EXPECT_FALSE(is_complete_message("\"\"\"\""));
  EXPECT_TRUE(is_complete_message("\"\"\"one\"\"\""));
  EXPECT_TRUE(is_complete_message("\"\"\"\none\n\"\"\" "));
  EXPECT_EQ(message_text("\"\"\"\none\n\ntwo\n\"\"\""), "one\n\ntwo");
  EXPECT_EQ(message_text("\"\"\"one\"\"\""), "one");
  EXPECT_EQ(message_text("\"\"\"one"), "one");
  EXPECT_EQ(message_text(" one "), " one ");
  EXPECT_EQ(message_text(" \n "), "");
}

TEST(TokenIds, AreReadAsFarAsTheyAreWanted) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "ids";
  std::string text;  // several blocks
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i) + (i % 7 == 0 ? "\n" : " ");
  std::ofstream(path) << text << "rubbish";
  const auto ids = read_first_ids(path, 29'999);
  ASSERT_TRUE(ids) << ids.error().message;
  ASSERT_EQ(ids->size(), 29'999u);
  for (int i = 0; i < 29'999; ++i) ASSERT_EQ((*ids)[i], i);
  EXPECT_FALSE(read_first_ids(path, 30'001));
  std::ofstream(path) << "1 2\n3";
  EXPECT_THAT(*read_first_ids(path, 9), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(*read_first_ids(path, 2), testing::ElementsAre(1, 2));
  std::ofstream(path) << "1 " << std::string(100'000, '7');
  EXPECT_THAT(*read_first_ids(path, 1), testing::ElementsAre(1));
  EXPECT_FALSE(read_first_ids(path, 2));
  std::ofstream(path) << " \n";
  EXPECT_TRUE(read_first_ids(path, 2)->empty());
}

TEST(Commands, AreToldFromMessages) {
  EXPECT_TRUE(is_command("/help"));
  EXPECT_TRUE(is_command("/set stats on"));
  EXPECT_TRUE(is_command("/nonsense"));
  EXPECT_FALSE(is_command("/home/me/file is broken"));
  EXPECT_FALSE(is_command("//help"));
  EXPECT_FALSE(is_command("/"));
  EXPECT_FALSE(is_command("/ help"));
  EXPECT_FALSE(is_command("help"));
  EXPECT_FALSE(is_command(""));
}

TEST(Commands, AreCompleted) {
  EXPECT_EQ(complete_command("/he"), "/help");
  EXPECT_EQ(complete_command("/s"), "/s");
  EXPECT_EQ(complete_command("/st"), "/stats");
  EXPECT_EQ(complete_command("/x"), "/x");
  EXPECT_EQ(complete_command("he"), "he");
  EXPECT_EQ(complete_command("/help me"), "/help me");
}

TEST(LogitBiasText, IsParsed) {
  const auto parsed = [](const std::string& text) {
    LogitBias bias;
    EXPECT_TRUE(parse_logit_bias(text, bias)) << text;
    return std::pair(bias.id, bias.bias);
  };
  EXPECT_EQ(parsed("15=-1.5"), std::pair(15, -1.5f));
  EXPECT_EQ(parsed("15=+2"), std::pair(15, 2.0f));
  EXPECT_EQ(parsed("15+2"), std::pair(15, 2.0f));
  EXPECT_EQ(parsed("15-2.5"), std::pair(15, -2.5f));
  EXPECT_EQ(parsed("0=-inf"), std::pair(0, -HUGE_VALF));
  EXPECT_EQ(parsed("0-inf"), std::pair(0, -HUGE_VALF));
  for (const char* wrong : {"", "15", "15=", "=1", "x=1", "-1=1", "15=inf", "15=nan", "15=1x",
                            "15*2", "99999999999=1", "15--inf"}) {
    LogitBias bias;
    EXPECT_FALSE(parse_logit_bias(wrong, bias)) << wrong;
  }
  EXPECT_EQ(logit_bias_text({15, -1.5f}), "15=-1.5");
  EXPECT_EQ(logit_bias_text({15, -HUGE_VALF}), "15=-inf");
}

TEST(StatedSampling, GoesOverTheModels) {
  SamplingOptions own;
  own.temperature = 0.6f;
  own.top_k = 20;
  SamplingArgs args;
  EXPECT_EQ(with_stated(own, args).temperature, 0.6f);
  args.temperature = 0;
  args.typical = 0.5;
  args.seed = 7;
  args.logit_bias = {"3=-inf"};
  const SamplingOptions options = with_stated(own, args);
  EXPECT_EQ(options.temperature, 0);
  EXPECT_EQ(options.top_k, 20);
  EXPECT_EQ(options.typical_p, 0.5f);
  EXPECT_EQ(options.seed, 7u);
  ASSERT_EQ(options.logit_bias.size(), 1u);
  EXPECT_EQ(options.logit_bias[0].id, 3);
}

TEST(Settings, AreSetAndListed) {
  ChatSettings settings;
  const auto set = [&](const char* name, const char* value) {
    return set_setting(settings, name, value).has_value();
  };
  EXPECT_TRUE(set("temperature", "0.25"));
  EXPECT_TRUE(set("top_k", "7"));
  EXPECT_TRUE(set("seed", "18446744073709551615"));
  EXPECT_TRUE(set("thinking", "hide"));
  EXPECT_TRUE(set("stats", "on"));
  EXPECT_TRUE(set("logit-bias", "3=-inf 4=1.5"));
  EXPECT_TRUE(settings.has_seed && settings.show_statistics && !settings.show_thinking);
  for (const auto& [name, value] : {std::pair("temperature", "-1"),
                                    {"temperature", "warm"},
                                    {"temperature", "nan"},
                                    {"temperature", ""},
                                    {"top-p", "1.5"},
                                    {"top-k", "-1"},
                                    {"top-k", "1.5"},
                                    {"seed", "-1"},
                                    {"repeat-penalty", "0"},
                                    {"stats", "maybe"},
                                    {"logit-bias", "3"},
                                    {"colour", "blue"}}) {
    EXPECT_FALSE(set(name, value)) << name << " " << value;
  }
  // What is listed can be set again.
  ChatSettings copy;
  for (const auto& [name, value] : list_settings(settings)) {
    EXPECT_TRUE(set_setting(copy, name, value)) << name << " " << value;
  }
  EXPECT_EQ(list_settings(copy), list_settings(settings));
}

Message message(const char* role, const char* content) {
  Message made;
  made.role = role;
  made.content = content;
  return made;
}

TEST(SavedConversation, ComesBack) {
  Conversation conversation;
  conversation.system = "Be brief.";
  conversation.messages = {message("user", "Who\n\"are\" you? \xF0\x9F\x98\x80"),
                           message("assistant", "<think>hm</think>\nMe.")};
  ChatSettings settings;
  settings.sampling.temperature = 0.1f;
  settings.stop = {"\n\n", "END"};
  const std::string json = conversation_json(conversation, settings, "model.gguf");
  EXPECT_TRUE(is_conversation(json));
  Conversation read;
  ChatSettings read_settings;
  ASSERT_TRUE(read_conversation(json, "x.json", read, read_settings));
  EXPECT_EQ(read.system, conversation.system);
  ASSERT_EQ(read.messages.size(), 2u);
  EXPECT_EQ(read.messages[0].content, conversation.messages[0].content);
  EXPECT_EQ(read.messages[1].role, "assistant");
  EXPECT_EQ(read_settings.stop, settings.stop);
  EXPECT_EQ(list_settings(read_settings), list_settings(settings));
}

TEST(SavedConversation, IsReadWhollyOrNotAtAll) {
  const std::string head = R"({"format": "sluice conversation", "version": 1, )";
  for (const std::string& wrong : {
           std::string(),
           std::string("{}"),
           std::string("[1]"),
           std::string("\x00\xFF"),
           std::string(R"({"format": "sluice conversation"})"),
           std::string(R"({"format": "sluice conversation", "version": 2, "messages": []})"),
           head + R"("messages": 1})",
           head + R"("messages": [1]})",
           head + R"("messages": [{"role": "system", "content": "x"}]})",
           head + R"("messages": [{"role": "user"}]})",
           head + R"("messages": [], "settings": {"temperature": "hot"}})",
           head + R"("messages": [], "settings": {"temperature": 1}})",
           head + R"("messages": [], "settings": {"stop": [1]}})",
       }) {
    Conversation conversation;
    conversation.system = "as it was";
    ChatSettings settings;
    const auto read = read_conversation(wrong, "x.json", conversation, settings);
    EXPECT_FALSE(read) << wrong;
    EXPECT_TRUE(read.error().message.starts_with("x.json: ")) << read.error().message;
    EXPECT_EQ(conversation.system, "as it was");
    EXPECT_EQ(list_settings(settings), list_settings(ChatSettings()));
  }
}

class History : public ::testing::Test {
 protected:
  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "state/sluice/history";
};

TEST_F(History, IsKeptInAFileOfTheUserAlone) {
  {
    InputHistory history;
    ASSERT_TRUE(history.open(path_));
    history.add("one");
    history.add("two\nlines \"\xF0\x9F\x98\x80\"");
    history.add("two\nlines \"\xF0\x9F\x98\x80\"");
    history.add("");
  }
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(std::filesystem::path(path_).parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  InputHistory again;
  ASSERT_TRUE(again.open(path_));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again.entry(1), "two\nlines \"\xF0\x9F\x98\x80\"");
}

TEST_F(History, DoesNotGrowForEver) {
  InputHistory history;
  ASSERT_TRUE(history.open(path_));
  for (int i = 0; i < 2500; ++i) history.add("entry " + std::to_string(i));
  InputHistory again;
  ASSERT_TRUE(again.open(path_));
  EXPECT_EQ(again.size(), 1000u);
  EXPECT_EQ(again.entry(999), "entry 2499");
  const std::string kept = text();
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 1000);
}

TEST_F(History, SkipsLinesThatAreNone) {
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
  std::ofstream(path_) << "\"good\"\nnot json\n[1]\n\n\"cut";
  InputHistory history;
  ASSERT_TRUE(history.open(path_));
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history.entry(0), "good");
}

TEST_F(History, FindsByPrefix) {
  InputHistory history;
  for (const char* entry : {"alpha", "beta", "alter", "gamma"}) history.add(entry);
  EXPECT_EQ(history.before(history.size(), ""), 3u);
  EXPECT_EQ(history.before(history.size(), "al"), 2u);
  EXPECT_EQ(history.before(2, "al"), 0u);
  EXPECT_EQ(history.before(0, "al"), std::nullopt);
  EXPECT_EQ(history.after(0, "al"), 2u);
  EXPECT_EQ(history.after(2, "al"), std::nullopt);
  EXPECT_EQ(history.after(3, ""), std::nullopt);
}

TEST(HistoryPath, FollowsTheStandard) {
  setenv("XDG_STATE_HOME", "/x/state", 1);
  EXPECT_EQ(default_history_path(), "/x/state/sluice/history");
  setenv("XDG_STATE_HOME", "relative", 1);
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(default_history_path(), "/home/me/.local/state/sluice/history");
  unsetenv("XDG_STATE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(default_history_path(), "");
}

}  // namespace
}  // namespace sluice::cli
