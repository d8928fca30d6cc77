// Goal: names of shards are taken apart and put together again, and nothing else is taken for one.
#include "formats/shard_name.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ShardName, RoundTrip) {
  const auto name = parse_shard_name("/models/a-b/Big-Q4-00002-of-00013.gguf");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->prefix, "/models/a-b/Big-Q4");
  EXPECT_EQ(name->number, 2u);
  EXPECT_EQ(name->count, 13u);
  EXPECT_EQ(format_shard_name(*name), "/models/a-b/Big-Q4-00002-of-00013.gguf");
}

TEST(ShardName, OtherNamesAreNone) {
  for (const char* path : {"", "x.gguf", "-of-.gguf", "x-0002-of-00013.gguf", "x-00002-of-00013",
                           "x-00002-of-0001a.gguf", "x-00000-of-00002.gguf",
                           "x-00003-of-00002.gguf", "x00001-of-00002.gguf",
                           "x-00001-to-00002.gguf", "00001-of-00002.gguf",
                           "x--0001-of-00002.gguf"}) {
    EXPECT_FALSE(parse_shard_name(path)) << path;
  }
}

}  // namespace
}  // namespace sluice
