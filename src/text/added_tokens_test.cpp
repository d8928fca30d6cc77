// Goal: the longest token at a position is found. Method: nested prefixes, and bytes above 127.
#include "text/added_tokens.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

using Texts = std::vector<std::string>;

AddedTokens make(const std::vector<AddedTokens::Entry>& entries) {
  return AddedTokens(entries);
}

// The tokens found in a text that is all markup, as the texts that they stand for.
Texts find(const AddedTokens& added, std::string_view text) {
  const TextSpan span{0, text.size(), true};
  Texts found;
  for (const FoundToken& token : added.find_all(text, {&span, 1}))
    found.push_back(std::to_string(token.id) + ":" +
                    std::string(text.substr(token.begin, token.end - token.begin)));
  return found;
}

TEST(AddedTokens, TheLongestWins) {
  std::vector<AddedTokens::Entry> entries;
  for (const char* const text : {"<a>", "<a>b", "<", "\xEF\xBC\x9C", "  ", "   ", "", "<ab>"}) {
    entries.push_back({text, {}});
    entries.back().token.id = static_cast<TokenId>(entries.size() - 1);
  }
  const AddedTokens added = make(entries);
  EXPECT_EQ(find(added, "<a>bc<a>"), (Texts{"1:<a>b", "0:<a>"}));
  EXPECT_EQ(find(added, "<ab"), Texts{"2:<"});
  EXPECT_EQ(find(added, "<ab>>"), Texts{"7:<ab>"});
  EXPECT_EQ(find(added, "     "), (Texts{"5:   ", "4:  "}));
  EXPECT_EQ(find(added, "\xEF\xBC\x9Cx"), Texts{"3:\xEF\xBC\x9C"});
  EXPECT_EQ(find(added, "\xEF\xBC x"), Texts{});
  EXPECT_EQ(find(added, ""), Texts{});
  EXPECT_EQ(added.find("<ab>"), 7);
  EXPECT_FALSE(added.find("<ab"));
  EXPECT_FALSE(added.find(""));
}

TEST(AddedTokens, BlanksAndNeighbours) {
  AddedToken left, right, word;
  left.id = 1, left.strips_left = true;
  right.id = 2, right.strips_right = true;
  word.id = 3, word.single_word = true;
  const AddedTokens added = make({{"<l>", left}, {"<r>", right}, {"w", word}});
  EXPECT_EQ(find(added, "a \n<l> b"), Texts{"1: \n<l>"});
  EXPECT_EQ(find(added, "a <r>\xE3\x80\x80 b"), Texts{"2:<r>\xE3\x80\x80 "});
  EXPECT_EQ(find(added, "<r>  <l>"), (Texts{"2:<r>  ", "1:<l>"}));
  EXPECT_EQ(find(added, "w aw wa w_ -w- w\xCC\x81"), (Texts{"3:w", "3:w"}));
}

TEST(AddedTokens, SpecialTokensInMarkupOnly) {
  AddedToken special;
  special.special = true;
  const AddedTokens added = make({{"<s>", special}, {"s", {}}});
  const TextSpan spans[] = {{0, 3, false}, {3, 6, true}, {6, 8, true}, {8, 9, false}};
  const auto found = added.find_all("<s><s><s>", spans);
  ASSERT_EQ(found.size(), 2u);  // the first is passed over whole, the last is cut in two
  EXPECT_EQ(found[0].begin, 3u);
  EXPECT_EQ(found[1].begin, 7u);
}

TEST(AddedTokens, BlanksOnBothSidesTakeLinearTime) {
  AddedToken blank;
  blank.strips_left = blank.strips_right = true;
  const AddedTokens added = make({{" ", blank}});
  const std::string text(1 << 20, ' ');
  const TextSpan span{0, text.size(), true};
  EXPECT_EQ(added.find_all(text, {&span, 1}).size(), text.size());
}

TEST(AddedTokens, NoTokensAtAll) {
  EXPECT_TRUE(AddedTokens().empty());
  EXPECT_FALSE(AddedTokens().find("x"));
}

}  // namespace
}  // namespace sluice
