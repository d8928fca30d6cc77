// Goal: every code point has the classes that the authority's regex engine gives it.
// Method: comparison with the ranges from which the table was generated, for all code points.
#include "text/unicode.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

namespace sluice {
namespace {

TEST(Unicode, ClassesEqualTheAuthoritys) {
  const std::map<std::string, ClassBits> bits = {
      {"\\p{L}", kLetter},      {"\\p{Lu}", kUpper},       {"\\p{Ll}", kLower}, {"\\p{Lt}", kTitle},
      {"\\p{Lm}", kModifier},   {"\\p{Lo}", kOtherLetter}, {"\\p{M}", kMark},   {"\\p{N}", kNumber},
      {"\\p{P}", kPunctuation}, {"\\p{S}", kSymbol},       {"\\p{Han}", kHan},  {"\\s", kBlank}};
  std::ifstream file(SLUICE_SOURCE_DIR "/tests/golden/tokenizers/unicode-classes.json");
  const nlohmann::json classes = nlohmann::json::parse(file);
  ASSERT_EQ(classes.size(), bits.size());
  for (const auto& [name, mask] : bits) {
    std::vector<bool> inside(0x110000);
    for (const auto& range : classes[name]) {
      const int last = std::stoi(std::string(range[1]), nullptr, 16);
      for (int code = std::stoi(std::string(range[0]), nullptr, 16); code <= last; ++code)
        inside[static_cast<size_t>(code)] = true;
    }
    for (char32_t code = 0; code < 0x110000; ++code)
      ASSERT_EQ((class_of(code) & mask) != 0, inside[code]) << name << " " << uint32_t{code};
  }
  EXPECT_EQ(class_of(0x110000), 0);
}

TEST(Unicode, AsciiTableEqualsTheLargeOne) {
  for (char32_t code = 0; code < 128; ++code)
    EXPECT_EQ(kAsciiClass[code], class_beyond_ascii(code)) << uint32_t{code};
  EXPECT_EQ(class_of('\n'), kBlank | kNewline);
  EXPECT_EQ(class_of('\r'), kBlank | kNewline);
  EXPECT_EQ(class_of('\t'), kBlank);
  EXPECT_EQ(class_of(0x85), kBlank);
}

}  // namespace
}  // namespace sluice
