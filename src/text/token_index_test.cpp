// Goal: every token is found by its text, nothing else is. Method: texts of all short lengths.
#include "text/token_index.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TokenIndex, FindsWhatWasInserted) {
  StringTable texts;
  for (size_t length = 0; length < 40; ++length)
    for (char last = 'a'; last <= 'z'; ++last) texts.push_back(std::string(length, '\0') + last);
  TokenIndex index(texts, texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    EXPECT_FALSE(index.find(texts[id]));
    EXPECT_TRUE(index.insert(static_cast<TokenId>(id)));
  }
  for (size_t id = 0; id < texts.size(); ++id)
    EXPECT_EQ(index.find(texts[id]), static_cast<TokenId>(id));
  EXPECT_FALSE(index.find(""));
  EXPECT_FALSE(index.find(std::string(40, '\0')));
  EXPECT_FALSE(index.insert(3));
}

TEST(TokenIndex, AnEmptyOneFindsNothing) {
  EXPECT_FALSE(TokenIndex().find("a"));
}

}  // namespace
}  // namespace sluice
