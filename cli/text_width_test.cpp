// Goal: text is taken apart where people see characters, and nothing in it can control a terminal.
// Method: ASCII, combining marks, wide characters, emoji of several code points, flags, bytes that
// are not UTF-8, control characters.
#include "cli/text_width.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::cli {
namespace {

const std::string kFamily =
    "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";  // three, joined
const std::string kThumb = "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD";                   // with a skin tone
const std::string kFlag = "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA";
const std::string kHeart = "\xE2\x9D\xA4\xEF\xB8\x8F";  // emoji by variation
const std::string kAcute = "e\xCC\x81";
const std::string kChinese = "\xE4\xB8\xAD";

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> list;
  for (size_t at = 0; at < text.size();) {
    const size_t end = next_character(text, at);
    list.push_back(text.substr(at, end - at));
    at = end;
  }
  return list;
}

TEST(Characters, AreWhatPeopleSee) {
  const std::vector<std::string> expected = {"a",    kAcute,     kChinese, kFamily, kThumb,
                                             kFlag,  kFlag,      kHeart,   "\n",    "\t",
                                             "\xFF", "\xE4\xB8", "z"};
  std::string text;
  for (const std::string& character : expected) text += character;
  std::vector<std::string> found = characters(text);
  // Bytes that are no characters come one by one.
  ASSERT_EQ(found.size(), expected.size() + 1);
  EXPECT_EQ(found[10], "\xFF");
  EXPECT_EQ(found[11] + found[12], "\xE4\xB8");
  EXPECT_EQ(std::vector<std::string>(found.begin(), found.begin() + 10),
            std::vector<std::string>(expected.begin(), expected.begin() + 10));
  for (size_t end = text.size(); end > 0;) {
    const size_t begin = previous_character(text, end);
    EXPECT_EQ(text.substr(begin, end - begin), found.back());
    found.pop_back();
    end = begin;
  }
}

TEST(Characters, HaveAnEndHoweverLongTheyAre) {
  std::string text = "a";
  for (int i = 0; i < 100000; ++i) text += "\xCC\x81";
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at = next_character(text, at)) ++count;
  EXPECT_GT(count, 100u);
  EXPECT_LT(previous_character(text, text.size()), text.size());
}

TEST(Columns, OfCharacters) {
  EXPECT_EQ(character_columns("a"), 1u);
  EXPECT_EQ(character_columns(kAcute), 1u);
  EXPECT_EQ(character_columns(kChinese), 2u);
  EXPECT_EQ(character_columns(kFamily), 2u);
  EXPECT_EQ(character_columns(kThumb), 2u);
  EXPECT_EQ(character_columns(kHeart), 2u);
  EXPECT_EQ(character_columns("\t"), 4u);
  EXPECT_EQ(character_columns("\x1b"), 2u);
  EXPECT_EQ(character_columns("\xFF"), 1u);
  EXPECT_EQ(character_columns("\n"), 0u);
}

TEST(SafeForTerminal, ShowsWhatControlsOne) {
  EXPECT_EQ(safe_for_terminal("plain\n\ttext " + kFamily), "plain\n\ttext " + kFamily);
  EXPECT_EQ(safe_for_terminal("\x1b[2J"), "^[[2J");
  EXPECT_EQ(safe_for_terminal("a\rb\x07\x7F"), "a^Mb^G^?");
  EXPECT_EQ(safe_for_terminal("\xC2\x9B"
                              "2J"),
            "^[2J");  // one code point that is ESC [
  EXPECT_EQ(safe_for_terminal(std::string("\0", 1)), "^@");
  EXPECT_EQ(safe_for_terminal("\xFF"), "\xEF\xBF\xBD");
}

TEST(WellFormed, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(well_formed("a\xFF" + kChinese), "a\xEF\xBF\xBD" + kChinese);
  EXPECT_EQ(well_formed(kFamily), kFamily);
}

}  // namespace
}  // namespace sluice::cli
