// Goal: pressure is read from both versions of control groups, from the machine, and from systems
// that tell nothing; a changed file is seen by the next reading.
// Method: made-up /proc and /sys trees in a temporary folder.
#include "host/pressure.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/bytes.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

class PressureTest : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = folder_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  std::string root() const { return folder_ / ""; }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(PressureTest, NothingIsKnown) {
  const PressureReading reading = PressureGauge(root()).read();
  EXPECT_EQ(reading.machine_available, std::nullopt);
  EXPECT_EQ(reading.machine_stall_us, std::nullopt);
  EXPECT_EQ(reading.group_available, std::nullopt);
  EXPECT_EQ(reading.group_stall_us, std::nullopt);
}

TEST_F(PressureTest, VersionTwoFollowsChanges) {
  write("proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 1048576 kB\n");
  write("proc/pressure/memory",
        "some avg10=0.00 avg60=0.06 avg300=7.21 total=500\n"
        "full avg10=0.00 avg60=0.05 avg300=4.97 total=300\n");
  write("proc/self/cgroup", "0::/user/box\n");
  write("sys/fs/cgroup/memory.pressure", "some total=9\nfull total=8\n");
  write("sys/fs/cgroup/user/memory.max", "3221225472\n");
  write("sys/fs/cgroup/user/memory.current", "1073741824\n");
  write("sys/fs/cgroup/user/box/memory.max", "2147483648\n");
  write("sys/fs/cgroup/user/box/memory.current", "1073741824\n");
  write("sys/fs/cgroup/user/box/memory.stat", "anon 1\nfile 536870912\ninactive_file 7\n");
  write("sys/fs/cgroup/user/box/memory.pressure", "some total=20\nfull total=10\n");
  const PressureGauge gauge(root());
  PressureReading reading = gauge.read();
  EXPECT_EQ(reading.machine_total, 4 * kGiB);
  EXPECT_EQ(reading.machine_available, kGiB);
  EXPECT_EQ(reading.machine_stall_us, 300u);
  EXPECT_EQ(reading.group_limit, 2 * kGiB);
  EXPECT_EQ(reading.group_available, 2 * kGiB - kGiB / 2);
  EXPECT_EQ(reading.group_stall_us, 10u);

  write("sys/fs/cgroup/user/box/memory.max", "1073741824\n");
  write("sys/fs/cgroup/user/box/memory.pressure", "some total=21\nfull total=11\n");
  reading = gauge.read();
  EXPECT_EQ(reading.group_limit, kGiB);
  EXPECT_EQ(reading.group_available, kGiB - kGiB / 2);
  EXPECT_EQ(reading.group_stall_us, 11u);

  write("sys/fs/cgroup/user/box/memory.max", "max\n");
  EXPECT_EQ(gauge.read().group_available, 2 * kGiB);  // of the group above
}

TEST_F(PressureTest, AThrottleIsALimit) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "2147483648\n");
  write("sys/fs/cgroup/memory.high", "1073741824\n");
  write("sys/fs/cgroup/memory.current", "1048576\n");
  const PressureReading reading = PressureGauge(root()).read();
  EXPECT_EQ(reading.group_limit, kGiB);
  EXPECT_EQ(reading.group_available, kGiB - kMiB);
}

TEST_F(PressureTest, VersionOne) {
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/box\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
  write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "104857600\n");
  write("sys/fs/cgroup/memory/box/memory.stat", "cache 5\nrss 1\ntotal_cache 52428800\n");
  const PressureReading reading = PressureGauge(root()).read();
  EXPECT_EQ(reading.group_limit, kGiB);
  EXPECT_EQ(reading.group_available, kGiB - 50 * kMiB);
  EXPECT_EQ(reading.group_stall_us, std::nullopt);
}

TEST_F(PressureTest, MoreUsedThanAllowed) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "1048576\n");
  write("sys/fs/cgroup/memory.current", "2097152\n");
  EXPECT_EQ(PressureGauge(root()).read().group_available, 0u);
}

}  // namespace
}  // namespace sluice
