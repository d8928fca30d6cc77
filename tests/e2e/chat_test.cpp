// Goal: a conversation as a person leads it: keys, commands, Ctrl-C at each moment, a paste of ten
// thousand characters, windows of any size; and the same command without a terminal.
// Method: the program itself in a pseudo-terminal, with the demo model, and with pipes.
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "sluice/text.hpp"
#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/pseudo_terminal.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

const char* const kWho = "I am the Sluice demo model";
// The prompt has been drawn, and the cursor shown: it waits for keys.
const char* const kReady = "> \x1b[?7h\x1b[?25h";

class Chat : public ::testing::Test {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"chat", demo_model_path(), "--ctx", "1024", "--cold"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> environment() const {
    return {"TERM=xterm", "XDG_STATE_HOME=" + (folder_ / "state")};
  }
  PseudoTerminal greedy(int columns = 80, int rows = 24) const {
    return PseudoTerminal(arguments({"--greedy"}), environment(), columns, rows);
  }
  // Answers of random tokens that end only when the context is full.
  std::vector<std::string> endless() const {
    std::vector<std::string> more = {"--temperature", "9", "--top-k", "0", "--top-p", "1",
                                     "--min-p",       "0", "--seed",  "5"};
    const auto text = TextModel::open(demo_model_path());
    EXPECT_TRUE(text);
    for (const TokenId id : (*text)->stop_ids()) {
      more.insert(more.end(), {"--logit-bias", std::to_string(id) + "=-inf"});
    }
    return arguments(more);
  }
  nlohmann::json saved(PseudoTerminal& terminal, const std::string& name) const {
    terminal.type("/save " + (folder_ / name) + "\r");
    terminal.wait_for("saved ");
    terminal.wait_for(kReady);
    return read_json(folder_ / name);
  }

  // The prompt has been read, and some of the answer has come.
  static void wait_for_an_answer(PseudoTerminal& terminal) {
    terminal.wait_for("reading the prompt of ");
    terminal.wait_for("\r\x1b[K");
    terminal.wait_for_bytes(20);
  }

  TemporaryFolder folder_;
};

TEST_F(Chat, AConversation) {
  PseudoTerminal terminal = greedy();
  terminal.wait_for(kReady);
  terminal.type("Who are you?\r");
  terminal.wait_for(kWho);
  terminal.wait_for(kReady);
  terminal.type("/stats\r");
  terminal.wait_for("; 0 of the last prompt were kept");
  terminal.type("What is a mixture of experts?\r");
  terminal.wait_for("A mixture of experts");
  terminal.wait_for(kReady);
  // The second prompt is evaluated from where the first answer ended.
  terminal.type("/stats\r");
  terminal.wait_for("prompt   ");
  const std::string evaluated = terminal.wait_for(" tokens");
  const std::string kept = terminal.wait_for(" of the last prompt were kept");
  EXPECT_LT(std::stoi(evaluated), 25);
  EXPECT_GE(std::stoi(kept.substr(kept.rfind("; ") + 2)), 25);
  const auto before = saved(terminal, "talk.json");
  ASSERT_EQ(before["messages"].size(), 4u);
  EXPECT_EQ(before["messages"][0]["content"], "Who are you?");
  terminal.type("/regen\r");
  terminal.wait_for("A mixture of experts");
  terminal.wait_for(kReady);
  terminal.type("/clear\r/load " + (folder_ / "talk.json") + "\r");
  terminal.wait_for("loaded 4 messages");
  EXPECT_EQ(saved(terminal, "again.json")["messages"], before["messages"]);
  terminal.type("/quit\r");
  EXPECT_EQ(terminal.wait_for_end(), 0);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_NE(terminal.rest().find("\x1b[?2004l"), std::string::npos);
}

TEST_F(Chat, CommandsThatAreWrongChangeNothing) {
  PseudoTerminal terminal = greedy();
  terminal.wait_for(kReady);
  terminal.type("/nonsense\r");
  terminal.wait_for("there is no command /nonsense");
  terminal.type("/set temperature hot\r");
  terminal.wait_for("\"hot\" is no value for temperature");
  terminal.type("/load " + (folder_ / "nothing.json") + "\r");
  terminal.wait_for("there is no such file");
  // A file that is no conversation is never replaced.
  const std::string precious = folder_ / "precious.txt";
  std::ofstream(precious) << "precious";
  terminal.type("/save " + precious + "\r");
  terminal.wait_for("choose another name");
  EXPECT_EQ(read_text(precious), "precious");
  terminal.type("/regen\r");
  terminal.wait_for("there is no answer");
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait_for_end(), 0);
}

TEST_F(Chat, EditsInSeveralLines) {
  PseudoTerminal terminal = greedy();
  terminal.wait_for(kReady);
  terminal.type(
      "Who arx\x7f"
      "e you?\\\rone\x01zero \x05 two\r");
  terminal.wait_for(kReady);
  terminal.type("\"\"\"\rthree\r\\\rfour\r\"\"\"\r");
  terminal.wait_for(kReady);
  const auto json = saved(terminal, "talk.json");
  ASSERT_EQ(json["messages"].size(), 4u);
  EXPECT_EQ(json["messages"][0]["content"], "Who are you?\nzero one two");
  EXPECT_EQ(json["messages"][2]["content"], "three\n\\\nfour");
  // Up recalls; what begins with what was typed.
  terminal.type("Who\x1b[A\r");
  terminal.wait_for(kReady);
  EXPECT_EQ(saved(terminal, "more.json")["messages"][4]["content"], "Who are you?\nzero one two");
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait_for_end(), 0);
}

TEST_F(Chat, ControlCStopsTheAnswerAndKeepsTheConversation) {
  PseudoTerminal terminal(endless(), environment());
  terminal.wait_for(kReady);
  terminal.type("Go on and on.\r");
  wait_for_an_answer(terminal);
  terminal.type("\x03");
  terminal.wait_for(kReady);
  const auto json = saved(terminal, "talk.json");
  ASSERT_EQ(json["messages"].size(), 2u);
  EXPECT_EQ(json["messages"][1]["role"], "assistant");
  EXPECT_GT(json["messages"][1]["content"].get<std::string>().size(), 0u);
  terminal.type("/set max-tokens 5\r");
  terminal.wait_for(kReady);
  terminal.type("And now?\r");
  terminal.wait_for("ended after 5 tokens");
  terminal.wait_for(kReady);
  EXPECT_EQ(saved(terminal, "more.json")["messages"].size(), 4u);
  terminal.type("\x03");
  terminal.wait_for("once more Ctrl-C");
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait_for_end(), 130);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST_F(Chat, ControlCAtAPromptClearsIt) {
  PseudoTerminal terminal = greedy();
  terminal.wait_for(kReady);
  terminal.type("never sent\x03");
  terminal.wait_for("\r\n");
  terminal.wait_for(kReady);
  terminal.type("\x03");
  terminal.wait_for("once more Ctrl-C");
  terminal.wait_for(kReady);
  // Something in between: it does not leave.
  terminal.type("Who are you?\r");
  terminal.wait_for(kWho);
  terminal.wait_for(kReady);
  terminal.type("\x03");
  terminal.wait_for("once more Ctrl-C");
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait_for_end(), 0);
}

TEST_F(Chat, ASignalEndsItInOrder) {
  for (const bool answering : {false, true}) {
    PseudoTerminal terminal(endless(), environment());
    terminal.wait_for(kReady);
    if (answering) {
      terminal.type("Go on and on.\r");
      wait_for_an_answer(terminal);
    }
    terminal.send_signal(SIGTERM);
    EXPECT_EQ(terminal.wait_for_end(), 130);
    EXPECT_TRUE(terminal.is_as_before());
  }
}

TEST_F(Chat, TenThousandCharactersArePasted) {
  std::string text;
  const char* const pieces[] = {"word ", "\xF0\x9F\x98\x80", "\xE4\xB8\xAD\xE6\x96\x87 ", "\n",
                                "e\xCC\x81"};
  for (size_t i = 0; i < 5000; ++i) text += pieces[i % 5];
  text += "end";
  PseudoTerminal terminal = greedy(61, 15);
  terminal.wait_for(kReady);
  terminal.type("\x1b[200~" + text + "\x1b[201~");
  terminal.wait_for("end");
  // Nothing has been sent yet; edited, it is sent as one message, too long for this context.
  terminal.type("ed\r");
  terminal.wait_for("the prompt has ");
  terminal.wait_for(kReady);
  terminal.type("Who are you?\r");
  terminal.wait_for(kWho);
  terminal.wait_for(kReady);
  EXPECT_EQ(saved(terminal, "talk.json")["messages"].size(), 2u);
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait_for_end(), 0);
  const std::string history = read_text(folder_ / "state/sluice/history");
  const auto first = nlohmann::json::parse(history.substr(0, history.find('\n')), nullptr, false);
  EXPECT_EQ(first, text + "ed");
}

// The text without what was drawn elsewhere between saving and restoring the cursor.
std::string without_excursions(std::string drawn) {
  for (size_t begin; (begin = drawn.find("\0337")) != std::string::npos;) {
    const size_t end = drawn.find("\0338", begin);
    drawn.erase(begin, end == std::string::npos ? end : end + 2 - begin);
  }
  return drawn;
}

TEST_F(Chat, RatesStayInTheLastRow) {
  std::vector<std::string> more = {"run", demo_model_path(), "--ctx",    "1024",  "--cold",
                                   "-p",  "Who are you?",    "--greedy", "--live"};
  PseudoTerminal terminal(more, environment(), 80, 24);
  terminal.wait_for("\x1b[1;23r");
  terminal.wait_for("\x1b[24;1H\x1b[2mreading the prompt of ");
  terminal.wait_for(" hits  ");
  // All rows scroll again, and only then come the statistics.
  const std::string answer = without_excursions(terminal.wait_for("\x1b[r"));
  EXPECT_NE(answer.find(kWho), std::string::npos) << answer;
  terminal.wait_for("prompt ");
  EXPECT_EQ(terminal.wait_for_end(), 0);
}

TEST_F(Chat, AnyWindowWillDo) {
  PseudoTerminal terminal = greedy();
  terminal.wait_for(kReady);
  terminal.type("Who ");
  for (const auto& [columns, rows] : {std::pair(5, 3), {1, 1}, {200, 50}, {12, 2}, {80, 24}}) {
    terminal.resize(columns, rows);
    terminal.wait_for("\x1b[?25h");
  }
  terminal.type("are you?\r");
  terminal.wait_for(kWho);
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait_for_end(), 0);
}

TEST_F(Chat, WithoutATerminalEachLineIsATurn) {
  Command command;
  command.arguments = arguments({"--greedy"});
  command.input =
      "Who are you?\n\n/set stats off\n\"\"\"\nWho are\nyou?\n\"\"\"\n/stats\nWho are \\\nyou?";
  const CommandResult result = run_sluice(command);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.out.find("> "), std::string::npos);
  size_t answers = 0;
  for (size_t at = result.out.find(kWho); at != std::string::npos;
       at = result.out.find(kWho, at + 1)) {
    ++answers;
  }
  EXPECT_GE(answers, 1u);
  EXPECT_GE(std::count(result.out.begin(), result.out.end(), '\n'), 3);
  EXPECT_NE(result.err.find("were kept from before"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "state"));
}

TEST_F(Chat, WithoutATerminalAMistakeEndsIt) {
  Command command;
  command.arguments = arguments({"--greedy"});
  command.input = "/nonsense\nWho are you?\n";
  const std::string error = expect_error(run_sluice(command));
  EXPECT_NE(error.find("/nonsense"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
