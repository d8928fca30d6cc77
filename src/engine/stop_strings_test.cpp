// Goal: a stop string never comes out, not even a part of it, and everything else does, as early as
// it can; however the text is cut into pieces.
// Method: texts cut in every way into up to three pieces and into single characters.
#include "engine/stop_strings.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Pieces = std::vector<std::string_view>;

struct Outcome {
  std::string text;
  std::string found;
  bool operator==(const Outcome&) const = default;
};

Outcome run(const std::vector<std::string>& stops, const Pieces& pieces) {
  StopStrings filter(stops);
  Outcome outcome;
  for (const std::string_view piece : pieces) outcome.text += filter.push(piece);
  outcome.text += filter.finish();
  if (filter.found() != nullptr) outcome.found = *filter.found();
  return outcome;
}

bool starts_character(std::string_view text, size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

void expect_all_cuts(const std::vector<std::string>& stops, std::string_view text,
                     const Outcome& expected) {
  for (size_t a = 0; a <= text.size(); ++a) {
    for (size_t b = a; b <= text.size(); ++b) {
      if (!starts_character(text, a) || !starts_character(text, b)) continue;
      const Outcome outcome =
          run(stops, {text.substr(0, a), text.substr(a, b - a), text.substr(b)});
      EXPECT_EQ(outcome.text, expected.text) << text << " cut at " << a << ", " << b;
      EXPECT_EQ(outcome.found, expected.found) << text << " cut at " << a << ", " << b;
    }
  }
  Pieces characters;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (!starts_character(text, end)) ++end;
    characters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  EXPECT_EQ(run(stops, characters), expected) << text;
}

TEST(StopStrings, EndTheText) {
  expect_all_cuts({"STOP"}, "all is well STOP and on", {"all is well ", "STOP"});
  expect_all_cuts({"STOP"}, "STOP", {"", "STOP"});
  expect_all_cuts({"STOP"}, "all is well STO", {"all is well STO", ""});
  expect_all_cuts({"STOP"}, "", {"", ""});
  expect_all_cuts({}, "all is well STOP", {"all is well STOP", ""});
}

TEST(StopStrings, MayOverlapThemselves) {
  expect_all_cuts({"aab"}, "aaaaab", {"aaa", "aab"});
  expect_all_cuts({"\n\n"}, "one\ntwo\n\nthree", {"one\ntwo", "\n\n"});
  expect_all_cuts({"abab"}, "abaabab", {"aba", "abab"});
}

TEST(StopStrings, TheFirstToBeCompleteCounts) {
  expect_all_cuts({"abc", "b"}, "xabcx", {"xa", "b"});
  expect_all_cuts({"b", "abc"}, "xabcx", {"xa", "b"});
  expect_all_cuts({"c", "abc", "bc"}, "xabcx", {"x", "abc"});
  expect_all_cuts({"User:", "\nUser:"}, "yes\nUser: no", {"yes", "\nUser:"});
}

TEST(StopStrings, AreCharacters) {
  // An ellipsis, an emoji of four bytes, and one whose first bytes are the same.
  expect_all_cuts({"\xE2\x80\xA6"}, "so \xE2\x80\x94 well\xE2\x80\xA6 no",
                  {"so \xE2\x80\x94 well", "\xE2\x80\xA6"});
  expect_all_cuts({"\xF0\x9F\x98\x80"}, "\xF0\x9F\x98\x81\xF0\x9F\x98\x80",
                  {"\xF0\x9F\x98\x81", "\xF0\x9F\x98\x80"});
}

TEST(StopStrings, HoldBackOnlyWhatTheyMust) {
  const std::vector<std::string> stops = {"END", "</s>"};
  StopStrings filter(stops);
  EXPECT_EQ(filter.push("text"), "text");
  EXPECT_EQ(filter.push(" <"), " ");
  EXPECT_EQ(filter.push("/"), "");
  EXPECT_EQ(filter.push("b> E"), "</b> ");
  EXPECT_EQ(filter.push("N"), "");
  EXPECT_EQ(filter.push("N"), "ENN");
  EXPECT_EQ(filter.push("END"), "");
  EXPECT_EQ(filter.push("more"), "");
  EXPECT_EQ(filter.finish(), "");
}

TEST(StopStrings, AreChecked) {
  const auto good = [](std::vector<std::string> stops) {
    return check_stop_strings(stops).has_value();
  };
  EXPECT_TRUE(good({}));
  EXPECT_TRUE(good({"a", "\n", "\xE2\x80\xA6"}));
  EXPECT_FALSE(good({"a", ""}));
  EXPECT_FALSE(good({"\xE2\x80"}));
}

}  // namespace
}  // namespace sluice
