// Goal: every character that was inserted is found with its token, and no other.
// Method: random code points, against a map, for all code points and beyond.
#include "text/character_tokens.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice {
namespace {

TEST(CharacterTokens, EqualAMap) {
  std::mt19937 random(3);
  std::map<char32_t, TokenId> expected;
  CharacterTokens tokens;
  EXPECT_EQ(tokens.find('a'), -1);
  for (TokenId id = 0; id < 5000; ++id) {
    const auto code = static_cast<char32_t>(random() % (id % 2 == 0 ? 0x800 : 0x110000));
    expected[code] = id;
    tokens.insert(code, id);
  }
  for (char32_t code = 0; code < 0x110100; ++code) {
    const auto found = expected.find(code);
    ASSERT_EQ(tokens.find(code), found == expected.end() ? -1 : found->second) << uint32_t{code};
  }
}

}  // namespace
}  // namespace sluice
