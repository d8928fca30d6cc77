// Limits of the system and the process that decide what Sluice may do. Threads: pure reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

/// What is not known, or unlimited, is empty.
struct Limits {
  std::optional<uint64_t> locked_bytes;        ///< RLIMIT_MEMLOCK
  std::optional<uint64_t> open_files;          ///< RLIMIT_NOFILE
  std::optional<uint64_t> address_bytes;       ///< RLIMIT_AS
  std::optional<uint64_t> uring_disabled;      ///< sysctl kernel.io_uring_disabled: 0, 1, 2
  std::string huge_pages;                      ///< transparent: "always", "madvise", "never"
  uint64_t swap_bytes = 0;
};

/// `root` prefixes /proc and /sys (tests give a made-up tree); resource limits are the process's
/// own.
Limits read_limits(const std::string& root = "");

}  // namespace sluice
