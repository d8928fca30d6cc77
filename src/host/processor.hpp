// The processor as people and measurements know it: its name, cores and caches, and what slows it.
// Threads: pure reads of /proc and /sys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct CacheLevel {
  std::string name;        ///< "L1d", "L2", "L3"
  uint64_t bytes = 0;      ///< of one instance
  uint64_t instances = 0;
};

/// What is not known is empty.
struct Processor {
  std::string name;                    ///< "AMD EPYC 9654"
  uint64_t logical = 0;                ///< processors that are online
  std::vector<CacheLevel> caches;
  std::optional<double> quota;         ///< processors that the control group allows
  std::string governor;                ///< of frequency: "powersave", "performance"
  std::optional<double> celsius;       ///< the hottest thermal zone
};

/// The name alone. `root` prefixes every path (tests give a made-up tree).
std::string processor_name(const std::string& root = "");
/// All of it.
Processor describe_processor(const std::string& root = "");

/// Processor time so far, in seconds: of everything that runs on the machine, or in its place
/// (stolen), but what has a lower priority; and of this process. Empty if the system does not tell.
struct ProcessorTime {
  double all = 0;
  double own = 0;
};
std::optional<ProcessorTime> read_processor_time(const std::string& root = "");

}  // namespace sluice
