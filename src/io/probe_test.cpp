// Goal: the probe measures what it says, names what it cannot read, and its points lead to a
// sensible number of reads in flight. Method: a sparse file of 16 MiB and very short windows;
// made-up points for the choice. No test asks for a speed.
#include "io/probe.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <utility>

#include "support/sparse_files.hpp"

namespace sluice {
namespace {

class ProbeTest : public ::testing::Test {
 protected:
  ProbeOptions quick() const {
    ProbeOptions options;
    options.read_bytes = {4 * kKiB, 64 * kKiB, 100'000};
    options.in_flight = {1, 3};
    options.in_flight_compared = {2};
    options.seconds = 0.05;
    return options;
  }

  test::SparseFiles files_;
};

TEST_F(ProbeTest, MeasuresEveryCombination) {
  files_.add(16 * kMiB);
  files_.add(5);  // too small to be read from: left out
  size_t reported = 0;
  ProbeOptions options = quick();
  options.on_progress = [&](size_t done, size_t total) {
    EXPECT_EQ(done, ++reported);
    EXPECT_LE(done, total);
  };
  const auto result = probe_disk(files_.all(), options);
  ASSERT_TRUE(result) << result.error().message;
  const size_t readers = options.readers.size() - result->refused.size();
  ASSERT_GE(readers, 1u);
  EXPECT_EQ(result->points.size(), 6 + (readers - 1));
  EXPECT_GT(reported, 0u);
  uint64_t least = 0;
  for (const ProbePoint& point : result->points) {
    EXPECT_GT(point.bytes_per_second, 0);
    EXPECT_GT(point.latency_seconds, 0);
    EXPECT_GE(point.latency_high_seconds, point.latency_seconds);
    EXPECT_EQ(point.read_bytes % files_.all()[0].alignment(), 0u);
    least += point.read_bytes * (point.in_flight + 1);
  }
  EXPECT_GE(result->bytes_read, least);
}

TEST_F(ProbeTest, NothingToReadFrom) {
  files_.add(100);
  const auto result = probe_disk(files_.all(), quick());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::invalid);
}

TEST_F(ProbeTest, NamesAReadThatComesBackShort) {
  files_.add(kMiB);
  ASSERT_EQ(truncate(files_.all()[0].path().c_str(), 4096), 0);
  const auto result = probe_disk(files_.all(), quick());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::io);
  EXPECT_NE(result.error().message.find(files_.all()[0].path()), std::string::npos);
}

TEST_F(ProbeTest, StopsOnRequest) {
  files_.add(kMiB);
  const std::atomic<bool> cancel{true};
  ProbeOptions options = quick();
  options.cancel = &cancel;
  const auto result = probe_disk(files_.all(), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::cancelled);
}

TEST(ChooseReads, FewestThatComeClose) {
  const std::vector<ProbePoint> points = {
      {"uring", 128, 1, 50, 2, 3},     {"uring", 128, 4, 90, 2, 3},  {"uring", 128, 8, 100, 4, 5},
      {"uring", 2048, 1, 150, 8, 9},   {"uring", 2048, 4, 198, 9, 9},
      {"uring", 2048, 8, 200, 10, 12}, {"pread", 512, 1, 70, 1, 1}};
  EXPECT_EQ(choose_reads(points, "uring", 1).in_flight, 8u);
  EXPECT_EQ(choose_reads(points, "uring", 128).bytes_per_second, 100);
  EXPECT_EQ(choose_reads(points, "uring", 128).latency_seconds, 2);
  EXPECT_EQ(choose_reads(points, "uring", 2048).in_flight, 4u);
  EXPECT_EQ(choose_reads(points, "uring", 1 << 20).bytes_per_second, 198);
  const ReadChoice between = choose_reads(points, "uring", 512);  // half way in the logarithm
  EXPECT_EQ(between.in_flight, 8u);
  EXPECT_DOUBLE_EQ(between.bytes_per_second, 149);
  EXPECT_EQ(choose_reads(points, "pread", 512).in_flight, 1u);
  EXPECT_EQ(choose_reads(points, "other", 512).in_flight, 0u);
  EXPECT_EQ(choose_reads({}, "uring", 512).in_flight, 0u);
}

}  // namespace
}  // namespace sluice
