// Goal: lookups convert between integer widths where the value fits, and only there; a required
// value names key, value and bounds when it is wrong.
#include "formats/metadata.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace sluice {
namespace {

using ::testing::HasSubstr;

StringTable table(std::initializer_list<const char*> texts) {
  StringTable strings;
  for (const char* text : texts) strings.push_back(text);
  return strings;
}

Metadata sample() {
  Metadata metadata;
  metadata.insert("unsigned", uint64_t{7});
  metadata.insert("huge", std::numeric_limits<uint64_t>::max());
  metadata.insert("signed", int64_t{7});
  metadata.insert("negative", int64_t{-7});
  metadata.insert("real", 0.5);
  metadata.insert("flag", true);
  metadata.insert("text", std::string("abc"));
  metadata.insert("integers", std::vector<int64_t>{1, -2});
  metadata.insert("floats", std::vector<float>{1.5f});
  metadata.insert("doubles", std::vector<double>{2.5});
  metadata.insert("strings", table({"a", "", "bc"}));
  return metadata;
}

TEST(Metadata, IntegersOfEitherSignWhereTheyFit) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.unsigned_integer("unsigned"), 7u);
  EXPECT_EQ(metadata.unsigned_integer("signed"), 7u);
  EXPECT_EQ(metadata.unsigned_integer("huge"), std::numeric_limits<uint64_t>::max());
  EXPECT_FALSE(metadata.unsigned_integer("negative"));
  EXPECT_EQ(metadata.signed_integer("unsigned"), 7);
  EXPECT_EQ(metadata.signed_integer("negative"), -7);
  EXPECT_FALSE(metadata.signed_integer("huge"));
  for (const char* key : {"real", "flag", "text", "integers", "strings", "absent"}) {
    EXPECT_FALSE(metadata.unsigned_integer(key)) << key;
    EXPECT_FALSE(metadata.signed_integer(key)) << key;
  }
}

TEST(Metadata, RealsAcceptIntegers) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.real("real"), 0.5);
  EXPECT_EQ(metadata.real("unsigned"), 7.0);
  EXPECT_EQ(metadata.real("negative"), -7.0);
  for (const char* key : {"flag", "text", "floats", "absent"}) {
    EXPECT_FALSE(metadata.real(key)) << key;
  }
}

TEST(Metadata, OtherKindsOnlyAsThemselves) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.boolean("flag"), true);
  EXPECT_FALSE(metadata.boolean("unsigned"));
  EXPECT_EQ(metadata.text("text"), "abc");
  EXPECT_FALSE(metadata.text("strings"));
  ASSERT_NE(metadata.integers("integers"), nullptr);
  EXPECT_EQ(*metadata.integers("integers"), (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(metadata.integers("floats"), nullptr);
  ASSERT_NE(metadata.reals("floats"), nullptr);
  EXPECT_EQ(metadata.reals("floats")->at(0), 1.5f);
  EXPECT_EQ(metadata.reals("doubles"), nullptr);
  ASSERT_NE(metadata.strings("strings"), nullptr);
  EXPECT_EQ((*metadata.strings("strings"))[2], "bc");
  EXPECT_EQ(metadata.strings("text"), nullptr);
  EXPECT_TRUE(metadata.contains("doubles"));
  EXPECT_FALSE(metadata.contains("absent"));
}

TEST(Metadata, InsertKeepsTheFirst) {
  Metadata metadata = sample();
  EXPECT_FALSE(metadata.insert("unsigned", uint64_t{8}));
  EXPECT_EQ(metadata.unsigned_integer("unsigned"), 7u);
  EXPECT_EQ(metadata.all().size(), 11u);
}

TEST(Metadata, RequireNamesKeyValueAndBounds) {
  const Metadata metadata = sample();
  const auto good = metadata.require("unsigned", 1, 7);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 7u);
  const auto message = [&](std::string_view key, uint64_t low, uint64_t high) {
    const auto value = metadata.require(key, low, high);
    if (value) return std::string("no error");
    EXPECT_EQ(value.error().code, Code::corrupt);
    return value.error().message;
  };
  EXPECT_EQ(message("unsigned", 8, 9),
            "metadata key 'unsigned' is 7; it must be an integer from 8 to 9");
  EXPECT_EQ(message("unsigned", 3, 3), "metadata key 'unsigned' is 7; it must be 3");
  EXPECT_THAT(message("negative", 0, 9), HasSubstr("'negative' is -7;"));
  EXPECT_THAT(message("text", 0, 9), HasSubstr("'text' is not an integer"));
  EXPECT_THAT(message("absent", 0, 9), HasSubstr("'absent' is missing"));
}

TEST(Metadata, TakingStringsRemovesTheKey) {
  Metadata metadata = sample();
  EXPECT_TRUE(metadata.take_strings("absent").empty());
  EXPECT_TRUE(metadata.take_strings("text").empty());
  EXPECT_TRUE(metadata.contains("text"));
  const StringTable taken = metadata.take_strings("strings");
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0], "a");
  EXPECT_FALSE(metadata.contains("strings"));
  EXPECT_TRUE(metadata.take_strings("strings").empty());
}

}  // namespace
}  // namespace sluice
