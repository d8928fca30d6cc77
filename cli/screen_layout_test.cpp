// Goal: rows of an edited text fit the terminal, and the cursor is where its character is.
// Method: short texts at several widths, by hand; every width and cursor for a text with
// everything.
#include "cli/screen_layout.hpp"

#include <gtest/gtest.h>

#include "cli/text_width.hpp"

namespace sluice::cli {
namespace {

const Prompt kPrompt;

std::vector<std::string> rows(const ScreenLayout& layout) {
  std::vector<std::string> texts;
  for (const ScreenRow& row : layout.rows) texts.push_back(row.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ScreenLayout, BreaksRows) {
  EXPECT_EQ(rows(lay_out("", 0, kPrompt, 80)), Texts({"> "}));
  EXPECT_EQ(rows(lay_out("one\ntwo", 0, kPrompt, 80)), Texts({"> one", "  two"}));
  EXPECT_EQ(rows(lay_out("one\n", 4, kPrompt, 80)), Texts({"> one", "  "}));
  EXPECT_EQ(rows(lay_out("0123456789abcdef", 0, kPrompt, 11)), Texts({"> 01234567", "  89abcdef"}));
  // A wide character that does not fit goes down whole.
  EXPECT_EQ(rows(lay_out("0123456\xE4\xB8\xAD", 0, kPrompt, 11)),
            Texts({"> 0123456", "  \xE4\xB8\xAD"}));
  // No room for prompts.
  EXPECT_EQ(rows(lay_out("012345", 0, kPrompt, 5)), Texts({"0123", "45"}));
  EXPECT_EQ(rows(lay_out("a\x1b[1m\tb", 0, kPrompt, 80)), Texts({"> a^[[1m    b"}));
}

TEST(ScreenLayout, PlacesTheCursor) {
  const auto place = [](std::string_view text, size_t cursor) {
    const ScreenLayout layout = lay_out(text, cursor, kPrompt, 11);
    return std::to_string(layout.cursor_row) + layout.rows[layout.cursor_row].to_cursor;
  };
  EXPECT_EQ(place("", 0), "0> ");
  EXPECT_EQ(place("one", 1), "0> o");
  EXPECT_EQ(place("one", 3), "0> one");
  EXPECT_EQ(place("one\ntwo", 3), "0> one");
  EXPECT_EQ(place("one\ntwo", 4), "1  ");
  EXPECT_EQ(place("0123456789", 8), "1  ");
  EXPECT_EQ(place("01234567", 8), "0> 01234567");
}

TEST(ScreenLayout, AlwaysFits) {
  const std::string text =
      "abc \xE4\xB8\xAD\xE4\xB8\xAD\n\n\x1b"
      "e\xCC\x81\xF0\x9F\x91\x8D\tend of it";
  for (size_t columns = 1; columns < 60; ++columns) {
    for (size_t cursor = 0; cursor <= text.size();
         cursor = cursor == text.size() ? cursor + 1 : next_character(text, cursor)) {
      const ScreenLayout layout = lay_out(text, cursor, kPrompt, columns);
      ASSERT_LT(layout.cursor_row, layout.rows.size());
      const ScreenRow& row = layout.rows[layout.cursor_row];
      EXPECT_TRUE(row.text.starts_with(row.to_cursor));
      if (columns < 6) continue;  // a tab does not fit
      for (const ScreenRow& other : layout.rows) EXPECT_LT(other.columns, columns);
    }
  }
}

TEST(ScreenLayout, KnowsWhereRowsGoWhenTheWindowShrinks) {
  const ScreenLayout layout = lay_out("0123456789abcdefghijklmnopq", 27, kPrompt, 21);
  ASSERT_EQ(layout.rows.size(), 2u);
  EXPECT_EQ(rows_above_after_resize(layout.rows, 1, 40), 1u);
  // Twenty columns break into two rows of ten.
  EXPECT_EQ(rows_above_after_resize(layout.rows, 1, 10), 3u);
}

}  // namespace
}  // namespace sluice::cli
