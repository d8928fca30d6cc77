#include "host/memory.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/bytes.hpp"
#include "host/pressure.hpp"

namespace sluice {

namespace {

// The number after `key` in a "Key: N kB" file, in bytes.
std::optional<uint64_t> read_kilobytes(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(key, 0) != 0) continue;
    return std::stoull(line.substr(key.size())) * kKiB;
  }
  return std::nullopt;
}

}  // namespace

MemoryLimits read_memory_limits(const std::string& root) {
  const PressureReading reading = PressureGauge(root).read();
  MemoryLimits limits;
  limits.machine_total = reading.machine_total.value_or(0);
  limits.machine_available = reading.machine_available.value_or(kGiB);
  limits.group_limit = reading.group_limit;
  limits.group_available = reading.group_available;
  return limits;
}

uint64_t default_memory_budget(const MemoryLimits& limits) {
  const uint64_t available =
      std::min(limits.machine_available, limits.group_available.value_or(limits.machine_available));
  return available - available / 10;
}

uint64_t peak_resident_bytes() {
  return read_kilobytes("/proc/self/status", "VmHWM:").value_or(0);
}

uint64_t resident_bytes() {
  return read_kilobytes("/proc/self/status", "VmRSS:").value_or(0);
}

}  // namespace sluice
