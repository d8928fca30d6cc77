// How tight memory is right now: what machine and control group (version 1 or 2) still have, and
// how long tasks have stalled for want of memory (PSI). Made to be asked often: the files stay
// open, a reading takes some tens of microseconds and allocates nothing. Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// What the system does not tell is empty.
struct PressureReading {
  std::optional<uint64_t> machine_total;
  std::optional<uint64_t> machine_available;  ///< /proc/meminfo MemAvailable
  /// The tightest limit on the path to the root group; version 2's memory.high counts as one.
  std::optional<uint64_t> group_limit;
  /// The smallest limit minus use; page cache counts as free.
  std::optional<uint64_t> group_available;
  /// Microseconds so far in which every task of the machine, or of this group, that could have run
  /// waited for memory ("full").
  std::optional<uint64_t> machine_stall_us;
  std::optional<uint64_t> group_stall_us;
};

class PressureGauge {
 public:
  /// Finds the files. `root` prefixes every path (tests give a made-up tree).
  explicit PressureGauge(const std::string& root = "");
  PressureGauge(PressureGauge&& other) noexcept = default;
  PressureGauge& operator=(PressureGauge&& other) noexcept = default;

  PressureReading read() const;

 private:
  // An open file of /proc or /sys that is read again and again from its beginning.
  class Source {
   public:
    Source() = default;
    explicit Source(const std::string& path);
    Source(Source&& other) noexcept;
    Source& operator=(Source&& other) noexcept;
    ~Source();
    /// As much of the file as `buffer` holds; empty if it cannot be read.
    std::string_view read(char* buffer, size_t size) const;

   private:
    int descriptor_ = -1;
  };
  struct Level {           // a group on the path from ours to the root
    Source limit, throttle, usage, statistics, stalls;
  };

  void find_levels(const std::string& root);
  void read_level(const Level& level, PressureReading& reading) const;

  Source memory_;          // /proc/meminfo
  Source stalls_;          // /proc/pressure/memory
  std::vector<Level> levels_;
  const char* cache_statistic_ = "";  // in memory.stat: page cache of the group and its children
};

}  // namespace sluice
