// Goal: streamed text never holds part of a character, and ends up as the whole decoded text.
// Method: a four-byte character in every cut into tokens; ill-formed bytes; a cut-off end.
#include <gtest/gtest.h>

#include "support/byte_vocabulary.hpp"
#include "text/tokenizer.hpp"
#include "text/utf8.hpp"

namespace sluice {
namespace {

TEST(StreamDecoder, EveryCutOfAnEmoji) {
  const std::string text = "a\xF0\x9F\x99\x82\xC3\xA9z";
  // One bit for each place between two bytes: cut there or not.
  for (unsigned cuts = 0; cuts < 1u << (text.size() - 1); ++cuts) {
    test::ByteVocabulary tokens;
    std::vector<TokenId> ids;
    size_t begin = 0;
    for (size_t at = 1; at <= text.size(); ++at) {
      if (at < text.size() && (cuts >> (at - 1) & 1) == 0) continue;
      const std::string part = text.substr(begin, at - begin);
      ids.push_back(part.size() == 1 ? static_cast<TokenId>(static_cast<unsigned char>(part[0]))
                                     : tokens.add(test::ByteVocabulary::spell(part)));
      begin = at;
    }
    const auto tokenizer = Tokenizer::create(tokens.vocabulary());
    ASSERT_TRUE(tokenizer);
    StreamDecoder decoder(*tokenizer);
    std::string streamed;
    for (const TokenId id : ids) {
      const std::string piece = decoder.push(id);
      std::string checked;
      append_well_formed(checked, piece);
      ASSERT_EQ(checked, piece) << cuts;
      streamed += piece;
      ASSERT_EQ(streamed, text.substr(0, streamed.size()));
    }
    EXPECT_EQ(streamed + decoder.finish(), text) << cuts;
  }
}

TEST(StreamDecoder, IllFormedBytesAreReplacedAtOnce) {
  test::ByteVocabulary tokens;
  const TokenId control = tokens.add_control("<|im_end|>");
  const auto tokenizer = Tokenizer::create(tokens.vocabulary());
  ASSERT_TRUE(tokenizer);
  StreamDecoder decoder(*tokenizer);
  EXPECT_EQ(decoder.push(0xF0), "");
  EXPECT_EQ(decoder.push('a'),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(decoder.push(0xFF), "\xEF\xBF\xBD");
  EXPECT_EQ(decoder.push(0xE2), "");
  EXPECT_EQ(decoder.push(control), "");
  EXPECT_EQ(decoder.push(0x82), "");
  EXPECT_EQ(decoder.push(99999), "");
  EXPECT_EQ(decoder.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(decoder.finish(), "");
}

}  // namespace
}  // namespace sluice
