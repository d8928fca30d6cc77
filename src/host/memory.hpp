// What memory the machine and the control group of this process can give, and what the process has
// used. Threads: pure reads of /proc and /sys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

struct MemoryLimits {
  uint64_t machine_total = 0;               ///< /proc/meminfo MemTotal; 0: unknown
  uint64_t machine_available = 0;           ///< /proc/meminfo MemAvailable
  std::optional<uint64_t> group_limit;      ///< the tightest limit on the path to the root group
  /// The smallest limit minus what is used; page cache counts as free.
  std::optional<uint64_t> group_available;
};

/// Reads the limits. `root` prefixes every path (tests give a made-up tree); "" is the real system.
MemoryLimits read_memory_limits(const std::string& root = "");

/// Bytes a process may reasonably plan with: the smaller of machine and group, less a tenth for
/// everything else that happens on the machine.
uint64_t default_memory_budget(const MemoryLimits& limits);

/// Largest resident set of this process so far, as the kernel counts it (VmHWM).
uint64_t peak_resident_bytes();
/// What of this process is resident now.
uint64_t resident_bytes();

}  // namespace sluice
