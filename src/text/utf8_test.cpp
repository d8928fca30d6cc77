// Goal: well-formed text survives, ill-formed bytes are reported one part at a time and never lost.
// Method: every code point there and back; the examples of the Unicode standard, section 3.9.
#include "text/utf8.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

std::string well_formed(std::string_view text) {
  std::string out;
  append_well_formed(out, text);
  return out;
}

TEST(Utf8, EveryCodePointThereAndBack) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    const CodePoint point = decode_utf8(text.data(), text.data() + text.size());
    ASSERT_TRUE(point.valid) << static_cast<uint32_t>(code);
    ASSERT_EQ(point.code, code);
    ASSERT_EQ(point.bytes, text.size());
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const CodePoint part = decode_utf8(text.data(), text.data() + cut);
      ASSERT_TRUE(part.cut && !part.valid && part.bytes == cut);
      ASSERT_EQ(incomplete_tail(text.substr(0, cut)), cut);
    }
    ASSERT_EQ(incomplete_tail(text), 0u);
  }
}

TEST(Utf8, NumbersThatAreNoCharactersBecomeTheReplacement) {
  for (const char32_t code : {char32_t{0xD800}, char32_t{0xDFFF}, char32_t{0x110000}}) {
    std::string text;
    append_utf8(text, code);
    EXPECT_EQ(text, "\xEF\xBF\xBD");
  }
}

TEST(Utf8, IllFormedPartsAreMaximal) {
  const std::string r = "\xEF\xBF\xBD";
  // Overlong forms, surrogates and lone continuation bytes: one replacement a byte.
  EXPECT_EQ(well_formed("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(well_formed("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            r + r + r + r + r + r + r + r + "A");
  // Cut sequences: one replacement for each part.
  EXPECT_EQ(well_formed("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
  EXPECT_EQ(well_formed("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
}

TEST(Utf8, OnlyWhatCanBeCompletedIsATail) {
  EXPECT_EQ(incomplete_tail(""), 0u);
  EXPECT_EQ(incomplete_tail("\xF0\x9F\x99"), 3u);
  EXPECT_EQ(incomplete_tail("a\xE2\x82"), 2u);
  EXPECT_EQ(incomplete_tail("\xE0\x80"), 0u);  // overlong already
  EXPECT_EQ(incomplete_tail("\x80\x80"), 0u);
  EXPECT_EQ(incomplete_tail("\xFF"), 0u);
  EXPECT_EQ(incomplete_tail("\xC3\xA9\x80"), 0u);
}

}  // namespace
}  // namespace sluice
