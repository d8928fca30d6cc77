// Goal: thinking and answer are told apart, without the marks, wherever the text is cut.
// Method: texts cut in every way into three pieces.
#include "cli/thinking.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

struct Parts {
  std::string thinking;
  std::string answer;
};

void expect_parts(std::string_view text, bool begun, const Parts& expected) {
  for (size_t a = 0; a <= text.size(); ++a) {
    for (size_t b = a; b <= text.size(); ++b) {
      Parts parts;
      Thinking filter(begun, [&](bool is_thinking, std::string_view piece) {
        (is_thinking ? parts.thinking : parts.answer) += piece;
      });
      filter.push(text.substr(0, a));
      filter.push(text.substr(a, b - a));
      filter.push(text.substr(b));
      filter.finish();
      EXPECT_EQ(parts.thinking, expected.thinking) << text << " cut at " << a << ", " << b;
      EXPECT_EQ(parts.answer, expected.answer) << text << " cut at " << a << ", " << b;
    }
  }
}

TEST(Thinking, IsTakenOut) {
  expect_parts("<think>\nhm\nso\n</think>\n\nYes.\n", false, {"hm\nso", "Yes.\n"});
  expect_parts("\n<think>a</think>b", false, {"a", "b"});
  expect_parts("hm</think>\nYes.", true, {"hm", "Yes."});
  expect_parts("<think></think>Yes.", false, {"", "Yes."});
}

TEST(Thinking, MayBeMissingOrCutShort) {
  expect_parts("Yes. It is.", false, {"", "Yes. It is."});
  expect_parts("<thin air", false, {"", "<thin air"});
  expect_parts("<thi", false, {"", "<thi"});
  expect_parts("", false, {"", ""});
  expect_parts("<think>hm</thi", false, {"hm</thi", ""});
  expect_parts("hm", true, {"hm", ""});
}

TEST(Thinking, HappensOnlyAtTheBeginning) {
  expect_parts("The mark <think> begins it </think>.", false,
               {"", "The mark <think> begins it </think>."});
  expect_parts("<think>a</think>b<think>c</think>", false, {"a", "b<think>c</think>"});
}

TEST(Thinking, MayBeOpenedByThePrompt) {
  EXPECT_EQ(opened_thinking("<|im_start|>assistant\n<think>\n"), "<think>\n");
  EXPECT_EQ(opened_thinking("<|im_start|>assistant\n"), "");
  EXPECT_EQ(opened_thinking("<think>\n\n</think>\n\n"), "");
  EXPECT_EQ(opened_thinking(""), "");
}

}  // namespace
}  // namespace sluice::cli
