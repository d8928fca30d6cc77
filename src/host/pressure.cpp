#include "host/pressure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/bytes.hpp"
#include "host/text_file.hpp"

namespace sluice {

namespace {

constexpr size_t kTextBytes = 8192;  // memory.stat is the longest, at about 3 KiB
// Version 1 writes a huge number for "no limit", version 2 the word "max".
constexpr uint64_t kUnlimited = uint64_t{1} << 60;

// The number after `key` where that begins a line.
std::optional<uint64_t> number_after(std::string_view text, std::string_view key) {
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return parse_number(text.substr(at + key.size()));
  }
  return std::nullopt;
}

std::optional<uint64_t> kilobytes_after(std::string_view text, std::string_view key) {
  const auto value = number_after(text, key);
  return value ? std::optional(*value * kKiB) : std::nullopt;
}

// "full avg10=0.00 avg60=0.05 avg300=4.97 total=110404956"; source: the kernel's psi.rst.
std::optional<uint64_t> full_stall(std::string_view text) {
  const size_t line = text.find("full ");
  if (line == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kTotal = "total=";
  const size_t total = text.find(kTotal, line);
  if (total == std::string_view::npos) return std::nullopt;
  return parse_number(text.substr(total + kTotal.size()));
}

struct Hierarchy {
  std::string mount;     // directory of the root group
  std::string path;      // of this process below it, "/" or "/a/b"
  const char* limit;     // file names
  const char* throttle;  // a limit that slows down instead of killing; none in version 1
  const char* usage;
  const char* cache_statistic;
};

std::optional<Hierarchy> find_hierarchy(const std::string& root) {
  std::istringstream lines(read_text(root + "/proc/self/cgroup").value_or(""));
  std::optional<Hierarchy> unified;
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      return Hierarchy{root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes",
                       "", "memory.usage_in_bytes", "total_cache "};
    }
    if (controllers.empty()) {
      unified = Hierarchy{root + "/sys/fs/cgroup", path, "memory.max", "memory.high",
                          "memory.current", "file "};
    }
  }
  return unified;
}

}  // namespace

PressureGauge::Source::Source(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

PressureGauge::Source::Source(Source&& other) noexcept { *this = std::move(other); }

PressureGauge::Source& PressureGauge::Source::operator=(Source&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PressureGauge::Source::~Source() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string_view PressureGauge::Source::read(char* buffer, size_t size) const {
  if (descriptor_ < 0) return {};
  size_t length = 0;
  while (length < size) {
    const ssize_t got = pread(descriptor_, buffer + length, size - length,
                              static_cast<off_t>(length));
    if (got <= 0) break;
    length += static_cast<size_t>(got);
  }
  return {buffer, length};
}

PressureGauge::PressureGauge(const std::string& root)
    : memory_(root + "/proc/meminfo"), stalls_(root + "/proc/pressure/memory") {
  find_levels(root);
}

void PressureGauge::find_levels(const std::string& root) {
  const auto hierarchy = find_hierarchy(root);
  if (!hierarchy) return;
  cache_statistic_ = hierarchy->cache_statistic;
  // Inside a container the path may name a group that is not visible; the mount's own files then
  // describe the container's group.
  std::string path = hierarchy->path == "/" ? "" : hierarchy->path;
  for (;;) {
    const std::string folder = hierarchy->mount + path + "/";
    Level level;
    level.limit = Source(folder + hierarchy->limit);
    if (*hierarchy->throttle != '\0') level.throttle = Source(folder + hierarchy->throttle);
    level.usage = Source(folder + hierarchy->usage);
    level.statistics = Source(folder + "memory.stat");
    level.stalls = Source(folder + "memory.pressure");
    levels_.push_back(std::move(level));
    if (path.empty()) return;
    path.resize(path.rfind('/'));
  }
}

void PressureGauge::read_level(const Level& level, PressureReading& reading) const {
  char buffer[kTextBytes];
  // The innermost group that tells is our own: an outer one also counts strangers' stalls.
  if (!reading.group_stall_us) {
    reading.group_stall_us = full_stall(level.stalls.read(buffer, sizeof buffer));
  }
  const auto hard = parse_number(level.limit.read(buffer, sizeof buffer)).value_or(kUnlimited);
  const auto soft = parse_number(level.throttle.read(buffer, sizeof buffer)).value_or(kUnlimited);
  const uint64_t limit = std::min(hard, soft);
  if (limit >= kUnlimited) return;
  const uint64_t usage = parse_number(level.usage.read(buffer, sizeof buffer)).value_or(0);
  const uint64_t cache =
      number_after(level.statistics.read(buffer, sizeof buffer), cache_statistic_).value_or(0);
  const uint64_t used = usage - std::min(usage, cache);
  const uint64_t available = limit - std::min(limit, used);
  reading.group_limit = std::min(reading.group_limit.value_or(limit), limit);
  reading.group_available = std::min(reading.group_available.value_or(available), available);
}

PressureReading PressureGauge::read() const {
  PressureReading reading;
  char buffer[kTextBytes];
  const std::string_view memory = memory_.read(buffer, sizeof buffer);
  reading.machine_total = kilobytes_after(memory, "MemTotal:");
  reading.machine_available = kilobytes_after(memory, "MemAvailable:");
  reading.machine_stall_us = full_stall(stalls_.read(buffer, sizeof buffer));
  for (const Level& level : levels_) read_level(level, reading);
  return reading;
}

}  // namespace sluice
