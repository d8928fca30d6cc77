// Goal: what the golden cases cannot show: errors, provenance, BOS, defaults, ill-formed text, and
// linear time. Method: small vocabularies made here.
#include "text/tokenizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/byte_vocabulary.hpp"

namespace sluice {
namespace {

using Ids = std::vector<TokenId>;

Tokenizer create(const Vocabulary& vocabulary) {
  auto tokenizer = Tokenizer::create(vocabulary);
  EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
  return *std::move(tokenizer);
}

void expect_error(const Vocabulary& vocabulary, Code code, std::string_view words) {
  const auto tokenizer = Tokenizer::create(vocabulary);
  ASSERT_FALSE(tokenizer) << words;
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_NE(tokenizer.error().message.find(words), std::string::npos) << tokenizer.error().message;
}

// "llama": <unk> <s> </s>, the bytes, then characters and words with scores.
Vocabulary scored_vocabulary() {
  Vocabulary vocabulary;
  vocabulary.model = "llama";
  const auto add = [&vocabulary](std::string_view text, TokenType type, float score) {
    vocabulary.tokens.push_back(text);
    vocabulary.types.push_back(type);
    vocabulary.scores.push_back(score);
  };
  add("<unk>", TokenType::unknown, 0);
  add("<s>", TokenType::control, 0);
  add("</s>", TokenType::control, 0);
  for (unsigned byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", byte);
    add(text, TokenType::byte, 0);
  }
  float score = 0;
  for (const char* const text : {"\xE2\x96\x81", "a", "b", "ab",
                                 "\xE2\x96\x81"
                                 "a",
                                 "aa"})
    add(text, TokenType::normal, score--);
  return vocabulary;  // ids: blank 259, a 260, b 261, ab 262, blank-a 263, aa 264
}

TEST(Tokenizer, MergesByRank) {
  test::ByteVocabulary tokens;
  const TokenId he = tokens.merge("h", "e");
  const TokenId ll = tokens.merge("l", "l");
  const TokenId hell = tokens.merge("he", "ll");
  const TokenId lo = tokens.merge("l", "o");
  const Tokenizer tokenizer = create(tokens.vocabulary());
  EXPECT_EQ(tokenizer.encode("hello", false), (Ids{hell, 'o'}));
  EXPECT_EQ(tokenizer.encode("he lo", false), (Ids{he, ' ', lo}));
  EXPECT_EQ(tokenizer.encode("ll", false), Ids{ll});
  EXPECT_TRUE(tokenizer.encode("", true).empty());
  EXPECT_EQ(*tokenizer.decode(Ids{hell, 'o'}, false), "hello");
}

TEST(Tokenizer, ATokenThatNoMergeReachesNeedsTheFamilysLeave) {
  test::ByteVocabulary tokens;
  const TokenId word = tokens.add("word");
  EXPECT_EQ(create(tokens.vocabulary()).encode("word", false), (Ids{'w', 'o', 'r', 'd'}));
  tokens.vocabulary().pre = "llama-bpe";
  EXPECT_EQ(create(tokens.vocabulary()).encode("word", false), Ids{word});
}

TEST(Tokenizer, ScoresInPlaceOfMergesAreARankList) {
  test::ByteVocabulary tokens;
  Vocabulary& vocabulary = tokens.vocabulary();
  const TokenId bc = tokens.add("bc");
  const TokenId ab = tokens.add("ab");
  const TokenId abcd = tokens.add("abcd");
  for (size_t i = 0; i < vocabulary.tokens.size(); ++i)
    vocabulary.scores.push_back(-static_cast<double>(i));
  const Tokenizer tokenizer = create(vocabulary);
  EXPECT_EQ(tokenizer.encode("abc", false), (Ids{'a', bc}));
  EXPECT_EQ(tokenizer.encode("abb", false), (Ids{ab, 'b'}));
  EXPECT_EQ(tokenizer.encode("abcd", false), Ids{abcd});  // whole, though no pair makes it
}

TEST(Tokenizer, ControlTokensOnlyWhereTheyAreParsed) {
  test::ByteVocabulary tokens;
  const TokenId end = tokens.add_control("<|x|>");
  const TokenId think = tokens.add("<think>", TokenType::user_defined);
  const Tokenizer tokenizer = create(tokens.vocabulary());
  EXPECT_EQ(tokenizer.encode("a<|x|><think>", true), (Ids{'a', end, think}));
  EXPECT_EQ(tokenizer.encode("a<|x|><think>", false), (Ids{'a', '<', '|', 'x', '|', '>', think}));
  EXPECT_EQ(tokenizer.bytes(end), "");
  EXPECT_EQ(tokenizer.bytes(end, true), "<|x|>");
  EXPECT_EQ(tokenizer.bytes(think), "<think>");
  EXPECT_EQ(tokenizer.find("<|x|>"), end);
  EXPECT_EQ(tokenizer.find("\xC4\xA0"), ' ');
  EXPECT_FALSE(tokenizer.find("<|y|>"));
}

TEST(Tokenizer, MergesCannotMakeAControlToken) {
  test::ByteVocabulary tokens;
  tokens.vocabulary().merges.push_back("< >");
  const TokenId control = tokens.add_control("<>");
  const Tokenizer tokenizer = create(tokens.vocabulary());
  EXPECT_EQ(tokenizer.encode("<>", false), (Ids{'<', '>'}));
  EXPECT_EQ(tokenizer.encode("<>", true), Ids{control});
}

TEST(Tokenizer, SegmentsKeepTheirProvenance) {
  test::ByteVocabulary tokens;
  const TokenId control = tokens.add_control("<x>");
  const TokenId user = tokens.add("[u]", TokenType::user_defined);
  const TokenId ab = tokens.merge("a", "b");
  const Tokenizer tokenizer = create(tokens.vocabulary());
  // Cut inside one kind, a token is whole again; across kinds it is not.
  EXPECT_EQ(tokenizer.encode(Segments{{"<", true}, {"x>", true}}), Ids{control});
  EXPECT_EQ(tokenizer.encode(Segments{{"<", true}, {"x>", false}}), (Ids{'<', 'x', '>'}));
  EXPECT_EQ(tokenizer.encode(Segments{{"<", false}, {"x>", true}}), (Ids{'<', 'x', '>'}));
  EXPECT_EQ(tokenizer.encode(Segments{{"[u", false}, {"]", true}}), (Ids{'[', 'u', ']'}));
  EXPECT_EQ(tokenizer.encode(Segments{{"[u]<x>", false}, {"<x>", true}}),
            (Ids{user, '<', 'x', '>', control}));
  // The text between tokens is one text, as it was in training.
  EXPECT_EQ(tokenizer.encode(Segments{{"<x>a", true}, {"b", false}}), (Ids{control, ab}));
}

TEST(Tokenizer, BosOnceWhereTheVocabularyWantsIt) {
  test::ByteVocabulary tokens;
  const TokenId bos = tokens.add_control("<s>");
  tokens.vocabulary().bos = bos;
  EXPECT_FALSE(create(tokens.vocabulary()).adds_bos());
  tokens.vocabulary().pre = "tekken";
  EXPECT_TRUE(create(tokens.vocabulary()).adds_bos());
  tokens.vocabulary().add_bos = false;
  EXPECT_FALSE(create(tokens.vocabulary()).adds_bos());
  tokens.vocabulary().pre = "qwen2";
  tokens.vocabulary().add_bos = true;
  const Tokenizer tokenizer = create(tokens.vocabulary());
  EXPECT_TRUE(tokenizer.adds_bos());
  EXPECT_EQ(tokenizer.encode(Segments{{"a", true}}), (Ids{bos, 'a'}));
  EXPECT_EQ(tokenizer.encode(Segments{{"<s>a", true}}), (Ids{bos, 'a'}));
  EXPECT_EQ(tokenizer.encode(Segments{{"<s>", false}}), (Ids{bos, '<', 's', '>'}));
  EXPECT_EQ(tokenizer.encode(Segments{}), Ids{bos});
  EXPECT_EQ(tokenizer.encode("a", true), Ids{'a'});
  tokens.vocabulary().bos.reset();
  EXPECT_FALSE(create(tokens.vocabulary()).adds_bos());
}

TEST(Tokenizer, IllFormedBytesAreEncodedAsTheyAre) {
  const Tokenizer tokenizer = create(test::ByteVocabulary().vocabulary());
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text.push_back(static_cast<char>(byte));
  text +=
      "\xF0\x9F"
      "e\xCC\x81\xC3";
  const Ids ids = tokenizer.encode(text, true);
  EXPECT_EQ(*tokenizer.decode(ids, false),
            text.substr(0, 256) + "\xF0\x9F\xC3\xA9\xC3");  // composed, nothing lost
}

TEST(Tokenizer, ScoresWithBytesForUnknownCharacters) {
  const Tokenizer tokenizer = create(scored_vocabulary());
  EXPECT_EQ(tokenizer.encode("ab", false), (Ids{259, 262}));
  EXPECT_EQ(tokenizer.encode("a", false), Ids{263});
  EXPECT_EQ(tokenizer.encode(" a", false), (Ids{259, 263}));
  EXPECT_EQ(tokenizer.encode("\xE2\x96\x81"
                             "a",
                             false),
            (Ids{259, 263}));
  EXPECT_EQ(tokenizer.encode("<s>b", true), (Ids{1, 259, 261}));
  EXPECT_EQ(tokenizer.encode("\xC3\xA9\xFF", false), (Ids{259, 3 + 0xC3, 3 + 0xA9, 3 + 0xFF}));
  EXPECT_EQ(tokenizer.encode(Segments{{"b", false}}), (Ids{1, 259, 261}));
  EXPECT_EQ(*tokenizer.decode(Ids{1, 259, 262, 3 + 0xC3, 3 + 0xA9}, false), "ab\xC3\xA9");
  EXPECT_EQ(*tokenizer.decode(Ids{1, 259, 262}, true), "<s> ab");
  EXPECT_EQ(tokenizer.stops(), Ids{2});
  EXPECT_EQ(tokenizer.eos(), 2);
}

TEST(Tokenizer, NoBlankInFrontIfTheFileSaysSo) {
  Vocabulary vocabulary = scored_vocabulary();
  vocabulary.add_space_prefix = false;
  const Tokenizer tokenizer = create(vocabulary);
  EXPECT_EQ(tokenizer.encode("ab", false), Ids{262});
  EXPECT_EQ(*tokenizer.decode(Ids{259, 262}, false), " ab");
}

TEST(Tokenizer, DamagedVocabulariesAreRefused) {
  const auto damaged = [](auto damage, Code code, std::string_view words) {
    test::ByteVocabulary tokens;
    damage(tokens);
    expect_error(tokens.vocabulary(), code, words);
  };
  using Tokens = test::ByteVocabulary;
  damaged([](Tokens& t) { t.add("a"); }, Code::corrupt, "same text");
  damaged([](Tokens& t) { t.vocabulary().types.pop_back(); }, Code::corrupt, "255 token types");
  damaged([](Tokens& t) { t.vocabulary().scores = {1}; }, Code::corrupt, "1 scores");
  damaged([](Tokens& t) { t.vocabulary().eos = 256; }, Code::corrupt, "token 256 of 256");
  damaged([](Tokens& t) { t.vocabulary().more_stops = {-1}; }, Code::corrupt, "token -1");
  damaged([](Tokens& t) { t.vocabulary().merges.push_back("ab"); }, Code::corrupt, "one part");
  damaged([](Tokens& t) { t.vocabulary().merges.push_back("a b"); }, Code::corrupt, "merge 0");
  damaged([](Tokens& t) { t.vocabulary().merges.push_back("a "); }, Code::corrupt, "merge 0");
  damaged([](Tokens& t) { t.vocabulary().model = "wordpiece"; }, Code::unsupported, "wordpiece");
  damaged([](Tokens& t) { t.vocabulary().pre = "poro"; }, Code::unsupported, "poro");
  damaged([](Tokens& t) { t.vocabulary().pre = ""; }, Code::unsupported, "tokenizer.ggml.pre");
  damaged([](Tokens& t) { t.vocabulary().tokens = {}; }, Code::corrupt, "0 tokens");
  Vocabulary scored = scored_vocabulary();
  scored.scores.clear();
  expect_error(scored, Code::corrupt, "0 scores");
}

TEST(Tokenizer, EmptyTokensAreNoDuplicates) {
  test::ByteVocabulary tokens;
  tokens.add("");
  tokens.add("");
  tokens.add_control("");
  EXPECT_EQ(create(tokens.vocabulary()).encode("a", true), Ids{'a'});
}

TEST(Tokenizer, IdsOutsideTheVocabularyAreErrors) {
  const Tokenizer tokenizer = create(test::ByteVocabulary().vocabulary());
  for (const TokenId id : {-1, 256}) {
    const auto text = tokenizer.decode(Ids{id}, true);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Code::invalid);
    EXPECT_EQ(tokenizer.bytes(id), "");
  }
}

TEST(Tokenizer, AMegabyteOfAnything) {
  test::ByteVocabulary tokens;
  for (std::string run = "a"; run.size() < 64; run += run) tokens.merge(run, run);
  for (std::string run = " "; run.size() < 64; run += run) tokens.merge(run, run);
  tokens.add_control("<|im_start|>");
  const Tokenizer bytes = create(tokens.vocabulary());
  const Tokenizer scored = create(scored_vocabulary());
  for (const char* const unit :
       {" ", "a", "   a", "\n", "e\xCC\x81\xCC\xA3", "<|im_start", "\xFF"}) {
    std::string text;
    while (text.size() < 1000000) text += unit;
    EXPECT_FALSE(bytes.encode(text, true).empty());
    const Ids ids = scored.encode(text, true);
    EXPECT_EQ(*scored.decode(ids, true), text);
  }
  EXPECT_EQ(bytes.encode(std::string(1 << 20, 'a'), false).size(), size_t{1 << 20} / 64);
}

TEST(Tokenizer, CountsItsMemory) {
  test::ByteVocabulary tokens;
  const size_t before = create(tokens.vocabulary()).memory_bytes();
  for (int i = 0; i < 10000; ++i) tokens.add("token" + std::to_string(i));
  const size_t after = create(tokens.vocabulary()).memory_bytes();
  EXPECT_GT(before, 256u * 4);
  EXPECT_GT(after - before, 10000u * (9 + 4 + 1));
  EXPECT_LT(after - before, 10000u * 60);
}

}  // namespace
}  // namespace sluice
