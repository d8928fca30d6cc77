// Goal: a memo never changes ids; it only saves encoding a piece again.
// Method: an encoder whose ids depend on the piece alone, with and without a memo, over random
// pieces that often repeat and often share a slot; and counting what is encoded.
#include "text/piece_memo.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sluice {
namespace {

// Some pieces get no id, others several for each byte.
void encode(std::string_view piece, std::vector<TokenId>& ids) {
  for (const char byte : piece)
    for (char i = 'a'; i < byte; ++i)
      ids.push_back(byte * 1000 + static_cast<TokenId>(piece.size()));
}

TEST(PieceMemo, NeverChangesIds) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::vector<size_t> ends;
    const size_t letters = 1 + random() % 4;
    const size_t longest = round % 10 == 0 ? 600 : 6;
    while (text.size() < 3000) {
      const size_t bytes = 1 + random() % longest;
      for (size_t i = 0; i < bytes; ++i) text += static_cast<char>('a' + random() % letters);
      ends.push_back(text.size());
    }
    std::vector<TokenId> expected{1, 2, 3};
    std::vector<TokenId> ids = expected;
    PieceMemo memo(text, ids);
    size_t begin = 0;
    for (const size_t end : ends) {
      encode(std::string_view(text).substr(begin, end - begin), expected);
      memo.append(begin, end, [&](std::string_view piece) { encode(piece, ids); });
      begin = end;
    }
    ASSERT_EQ(ids, expected) << round;
  }
}

TEST(PieceMemo, EncodesARepeatedPieceOnce) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word";
  std::vector<TokenId> ids;
  PieceMemo memo(text, ids);
  size_t encoded = 0;
  for (size_t at = 0; at < text.size(); at += 4)
    memo.append(at, at + 4, [&](std::string_view) {
      ++encoded;
      ids.push_back(7);
    });
  EXPECT_EQ(encoded, 1u);
  EXPECT_EQ(ids, std::vector<TokenId>(100, 7));
}

}  // namespace
}  // namespace sluice
