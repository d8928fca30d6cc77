// Goal: an expression is recognised by what it says, however its line ends and classes are
// written, and anything else is refused. Method: variants of known ones, cut and compared.
#include "text/expressions.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Expressions, LineEndsAsCharactersOrEscapes) {
  const auto escaped = find_expression(R"([\r\n])");
  const auto raw = find_expression("[\r\n]");
  ASSERT_TRUE(escaped && raw);
  EXPECT_EQ(escaped->find, raw->find);
  EXPECT_FALSE(raw->covers_all);
  EXPECT_TRUE(find_expression(kGpt2Expression)->covers_all);
  EXPECT_FALSE(find_expression(kDigitExpression)->covers_all);
}

TEST(Expressions, ClassesByWhatTheyHold) {
  // U+3040 to U+30FF and U+4E00 to U+9FA5, in two orders.
  const auto usual = find_expression(
      "[\xE4\xB8\x80-\xE9\xBE\xA5\xE3\x81\x80-\xE3\x82\x9F\xE3\x82\xA0-\xE3\x83\xBF]+");
  const auto other = find_expression("[\xE3\x81\x80-\xE3\x83\xBF\xE4\xB8\x80-\xE9\xBE\xA5]+");
  ASSERT_TRUE(usual && other);
  EXPECT_EQ(usual->find, other->find);
  EXPECT_FALSE(find_expression("[\xE3\x81\x80-\xE3\x83\xBF\xE4\xB8\x80-\xE9\xBE\xA4]+"));
  EXPECT_FALSE(find_expression("\\s?[\xE3\x81\x80-\xE3\x83\xBF\xE4\xB8\x80-\xE9\xBE\xA5]+"));
}

TEST(Expressions, NothingIsGuessed) {
  for (const char* const text : {"", "[]+", "[z-a]+", "[a", "[a-]+", "[^a]+", R"([\d]+)", R"(\w+)",
                                 R"(\p{N}{1,2})", R"(\p{N}+)", "\xFF"}) {
    const auto found = find_expression(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, Code::unsupported);
  }
  const auto found = find_expression("\x01" + std::string(1000, 'x'));
  ASSERT_FALSE(found);
  EXPECT_LT(found.error().message.size(), 300u);
  EXPECT_EQ(found.error().message.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace sluice
