// Goal: the alphabet of byte-level vocabularies is read as it was written.
// Method: all 256 bytes through the formula of model files, and characters outside the alphabet.
#include "text/byte_alphabet.hpp"

#include <gtest/gtest.h>

#include "support/byte_vocabulary.hpp"

namespace sluice {
namespace {

TEST(ByteAlphabet, EveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    std::string out;
    ASSERT_TRUE(append_spelled_bytes(out, test::ByteVocabulary::spell(bytes)));
    EXPECT_EQ(out, bytes);
  }
  std::string out = "<";
  EXPECT_TRUE(append_spelled_bytes(out, "\xC4\xA0the\xC4\x8A"));
  EXPECT_EQ(out, "< the\n");
}

TEST(ByteAlphabet, OtherCharactersAreRefused) {
  std::string out = "kept";
  for (const char* const text : {"a b", "\xC5\x84", "\xE2\x96\x81", "\xFF", "a\xC2\xAD"})
    EXPECT_FALSE(append_spelled_bytes(out, text)) << text;
  EXPECT_EQ(out, "kept");
}

}  // namespace
}  // namespace sluice
