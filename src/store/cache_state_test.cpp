// Goal: what one process knew reaches the next one whole or not at all.
// Method: every byte of a file damaged, every length cut, foreign models and policies; a folder
// that cannot be written.
#include "store/cache_state.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "store/store_rig.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

constexpr ModelIdentity kModel{1, 2};

std::vector<std::byte> some_knowledge() {
  std::vector<std::byte> bytes(100);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

TEST(CacheState, ComesBackFromItsFile) {
  const test::TemporaryFolder folder;
  const std::string path = cache_state_path(std::string(folder / "new/folder"), kModel, "hazard");
  EXPECT_FALSE((*read_cache_state(path, 1000)).has_value());
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(write_cache_state(path, encode_cache_state(kModel, "hazard", some_knowledge())));
    const auto file = read_cache_state(path, 1000);
    ASSERT_TRUE(file && *file);
    const auto knowledge = decode_cache_state(kModel, "hazard", **file);
    ASSERT_TRUE(knowledge);
    EXPECT_EQ(*knowledge, some_knowledge());
  }
  // Nothing else is left behind.
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "new/folder")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 1u);
}

TEST(CacheState, RefusesEveryDamagedByteAndLength) {
  const std::vector<std::byte> file = encode_cache_state(kModel, "hazard", some_knowledge());
  for (size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> damaged = file;
      damaged[i] ^= static_cast<std::byte>(1 << bit);
      EXPECT_FALSE(decode_cache_state(kModel, "hazard", damaged)) << i;
    }
    EXPECT_FALSE(decode_cache_state(kModel, "hazard", std::span(file).first(i))) << i;
  }
  std::vector<std::byte> longer = file;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_cache_state(kModel, "hazard", longer));
}

TEST(CacheState, RefusesOtherModelsAndPolicies) {
  const std::vector<std::byte> file = encode_cache_state(kModel, "lru", some_knowledge());
  EXPECT_TRUE(decode_cache_state(kModel, "lru", file));
  const auto model = decode_cache_state({1, 3}, "lru", file);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, Code::invalid);
  const auto policy = decode_cache_state(kModel, "hazard", file);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, Code::invalid);
}

TEST(CacheState, IdentityIsThatOfTheContentsNotOfThePath) {
  const StoreRig rig({.own_files = true});
  const StoreRig same({.own_files = true});
  EXPECT_EQ(identify(rig.catalog(), rig.files(), "a"), identify(same.catalog(), same.files(), "a"));
  EXPECT_NE(identify(rig.catalog(), rig.files(), "a"), identify(rig.catalog(), rig.files(), "b"));
  Catalog other = rig_catalog();
  other.add("more", 1, {{.bytes = 1}});
  EXPECT_NE(identify(rig.catalog(), rig.files(), "a"), identify(other, rig.files(), "a"));
}

TEST(CacheState, AFailedWriteIsAnErrorAndAnOversizedFileIsRefused) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto written =
      write_cache_state(std::string(folder / "file/below.state"), some_knowledge());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::io);
  std::filesystem::resize_file(folder / "file", 64u << 20);
  EXPECT_FALSE(read_cache_state(std::string(folder / "file"), 1000));
}

}  // namespace
}  // namespace sluice
