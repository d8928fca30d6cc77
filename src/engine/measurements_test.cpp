// Goal: what was measured comes back the same; a damaged, cut or strange file counts as absent.
// Method: round trips through text and through a folder; every byte changed, every length cut.
#include "engine/measurements.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

std::vector<ProbePoint> points() {
  return {{"uring", 884736, 4, 1.25e9, 0.00325, 0.0101}, {"pread", 4096, 1, 1.0 / 3, 1e-5, 2e-5}};
}

TEST(Measurements, TextComesBackTheSame) {
  const auto back = parse_disk(format_disk(points()));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ(format_disk(*back), format_disk(points()));
  EXPECT_EQ((*back)[0].reader, "uring");
  EXPECT_EQ((*back)[1].bytes_per_second, 1.0 / 3);
  const auto rates = parse_processor(format_processor({{"Q4_K", 1.1e10}}));
  ASSERT_TRUE(rates);
  EXPECT_EQ(rates->at(0).type, "Q4_K");
  EXPECT_EQ(rates->at(0).bytes_per_second, 1.1e10);
  EXPECT_FALSE(parse_processor(format_disk(points())));
}

TEST(Measurements, DamageIsSeen) {
  const std::string text = format_disk(points());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(parse_disk(damaged)) << i;
    EXPECT_FALSE(parse_disk(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(parse_disk(text + "x"));
  // Well sealed, but nothing a disk can do.
  EXPECT_FALSE(parse_disk(format_disk({{"uring", 4096, 1, 0, 1, 1}})));
  EXPECT_FALSE(parse_disk(format_disk({{"uring", 0, 1, 1, 1, 1}})));
  EXPECT_FALSE(parse_processor(format_processor({{"Q4_K", -1}})));
}

TEST(Measurements, FolderRemembersByDevice) {
  const test::TemporaryFolder folder;
  const Measurements measurements(folder / "new/deep");
  const StorageId one{8, 1, 77};
  const StorageId other{8, 1, 78};
  EXPECT_FALSE(measurements.disk(one));
  ASSERT_TRUE(measurements.remember(one, points()));
  ASSERT_TRUE(measurements.disk(one));
  EXPECT_EQ(measurements.disk(one)->size(), 2u);
  EXPECT_FALSE(measurements.disk(other));
  ASSERT_TRUE(measurements.remember(one, {points()[0]}));
  EXPECT_EQ(measurements.disk(one)->size(), 1u);
}

TEST(Measurements, FolderRemembersByProcessor) {
  const test::TemporaryFolder folder;
  const Measurements measurements(folder / "x");
  ASSERT_TRUE(measurements.remember(ProcessorKey{"cpu", "avx2", 2}, {{"Q8_0", 2e10}}));
  EXPECT_TRUE(measurements.processor({"cpu", "avx2", 2}));
  EXPECT_FALSE(measurements.processor({"cpu", "avx2", 4}));
  EXPECT_FALSE(measurements.processor({"cpu", "scalar", 2}));
}

TEST(Measurements, FolderRemembersWhatDiskAndProcessorLeaveEachOther) {
  const auto back = parse_contention(format_contention({0.6, 1.5e9}));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->compute_share, 0.6);
  EXPECT_EQ(back->bytes_per_second, 1.5e9);
  EXPECT_FALSE(parse_contention(format_contention({0, 1.5e9})));
  EXPECT_FALSE(parse_contention(format_contention({1.5, 1.5e9})));
  EXPECT_FALSE(parse_contention(format_contention({0.5, 0})));
  EXPECT_FALSE(parse_contention(format_disk(points())));
  const test::TemporaryFolder folder;
  const Measurements measurements(folder / "x");
  const ProcessorKey key{"cpu", "avx2", 2};
  ASSERT_TRUE(measurements.remember(StorageId{8, 1, 77}, key, {0.7, 2e9}));
  ASSERT_TRUE(measurements.contention({8, 1, 77}, key));
  EXPECT_EQ(measurements.contention({8, 1, 77}, key)->compute_share, 0.7);
  EXPECT_FALSE(measurements.contention({8, 1, 78}, key));
  EXPECT_FALSE(measurements.contention({8, 1, 77}, {"cpu", "avx2", 4}));
}

TEST(Measurements, WithoutAFolderNothingIsRemembered) {
  const Measurements nowhere("");
  EXPECT_TRUE(nowhere.remember(StorageId{1, 2, 3}, points()));
  EXPECT_FALSE(nowhere.disk(StorageId{1, 2, 3}));
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const Measurements blocked(folder / "file");
  const auto result = blocked.remember(StorageId{1, 2, 3}, points());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::io);
}

}  // namespace
}  // namespace sluice
