// Goal: the longest token at a position is found. Method: nested prefixes, and bytes above 127.
#include "text/added_tokens.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(AddedTokens, TheLongestWins) {
  StringTable texts;
  for (const char* const text : {"<a>", "<a>b", "<", "\xEF\xBC\x9C", "  ", "   ", "", "<ab>"})
    texts.push_back(text);
  const AddedTokens added(texts, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(added.longest_at_start("<a>bc"), 1);
  EXPECT_EQ(added.longest_at_start("<a>"), 0);
  EXPECT_EQ(added.longest_at_start("<ab"), 2);
  EXPECT_EQ(added.longest_at_start("<ab>>"), 7);
  EXPECT_EQ(added.longest_at_start("    "), 5);
  EXPECT_EQ(added.longest_at_start("\xEF\xBC\x9Cx"), 3);
  EXPECT_FALSE(added.longest_at_start("\xEF\xBC"));
  EXPECT_FALSE(added.longest_at_start(" x"));
  EXPECT_FALSE(added.longest_at_start(""));
  EXPECT_TRUE(added.may_start('<'));
  EXPECT_FALSE(added.may_start('a'));
  EXPECT_EQ(added.find("<ab>"), 7);
  EXPECT_FALSE(added.find("<ab"));
  EXPECT_FALSE(added.find(""));
}

TEST(AddedTokens, NoTokensAtAll) {
  EXPECT_FALSE(AddedTokens().longest_at_start("x"));
  EXPECT_FALSE(AddedTokens().find("x"));
}

}  // namespace
}  // namespace sluice
