// Goal: normalisation form C, with ill-formed bytes kept and no quadratic case.
// Method: examples from UAX #15; form C of form C is itself for every code point; a megabyte of
// marks in the wrong order.
#include "text/normalize.hpp"

#include <gtest/gtest.h>

#include "text/utf8.hpp"

namespace sluice {
namespace {

std::string nfc(std::string_view text) {
  std::string storage;
  return std::string(normalize_nfc(text, storage));
}

TEST(Normalize, Examples) {
  EXPECT_EQ(nfc("e\xCC\x81"), "\xC3\xA9");                                 // e and acute
  EXPECT_EQ(nfc("\xE2\x84\xAB"), "\xC3\x85");                              // Angstrom sign
  EXPECT_EQ(nfc("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8"), "\xEA\xB0\x81");  // Hangul
  EXPECT_EQ(nfc("a\xCC\x81\xCC\xA3"), "\xE1\xBA\xA1\xCC\x81");             // marks change places
  EXPECT_EQ(nfc("xe\xCC\x81y\xCC\x81z"), "x\xC3\xA9\xC3\xBDz");
  EXPECT_EQ(nfc("\xE0\xA4\x95\xE0\xA4\xBC"),
            "\xE0\xA4\x95\xE0\xA4\xBC");  // excluded from composing
}

TEST(Normalize, NothingToDoGivesTheTextItself) {
  std::string storage;
  for (const std::string_view text :
       {std::string_view("plain"), std::string_view("caf\xC3\xA9"), std::string_view(""),
        std::string_view("\xE4\xBD\xA0\xE5\xA5\xBD \xED\x95\x9C \xF0\x9F\x99\x82")})
    EXPECT_EQ(normalize_nfc(text, storage).data(), text.data());
}

TEST(Normalize, IllFormedBytesStay) {
  EXPECT_EQ(nfc("\xFF"
                "e\xCC\x81\xE2\x82"
                "e\xCC\x81\xCC"),
            "\xFF\xC3\xA9\xE2\x82\xC3\xA9\xCC");
  EXPECT_EQ(nfc("e\xFF\xCC\x81"), "e\xFF\xCC\x81");
}

TEST(Normalize, IsIdempotentForEveryCodePointBetweenOthers) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text = "a";
    append_utf8(text, code);
    text += "\xCC\x81";
    const std::string once = nfc(text);
    ASSERT_EQ(nfc(once), once) << uint32_t{code};
  }
}

TEST(Normalize, AMegabyteOfMarksIsSortedInReasonableTime) {
  std::string text = "a";
  while (text.size() < 1000000) text += "\xCC\x81\xCC\xA3";  // acute, dot below: wrong order
  const std::string sorted = nfc(text);
  // The first dot below goes into the a; the other dots come before the acutes.
  EXPECT_EQ(sorted.substr(0, 5), "\xE1\xBA\xA1\xCC\xA3");
  EXPECT_EQ(sorted.substr(sorted.size() - 4), "\xCC\x81\xCC\x81");
}

}  // namespace
}  // namespace sluice
