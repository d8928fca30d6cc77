#include "host/memory.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/bytes.hpp"

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

// A file that holds one number; "max" and version 1's huge default mean no limit.
std::optional<uint64_t> read_number(const std::string& path) {
  std::ifstream file(path);
  uint64_t value = 0;
  if (!(file >> value) || value >= (uint64_t{1} << 60)) return std::nullopt;
  return value;
}

// The value of one "name N" line.
uint64_t read_statistic(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string key;
  uint64_t value = 0;
  while (file >> key >> value) {
    if (key == name) return value;
  }
  return 0;
}

struct Hierarchy {
  std::string mount;     // directory of the root group
  std::string path;      // of this process below it, "/" or "/a/b"
  const char* limit;     // file names
  const char* usage;
  const char* cache_statistic;  // in memory.stat: page cache of the group and its children
};

std::optional<Hierarchy> find_hierarchy(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  std::string line;
  std::optional<Hierarchy> unified;
  while (std::getline(file, line)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      return Hierarchy{root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes",
                       "memory.usage_in_bytes", "total_cache"};
    }
    if (controllers.empty()) {
      unified = Hierarchy{root + "/sys/fs/cgroup", path, "memory.max", "memory.current", "file"};
    }
  }
  return unified;
}

}  // namespace

MemoryLimits read_memory_limits(const std::string& root) {
  MemoryLimits limits;
  limits.machine_available =
      read_kilobytes(root + "/proc/meminfo", "MemAvailable:").value_or(kGiB);
  const auto hierarchy = find_hierarchy(root);
  if (!hierarchy) return limits;
  // Inside a container the path may name a group that is not visible; the mount's own files then
  // describe the container's group.
  std::string path = hierarchy->path == "/" ? "" : hierarchy->path;
  for (;;) {
    const std::string directory = hierarchy->mount + path + "/";
    if (const auto limit = read_number(directory + hierarchy->limit)) {
      const uint64_t usage = read_number(directory + hierarchy->usage).value_or(0);
      const uint64_t cache = read_statistic(directory + "memory.stat", hierarchy->cache_statistic);
      const uint64_t used = usage - std::min(usage, cache);
      const uint64_t available = *limit - std::min(*limit, used);
      limits.group_limit = std::min(limits.group_limit.value_or(*limit), *limit);
      limits.group_available = std::min(limits.group_available.value_or(available), available);
    }
    if (path.empty()) return limits;
    path.resize(path.rfind('/'));
  }
}

uint64_t default_memory_budget(const MemoryLimits& limits) {
  const uint64_t available =
      std::min(limits.machine_available, limits.group_available.value_or(limits.machine_available));
  return available - available / 10;
}

uint64_t peak_resident_bytes() {
  return read_kilobytes("/proc/self/status", "VmHWM:").value_or(0);
}

}  // namespace sluice
