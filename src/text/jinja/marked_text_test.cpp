// Goal: marks follow their bytes through every way of taking text apart and putting it together.
// Method: small examples, and random pieces against an array of flags.
#include "text/jinja/marked_text.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::jinja {
namespace {

// 'd' for data, '-' for the rest.
std::string flags_of(const MarkedText& text) {
  std::string flags(text.size(), '-');
  for (const Span& span : text.data())
    for (size_t i = span.begin; i < span.end; ++i) flags[i] = 'd';
  return flags;
}

TEST(MarkedText, AppendsAndSlices) {
  MarkedText text("ab");
  text.append("cd", true);
  text.append("ef", true);
  text.append("", true);
  text.append("g", false);
  EXPECT_EQ(text.bytes(), "abcdefg");
  EXPECT_EQ(flags_of(text), "--dddd-");
  EXPECT_EQ(text.data().size(), 1u);
  const MarkedText part = text.slice(1, 4);
  EXPECT_EQ(part.bytes(), "bcd");
  EXPECT_EQ(flags_of(part), "-dd");
  EXPECT_TRUE(text.slice(6, 7).data().empty());
  EXPECT_TRUE(text.is_data(5));
  EXPECT_FALSE(text.is_data(6));
}

TEST(MarkedText, EqualsAnArrayOfFlags) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    MarkedText text;
    std::string bytes;
    std::string flags;
    for (int step = 0; step < 20; ++step) {
      const auto size = static_cast<size_t>(random.next() % 4);
      const bool data = random.next() % 2 == 0;
      if (random.next() % 3 == 0 && !text.empty()) {
        const size_t begin = random.next() % text.size();
        const size_t end = begin + random.next() % (text.size() - begin + 1);
        const MarkedText copy = text;
        text.append(copy, begin, end);
        bytes += bytes.substr(begin, end - begin);
        flags += flags.substr(begin, end - begin);
      } else {
        text.append(std::string(size, 'x'), data);
        bytes += std::string(size, 'x');
        flags += std::string(size, data ? 'd' : '-');
      }
    }
    ASSERT_EQ(text.bytes(), bytes);
    ASSERT_EQ(flags_of(text), flags);
    for (size_t i = 0; i < flags.size(); ++i) ASSERT_EQ(text.is_data(i), flags[i] == 'd');
    for (size_t i = 1; i < text.data().size(); ++i)
      ASSERT_LT(text.data()[i - 1].end, text.data()[i].begin);
  }
}

}  // namespace
}  // namespace sluice::jinja
