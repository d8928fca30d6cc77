// Goal: text from a file cannot break a message: nothing unprintable, nothing endless.
#include "formats/quote.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(Quote, KeepsOrdinaryNames) {
  EXPECT_EQ(quote("blk.0.attn_q.weight"), "'blk.0.attn_q.weight'");
  EXPECT_EQ(quote(""), "''");
}

TEST(Quote, EscapesWhatIsNotPrintable) {
  EXPECT_EQ(quote("a\nb\x1b[2J"), "'a\\x0ab\\x1b[2J'");
  EXPECT_EQ(quote(std::string_view("\0\x7f\xff", 3)), "'\\x00\\x7f\\xff'");
  EXPECT_EQ(quote("it's \\"), "'it\\x27s \\x5c'");
}

TEST(Quote, CutsLongText) {
  EXPECT_EQ(quote(std::string(80, 'x')), "'" + std::string(80, 'x') + "'");
  EXPECT_EQ(quote(std::string(81, 'x')), "'" + std::string(80, 'x') + "...'");
}

}  // namespace
}  // namespace sluice
