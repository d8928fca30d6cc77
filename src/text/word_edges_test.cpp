// Goal: edges are those of the authority's \w and \s. Method: one character of each kind.
#include "text/word_edges.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(WordEdges, LettersMarksDigitsConnectorsAndJoiners) {
  for (const char* const word : {"a", "\xC3\xA9", "7", "_", "\xCC\x81", "\xE2\x80\x8D",
                                 "\xE2\x85\xA7", "\xE2\x92\xB6", "\xF0\x9D\x94\xB8"}) {
    EXPECT_TRUE(starts_with_word(word)) << word;
    EXPECT_TRUE(ends_with_word(std::string("-") + word)) << word;
  }
  for (const char* const other :
       {"", "-", " ", "\xC2\xB2", "\xE2\x82\xAC", "\xFF", "\xF0\x9F\x98\x80"}) {
    EXPECT_FALSE(starts_with_word(other)) << other;
    EXPECT_FALSE(ends_with_word(other)) << other;
  }
}

TEST(WordEdges, Blanks) {
  EXPECT_EQ(blanks_at_start(" \n\xE3\x80\x80x "), 5u);
  EXPECT_EQ(blanks_at_end(" x\xE3\x80\x80\t "), 5u);
  EXPECT_EQ(blanks_at_start("x"), 0u);
  EXPECT_EQ(blanks_at_end("\xE2\x80\x8B"), 0u);
  EXPECT_EQ(blanks_at_end("  "), 2u);
  EXPECT_EQ(blanks_at_end(""), 0u);
}

}  // namespace
}  // namespace sluice
