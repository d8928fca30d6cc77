// Goal: numbers are read and written as Python does.
// Method: values with the texts that Python 3.11 gives for them.
#include "text/jinja/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sluice::jinja {
namespace {

TEST(Number, WritesFloatsAsPython) {
  EXPECT_EQ(to_text(1.0), "1.0");
  EXPECT_EQ(to_text(-0.0), "-0.0");
  EXPECT_EQ(to_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(to_text(1e15), "1000000000000000.0");
  EXPECT_EQ(to_text(1e16), "1e+16");
  EXPECT_EQ(to_text(1.5e300), "1.5e+300");
  EXPECT_EQ(to_text(0.0001), "0.0001");
  EXPECT_EQ(to_text(1e-5), "1e-05");
  EXPECT_EQ(to_text(5e-324), "5e-324");
  EXPECT_EQ(to_text(123456.789), "123456.789");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(to_text(std::nan("")), "nan");
}

TEST(Number, ReadsIntegers) {
  EXPECT_EQ(to_text(*parse_integer(" -12_345\n", 10)), "-12345");
  EXPECT_EQ(to_text(*parse_integer("100000000000000000000", 10)), "100000000000000000000");
  EXPECT_EQ(*parse_integer("0x1F", 16), 31);
  EXPECT_EQ(*parse_integer("1F", 16), 31);
  EXPECT_EQ(*parse_integer("0b101", 0), 5);
  for (const char* text : {"", "-", "1.0", "1__0", "_1", "1_", "0x1", "abc", "1 2"})
    EXPECT_FALSE(parse_integer(text, 10)) << text;
  EXPECT_FALSE(parse_integer(std::string(40, '9'), 10));
}

TEST(Number, ReadsFloats) {
  EXPECT_EQ(*parse_real(" 2.5 "), 2.5);
  EXPECT_EQ(*parse_real("+1e3"), 1000.0);
  EXPECT_EQ(*parse_real("1_0.5"), 10.5);
  EXPECT_TRUE(std::isinf(*parse_real("1e999")));
  EXPECT_EQ(*parse_real("1e-999"), 0.0);
  EXPECT_TRUE(std::isnan(*parse_real("nan")));
  for (const char* text : {"", "x", "1.5x", "0x10", "nan(1)", "+-1", "++1"})
    EXPECT_FALSE(parse_real(text)) << text;
}

TEST(Number, ComparesExactly) {
  // 2^53 + 1 is no double; rounded to one it would equal 2^53.
  const Value big(Integer{9007199254740993});
  EXPECT_EQ(*compare_numbers(big, Value(9007199254740992.0)), 1);
  EXPECT_EQ(*compare_numbers(Value(9007199254740992.0), big), -1);
  EXPECT_EQ(*compare_numbers(Value(true), Value(1.0)), 0);
  EXPECT_EQ(*compare_numbers(Value(Integer{2}), Value(2.5)), -1);
  EXPECT_EQ(*compare_numbers(Value(Integer{-2}), Value(-2.5)), 1);
  EXPECT_EQ(*compare_numbers(big, Value(1e300)), -1);
  EXPECT_FALSE(compare_numbers(big, Value(std::nan(""))));
}

}  // namespace
}  // namespace sluice::jinja
