#include "host/processor.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/bytes.hpp"
#include "host/text_file.hpp"

namespace sluice {

namespace {

namespace fs = std::filesystem;

// Folders PREFIX0, PREFIX1, ... below `parent`, in order of their number.
std::vector<std::string> numbered_folders(const std::string& parent, const std::string& prefix) {
  std::vector<std::pair<uint64_t, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string digits = name.substr(prefix.size());
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    found.emplace_back(parse_number(digits).value_or(0), entry->path());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> folders;
  for (auto& [number, path] : found) folders.push_back(std::move(path));
  return folders;
}

uint64_t parse_cache_size(const std::string& text) {
  const uint64_t number = parse_number(text).value_or(0);
  if (text.find('M') != std::string::npos) return number * kMiB;
  return text.find('K') != std::string::npos ? number * kKiB : number;
}

std::vector<CacheLevel> read_caches(const std::string& root) {
  std::vector<CacheLevel> caches;
  std::set<std::string> seen;  // name and the processors that share it
  for (const std::string& cpu : numbered_folders(root + "/sys/devices/system/cpu", "cpu")) {
    for (const std::string& index : numbered_folders(cpu + "/cache", "index")) {
      const std::string type = read_text(index + "/type").value_or("");
      if (type == "Instruction") continue;
      const std::string name =
          "L" + read_text(index + "/level").value_or("?") + (type == "Data" ? "d" : "");
      const std::string shared = read_text(index + "/shared_cpu_list").value_or(cpu);
      if (!seen.insert(name + " " + shared).second) continue;
      const auto known = std::find_if(caches.begin(), caches.end(),
                                      [&](const CacheLevel& c) { return c.name == name; });
      if (known != caches.end()) {
        ++known->instances;
      } else {
        caches.push_back({name, parse_cache_size(read_text(index + "/size").value_or("")), 1});
      }
    }
  }
  return caches;
}

// Control groups, version 2 and 1. Only the group that is visible as the root or by its path.
std::optional<double> read_quota(const std::string& root) {
  const auto groups = read_text(root + "/proc/self/cgroup").value_or("");
  std::optional<double> tightest;
  const auto take = [&](double processors) {
    tightest = std::min(tightest.value_or(processors), processors);
  };
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    for (const std::string& path : {line.substr(second + 1), std::string()}) {
      if (controllers == ",,") {
        std::istringstream limit(
            read_text(root + "/sys/fs/cgroup" + path + "/cpu.max").value_or(""));
        double quota = 0;
        double period = 0;
        if (limit >> quota >> period && period > 0) take(quota / period);
      } else if (controllers.find(",cpu,") != std::string::npos) {
        const std::string folder = root + "/sys/fs/cgroup/cpu" + path;
        const auto quota = read_number(folder + "/cpu.cfs_quota_us");  // -1 is no number
        const auto period = read_number(folder + "/cpu.cfs_period_us");
        if (quota && period && *period > 0) {
          take(static_cast<double>(*quota) / static_cast<double>(*period));
        }
      }
    }
  }
  return tightest;
}

std::string find_name(const std::string& info) {
  for (const char* key : {"model name", "Model", "Hardware"}) {
    if (auto name = find_line(info, key)) return *std::move(name);
  }
  return "";
}

}  // namespace

std::string processor_name(const std::string& root) {
  return find_name(read_text(root + "/proc/cpuinfo").value_or(""));
}

Processor describe_processor(const std::string& root) {
  Processor processor;
  const std::string info = read_text(root + "/proc/cpuinfo").value_or("");
  processor.name = find_name(info);
  for (size_t at = info.find("processor"); at != std::string::npos;
       at = info.find("\nprocessor", at + 1)) {
    ++processor.logical;
  }
  processor.caches = read_caches(root);
  processor.quota = read_quota(root);
  processor.governor =
      read_text(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").value_or("");
  for (const std::string& zone : numbered_folders(root + "/sys/class/thermal", "thermal_zone")) {
    if (const auto milli = read_number(zone + "/temp")) {
      const double celsius = static_cast<double>(*milli) / 1000;
      processor.celsius = std::max(processor.celsius.value_or(celsius), celsius);
    }
  }
  return processor;
}

std::optional<ProcessorTime> read_processor_time(const std::string& root) {
  const auto line = find_line(read_text(root + "/proc/stat").value_or(""), "cpu ");
  std::istringstream ticks(line.value_or(""));
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0;
  if (!(ticks >> user >> nice >> system >> idle >> waiting >> hard >> soft >> stolen)) {
    return std::nullopt;
  }
  timespec own{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0) return std::nullopt;
  return ProcessorTime{
      (user + system + hard + soft + stolen) / static_cast<double>(sysconf(_SC_CLK_TCK)),
      static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) * 1e-9};
}

}  // namespace sluice
