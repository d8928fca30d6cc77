// What a file lies on: the file system and the block device below it, as the kernel describes them,
// and the kernel's own count of what was read. Threads: pure reads of /proc and /sys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// What names a disk in a way that outlives paths: the device and its file system.
struct StorageId {
  uint32_t major = 0;
  uint32_t minor = 0;
  uint64_t filesystem = 0;  ///< statfs f_fsid

  /// "254-0-ed3f2ec11878094c".
  std::string text() const;
};

/// What is not known is empty.
struct Storage {
  StorageId id;
  std::string filesystem;    ///< "ext4"
  std::string mount;         ///< where it is mounted
  std::string device;        ///< "nvme0n1"; of a partition, the whole disk
  std::string model;         ///< the vendor's name of the disk
  std::string backing_file;  ///< of a loop device
  std::optional<bool> rotational;
  std::string scheduler;     ///< "none", "mq-deadline"
  std::optional<uint64_t> request_bytes_max;
  std::optional<uint64_t> requests_max;  ///< nr_requests
};

/// The storage below a path. `root` prefixes /proc and /sys (tests give a made-up tree).
/// Errors: io (the path does not exist).
Result<Storage> describe_storage(const std::string& path, const std::string& root = "");
/// The same by device number: fills everything but id.filesystem.
Storage describe_device(uint32_t major, uint32_t minor, const std::string& root = "");

/// Bytes that this process has had fetched from block devices so far (/proc/self/io read_bytes):
/// reads served by the page cache do not count.
std::optional<uint64_t> process_device_bytes(const std::string& root = "");
/// Bytes that anybody has read from the whole device so far (/sys/block/NAME/stat).
std::optional<uint64_t> device_bytes_read(const std::string& device, const std::string& root = "");

}  // namespace sluice
