// Goal: limits are found in both versions of control groups, nested, absent or unlimited.
// Method: made-up /proc and /sys trees in a temporary folder.
#include "host/memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.hpp"

namespace sluice {
namespace {

class MemoryLimitsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(::testing::TempDir()) /
            ("sluice-memory-" +
             std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(root_);
    write("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 8388608 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::filesystem::path root_;
};

TEST_F(MemoryLimitsTest, WithoutGroups) {
  const MemoryLimits limits = read_memory_limits(root_.string());
  EXPECT_EQ(limits.machine_available, 8 * kGiB);
  EXPECT_FALSE(limits.group_limit);
  EXPECT_EQ(default_memory_budget(limits), 8 * kGiB - 8 * kGiB / 10);
}

TEST_F(MemoryLimitsTest, VersionTwoTakesTheTightestAncestor) {
  write("proc/self/cgroup", "0::/user/session\n");
  write("sys/fs/cgroup/user/memory.max", "2147483648\n");
  write("sys/fs/cgroup/user/memory.current", "1073741824\n");
  write("sys/fs/cgroup/user/memory.stat", "anon 1\nfile 536870912\n");
  write("sys/fs/cgroup/user/session/memory.max", "max\n");
  const MemoryLimits limits = read_memory_limits(root_.string());
  EXPECT_EQ(limits.group_limit, 2 * kGiB);
  EXPECT_EQ(limits.group_available, 2 * kGiB - kGiB / 2);  // page cache gives way
}

TEST_F(MemoryLimitsTest, VersionOneUnlimitedAndLimited) {
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/box\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
  write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "104857600\n");
  const MemoryLimits limits = read_memory_limits(root_.string());
  EXPECT_EQ(limits.group_limit, kGiB);
  EXPECT_EQ(limits.group_available, kGiB - 100 * kMiB);
}

TEST(PeakResident, IsCounted) { EXPECT_GT(peak_resident_bytes(), 100 * kKiB); }

}  // namespace
}  // namespace sluice
