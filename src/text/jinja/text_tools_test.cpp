// Goal: Python's string operations, by code point, and letter case beyond ASCII.
// Method: examples with Python's results; ill-formed UTF-8; budgets.
#include "text/jinja/text_tools.hpp"

#include <gtest/gtest.h>

#include "text/jinja/letter_case.hpp"

namespace sluice::jinja {
namespace {

using Parts = std::vector<std::string>;

Parts bytes_of(const std::vector<MarkedText>& texts) {
  Parts parts;
  for (const MarkedText& text : texts) parts.emplace_back(text.bytes());
  return parts;
}

MarkedText text(const char* bytes) { return MarkedText(bytes); }

TEST(TextTools, Splits) {
  const auto blanks = [](const char* bytes, Integer limit, bool right) {
    return bytes_of(split(text(bytes), std::nullopt, limit, right));
  };
  EXPECT_EQ(blanks("  a b\u3000c\n", -1, false), (Parts{"a", "b", "c"}));
  EXPECT_EQ(blanks(" a b  c ", 1, false), (Parts{"a", "b  c "}));
  EXPECT_EQ(blanks(" a b  c ", 1, true), (Parts{" a b", "c"}));
  EXPECT_EQ(blanks(" ", -1, false), Parts{});
  EXPECT_EQ(bytes_of(split(text("a,,b"), ",", -1, false)), (Parts{"a", "", "b"}));
  EXPECT_EQ(bytes_of(split(text("a,b,c"), ",", 1, true)), (Parts{"a,b", "c"}));
  EXPECT_EQ(bytes_of(split(text("aaa"), "aa", -1, true)), (Parts{"a", ""}));
  EXPECT_EQ(bytes_of(split(text("aaa"), "aa", -1, false)), (Parts{"", "a"}));
  EXPECT_EQ(bytes_of(split_lines(text("a\r\nb\n\nc\u2028"), false)), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(bytes_of(split_lines(text("a\r\nb"), true)), (Parts{"a\r\n", "b"}));
}

TEST(TextTools, Strips) {
  EXPECT_EQ(stripped(text("\u00a0 a \u3000"), std::nullopt, Side::both).bytes(), "a");
  EXPECT_EQ(stripped(text("\u00e4b\u00e4"), "\u00e4", Side::left).bytes(), "b\u00e4");
  EXPECT_EQ(stripped(text("abcba"), "ab", Side::right).bytes(), "abc");
  EXPECT_EQ(stripped(text("\xff \x80"), std::nullopt, Side::both).bytes(), "\xff \x80");
  EXPECT_EQ(stripped(text(" \x80"), std::nullopt, Side::both).bytes(), "\x80");
}

TEST(TextTools, Cases) {
  EXPECT_EQ(to_upper(text("straße ŉ")).bytes(), "STRASSE ʼN");
  EXPECT_EQ(to_lower(text("ΟΔΟΣ ΣΑΣ İ")).bytes(), "οδος σας i̇");
  EXPECT_EQ(to_title(text("they're ǆ ßa")).bytes(), "They'Re ǅ Ssa");
  EXPECT_EQ(capitalized(text("ÉCOLE b")).bytes(), "École b");
  EXPECT_EQ(with_swapped_case(text("aBé")).bytes(), "AbÉ");
  EXPECT_EQ(to_upper(MarkedText("a\xff", true)).data().size(), 1u);
}

TEST(TextTools, CountsPoints) {
  EXPECT_EQ(count_points("aé日😀"), 4u);
  EXPECT_EQ(count_points("\xff\xe6\x97"), 2u);
  EXPECT_EQ(find_last_text("abcabc", "bc"), 4u);
  EXPECT_EQ(find_last_text("abc", "x"), std::string_view::npos);
  EXPECT_EQ(find_text("abcabc", "bc", 2), 4u);
}

TEST(TextTools, RepeatsWithinItsBudget) {
  Limits limits;
  limits.bytes = 1000;
  Runtime runtime(limits, {});
  EXPECT_EQ(repeated(runtime, text("ab"), 3)->bytes(), "ababab");
  EXPECT_EQ(repeated(runtime, text("ab"), -1)->bytes(), "");
  const auto endless = repeated(runtime, text("ab"), Integer{1} << 100);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, Code::budget);
  Runtime fresh(limits, {});
  EXPECT_FALSE(padded(fresh, text("a"), 1u << 30, Side::both));
  Runtime other(limits, {});
  EXPECT_FALSE(replaced(other, text("aaaaaaaa"), text(""), MarkedText(std::string(500, 'x')), -1));
}

}  // namespace
}  // namespace sluice::jinja
