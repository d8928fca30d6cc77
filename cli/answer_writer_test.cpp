// Goal: an answer is written as its reader can use it: dimmed thinking and no control characters on
// a terminal, the model's own text elsewhere, thinking left out where that was asked for.
// Method: standard output captured, the same answer in every style.
#include "cli/answer_writer.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

std::string written(const AnswerStyle& style, const std::vector<std::string>& pieces) {
  Console console(true);
  AnswerWriter writer(console, style);
  testing::internal::CaptureStdout();
  for (const std::string& piece : pieces) writer.write(piece);
  writer.finish();
  EXPECT_FALSE(writer.failure());
  return testing::internal::GetCapturedStdout();
}

const std::vector<std::string> kAnswer = {"<thi", "nk>\nhm", "\n</think>\n\n", "Yes\x1b[2J.", ""};

TEST(AnswerWriter, DimsThinkingOnATerminal) {
  EXPECT_EQ(written({.terminal = true, .dim = true}, kAnswer),
            "\x1b[2mhm\x1b[22m\n\nYes^[[2J.\n");
  EXPECT_EQ(written({.terminal = true, .dim = true, .show_thinking = false}, kAnswer),
            "Yes^[[2J.\n");
  EXPECT_EQ(written({.terminal = true, .dim = true, .thinking_begun = true}, {"hm</think>", "Yes"}),
            "\x1b[2mhm\x1b[22m\n\nYes\n");
  // Stopped while it was thinking.
  EXPECT_EQ(written({.terminal = true, .dim = true}, {"<think>h", "m"}),
            "\x1b[2mh\x1b[22m\x1b[2mm\x1b[22m\x1b[2m\n\x1b[22m");
}

TEST(AnswerWriter, KeepsTheMarksWhereNothingCanBeDimmed) {
  EXPECT_EQ(written({.terminal = true}, kAnswer), "<think>\nhm\n</think>\n\nYes^[[2J.\n");
  EXPECT_EQ(written({}, kAnswer), "<think>\nhm\n</think>\n\nYes\x1b[2J.\n");
  EXPECT_EQ(written({.show_thinking = false}, kAnswer), "Yes\x1b[2J.\n");
}

TEST(AnswerWriter, EndsWithOneLineFeed) {
  EXPECT_EQ(written({}, {"Yes"}), "Yes\n");
  EXPECT_EQ(written({}, {"Yes\n"}), "Yes\n");
  EXPECT_EQ(written({}, {}), "");
}

}  // namespace
}  // namespace sluice::cli
