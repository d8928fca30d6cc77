// Goal: a turn ends with the tokens that the file names and those known by their text, but for the
// families that use one of them for something else.
#include <gtest/gtest.h>

#include "support/byte_vocabulary.hpp"
#include "text/tokenizer.hpp"

namespace sluice {
namespace {

using Ids = std::vector<TokenId>;

Tokenizer create(test::ByteVocabulary& tokens) {
  auto tokenizer = Tokenizer::create(tokens.vocabulary());
  EXPECT_TRUE(tokenizer);
  return *std::move(tokenizer);
}

TEST(Stops, IdsOfTheFileAndKnownTexts) {
  test::ByteVocabulary tokens;
  const TokenId text_end = tokens.add_control("<|endoftext|>");
  const TokenId start = tokens.add_control("<|im_start|>");
  const TokenId end = tokens.add_control("<|im_end|>");
  const TokenId pad = tokens.add_control("<|fim_pad|>");
  const TokenId more = tokens.add_control("<|observation|>");
  tokens.vocabulary().eos = end;
  tokens.vocabulary().fim_pad = pad;
  tokens.vocabulary().more_stops = {more, end};
  const Tokenizer tokenizer = create(tokens);
  EXPECT_EQ(tokenizer.stops(), (Ids{text_end, end, pad, more}));
  EXPECT_TRUE(tokenizer.is_stop(end));
  EXPECT_FALSE(tokenizer.is_stop(start));
  EXPECT_FALSE(tokenizer.is_stop(-1));
}

TEST(Stops, DeepseekByItsText) {
  test::ByteVocabulary tokens;
  const TokenId end = tokens.add_control(
      "<\xEF\xBD\x9C"
      "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>");
  EXPECT_EQ(create(tokens).stops(), Ids{end});
}

TEST(Stops, EndOfAMessageIsNoStopForGptOss) {
  test::ByteVocabulary tokens;
  const TokenId text_end = tokens.add_control("<|endoftext|>");
  const TokenId turn = tokens.add_control("<|return|>");
  const TokenId end = tokens.add_control("<|end|>");
  tokens.vocabulary().eos = turn;
  EXPECT_EQ(create(tokens).stops(), (Ids{text_end, turn, end}));
  const TokenId call = tokens.add_control("<|call|>");
  EXPECT_EQ(create(tokens).stops(), (Ids{text_end, turn, call}));
}

TEST(Stops, StruckTextIsNoStopForGemma) {
  test::ByteVocabulary tokens;
  const TokenId struck = tokens.add_control("</s>");
  const TokenId eos = tokens.add_control("<eos>");
  const TokenId turn = tokens.add_control("<turn|>");
  EXPECT_EQ(create(tokens).stops(), (Ids{struck, eos, turn}));
  const TokenId response = tokens.add("<|tool_response>", TokenType::user_defined);
  EXPECT_EQ(create(tokens).stops(), (Ids{eos, turn, response}));
}

TEST(Stops, StruckTextIsNoStopWhereItIsNoControlToken) {
  test::ByteVocabulary tokens;
  tokens.add("</s>", TokenType::user_defined);
  const TokenId end = tokens.add_control("<end_of_turn>");
  EXPECT_EQ(create(tokens).stops(), Ids{end});
}

}  // namespace
}  // namespace sluice
