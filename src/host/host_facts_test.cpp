// Goal: facts about disks, processors and limits are found in what kernels really write, and their
// absence is an absence, not an error.
// Method: made-up /proc and /sys trees; and the real system, where only plausibility is asked.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.hpp"
#include "host/limits.hpp"
#include "host/processor.hpp"
#include "host/storage.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

class HostFactsTest : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = folder_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  void link(const std::string& path, const std::string& target) {
    const std::filesystem::path full = folder_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::filesystem::create_symlink(folder_ / target, full);
  }
  std::string root() const { return folder_ / ""; }

 private:
  test::TemporaryFolder folder_;
};

constexpr const char* kMounts =
    "27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
    "28 27 0:40 /@home /home\\040two rw shared:2 master:1 - btrfs /dev/sda rw,subvol=/@home\n"
    "29 27 0:25 / /tmp rw - tmpfs tmpfs rw\n";

TEST_F(HostFactsTest, PartitionOfADisk) {
  write("proc/self/mountinfo", kMounts);
  const std::string disk = "sys/devices/pci/nvme0n1";
  write(disk + "/queue/rotational", "0\n");
  write(disk + "/queue/scheduler", "[none] mq-deadline kyber\n");
  write(disk + "/queue/max_sectors_kb", "512\n");
  write(disk + "/queue/nr_requests", "1023\n");
  write(disk + "/device/model", "Fast Disk 9000       \n");
  write(disk + "/nvme0n1p2/partition", "2\n");
  link("sys/dev/block/259:2", disk + "/nvme0n1p2");
  const Storage storage = describe_device(259, 2, root());
  EXPECT_EQ(storage.filesystem, "ext4");
  EXPECT_EQ(storage.mount, "/");
  EXPECT_EQ(storage.device, "nvme0n1");
  EXPECT_EQ(storage.model, "Fast Disk 9000");
  EXPECT_EQ(storage.rotational, false);
  EXPECT_EQ(storage.scheduler, "none");
  EXPECT_EQ(storage.request_bytes_max, 512 * kKiB);
  EXPECT_EQ(storage.requests_max, 1023u);
}

TEST_F(HostFactsTest, FileSystemWithANumberOfItsOwn) {
  write("proc/self/mountinfo", kMounts);
  write("sys/devices/usb/sda/queue/rotational", "1\n");
  write("sys/devices/usb/sda/stat", " 10 2 4096 7 1 1 1 1 0 1 1\n");
  link("sys/class/block/sda", "sys/devices/usb/sda");
  const Storage storage = describe_device(0, 40, root());
  EXPECT_EQ(storage.filesystem, "btrfs");
  EXPECT_EQ(storage.mount, "/home two");
  EXPECT_EQ(storage.device, "sda");
  EXPECT_EQ(storage.rotational, true);
  EXPECT_EQ(device_bytes_read("sda", root()), 4096u * 512);
}

TEST_F(HostFactsTest, NoDeviceAtAll) {
  write("proc/self/mountinfo", kMounts);
  const Storage storage = describe_device(0, 25, root());
  EXPECT_EQ(storage.filesystem, "tmpfs");
  EXPECT_EQ(storage.device, "");
  EXPECT_EQ(storage.rotational, std::nullopt);
  EXPECT_EQ(device_bytes_read("", root()), std::nullopt);
  EXPECT_EQ(describe_device(7, 7, root()).filesystem, "");
}

TEST_F(HostFactsTest, BytesOfThisProcess) {
  EXPECT_EQ(process_device_bytes(root()), std::nullopt);
  write("proc/self/io", "rchar: 12\nwchar: 5\nread_bytes: 8192\nwrite_bytes: 0\n");
  EXPECT_EQ(process_device_bytes(root()), 8192u);
}

TEST_F(HostFactsTest, ProcessorsAndCaches) {
  write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: x\n");
  for (const std::string cpu : {"cpu0", "cpu1"}) {
    const std::string folder = "sys/devices/system/cpu/" + cpu + "/cache/";
    const auto cache = [&](const std::string& index, const std::string& level,
                           const std::string& type, const std::string& size,
                           const std::string& shared) {
      write(folder + index + "/level", level + "\n");
      write(folder + index + "/type", type + "\n");
      write(folder + index + "/size", size + "\n");
      write(folder + index + "/shared_cpu_list", shared + "\n");
    };
    const std::string own = cpu.substr(3);
    cache("index0", "1", "Data", "32K", own);
    cache("index1", "1", "Instruction", "32K", own);
    cache("index2", "2", "Unified", "1024K", own);
    cache("index3", "3", "Unified", "32M", "0-1");
  }
  write("sys/class/thermal/thermal_zone0/temp", "45000\n");
  write("sys/class/thermal/thermal_zone1/temp", "61500\n");
  write("proc/self/cgroup", "0::/box\n");
  write("sys/fs/cgroup/box/cpu.max", "150000 100000\n");
  const Processor processor = describe_processor(root());
  EXPECT_EQ(processor.name, "Some CPU @ 3 GHz");
  EXPECT_EQ(processor.logical, 2u);
  ASSERT_EQ(processor.caches.size(), 3u);
  EXPECT_EQ(processor.caches[0].name, "L1d");
  EXPECT_EQ(processor.caches[0].bytes, 32 * kKiB);
  EXPECT_EQ(processor.caches[0].instances, 2u);
  EXPECT_EQ(processor.caches[2].name, "L3");
  EXPECT_EQ(processor.caches[2].bytes, 32 * kMiB);
  EXPECT_EQ(processor.caches[2].instances, 1u);
  EXPECT_EQ(processor.quota, 1.5);
  EXPECT_EQ(processor.celsius, 61.5);
}

TEST_F(HostFactsTest, LimitsOfTheSystem) {
  write("proc/sys/kernel/io_uring_disabled", "2\n");
  write("proc/meminfo", "MemTotal: 100 kB\nSwapTotal: 2048 kB\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  const Limits limits = read_limits(root());
  EXPECT_EQ(limits.uring_disabled, 2u);
  EXPECT_EQ(limits.swap_bytes, 2 * kMiB);
  EXPECT_EQ(limits.huge_pages, "madvise");
}

TEST(HostFacts, OfThisSystem) {
  const auto storage = describe_storage(::testing::TempDir());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_FALSE(storage->id.text().empty());
  EXPECT_GE(describe_processor().logical, 1u);
  EXPECT_FALSE(describe_storage("/no/such/path"));
}

}  // namespace
}  // namespace sluice
