#include "engine/findings.hpp"

#include <algorithm>
#include <cstdio>

#include "base/bytes.hpp"
#include "engine/kernel_probe.hpp"

namespace sluice {

namespace {

// Below this a model of any size is a pain: a token of a small mixture reads 0.2 to 1 GB.
constexpr double kSlowDisk = 200e6;
// A single small read that takes longer than this has waited for a mechanical arm, or a network.
constexpr double kSeekSeconds = 0.003;
constexpr uint64_t kSmallRead = 128 * kKiB;
// Processors throttle somewhere between 90 and 105 degrees.
constexpr double kHot = 88;
// Threads that were left less than this share of the processors were disturbed.
constexpr double kQuietShare = 0.8;
// Reading that leaves less of the processor than this is worth a word.
constexpr double kFreeReading = 0.85;

std::string fixed(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string duration(double seconds) {
  return seconds < 0.1 ? fixed(1e3 * seconds, 1) + " ms" : fixed(seconds, 2) + " s";
}

std::string rate(double bytes_per_second) {
  return format_bytes(static_cast<uint64_t>(bytes_per_second)) + "/s";
}

// There was no memory for more weights than a cache holds.
bool from_cache(const ProcessorReport& p) {
  return std::any_of(p.caches.begin(), p.caches.end(), [&](const CacheReport& cache) {
    return p.kernel_bytes < 2 * cache.bytes && p.kernel_bytes < kKernelProbeBytes;
  });
}

class Findings {
 public:
  explicit Findings(Diagnosis& diagnosis) : d_(diagnosis) {}

  void disk() {
    if (!d_.disk) return;
    const DiskReport& disk = *d_.disk;
    if (disk.filesystem == "tmpfs" || disk.filesystem == "ramfs") {
      add(Severity::slow, disk.filesystem + " keeps files in memory: the model takes its size "
          "there, beside the budget", "keep the model on a disk");
      return;
    }
    if (!disk.direct) {
      add(Severity::slow, disk.filesystem + " refuses direct reads: every byte passes through the "
          "page cache and is dropped there", "keep the model on ext4, XFS, Btrfs or F2FS");
    }
    if (disk.points.empty()) return;
    if (disk.direct && !disk.proven) {
      add(Severity::note, "it could not be proven that reads came from the disk" +
          (disk.bytes_fetched ? ": asked for " + format_bytes(disk.bytes_asked) + ", fetched " +
                                    format_bytes(*disk.bytes_fetched)
                              : std::string(": this system does not count them")),
          "take the figures above as an upper bound");
    }
    if (disk.reads_in_flight != 0 && disk.bytes_per_second < kSlowDisk) {
      add(Severity::slow, "the disk gives " + rate(disk.bytes_per_second) + " with reads of " +
          format_bytes(disk.unit_read_bytes), "move the model to an NVMe disk");
    }
    if (disk.compute_share > 0 && disk.compute_share < kFreeReading) {
      add(Severity::note, "reading takes processor time: computing keeps " +
          fixed(100 * disk.compute_share, 0) + " % of its speed meanwhile, as with virtual and "
          "encrypted disks", "");
    }
    for (const DiskPoint& point : disk.points) {
      const bool single = point.in_flight == 1 && point.read_bytes <= kSmallRead;
      if (!single || point.latency_seconds < kSeekSeconds) continue;
      add(Severity::slow, "a single small read takes " + fixed(point.latency_seconds * 1e3, 1) +
          " ms: a hard disk, an SD card or a network", "move the model to flash in this machine");
      break;
    }
    for (const char* remote : {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"}) {
      if (disk.filesystem != remote) continue;
      add(Severity::slow, disk.filesystem + std::string(" is a network file system"),
          "copy the model to a disk in this machine");
    }
  }

  void limits() {
    if (!d_.limits.uring) {
      add(Severity::slow, "io_uring is refused (" + d_.limits.uring_refusal +
          "); reads go through a few threads instead",
          "sysctl kernel.io_uring_disabled=0, or a container profile that allows io_uring");
    }
    if (d_.limits.address_bytes && *d_.limits.address_bytes < d_.memory.budget_bytes) {
      add(Severity::broken, "the address space is limited to " +
          format_bytes(*d_.limits.address_bytes) + " (ulimit -v)", "ulimit -v unlimited");
    }
  }

  void processor() {
    const ProcessorReport& p = d_.processor;
    if (p.isa == "scalar") {
      add(Severity::slow, "only the plain kernels run here: this processor has no instruction set "
          "that Sluice has tuned kernels for", "");
    } else if (!p.features.empty() && p.features.back() != p.isa) {
      add(Severity::note, "kernels for " + p.features.back() + " exist and are not in use",
          "--isa auto");
    }
    if (p.share > 0 && p.share < kQuietShare) {
      add(Severity::slow, "other programs are busy: while the kernels were measured they left " +
          fixed(100 * p.share, 0) + " % of the processors; rates and prediction are too low",
          "sluice doctor once more when the machine is quiet");
    }
    if (p.kernel_bytes > 0 && from_cache(p)) {
      add(Severity::note, "the kernels were measured with " + format_bytes(p.kernel_bytes) +
          " of weights, for which there is memory: they come out of the cache, and the rates are "
          "an upper bound", "sluice doctor with more --memory");
    }
    if (p.quota && *p.quota < static_cast<double>(p.threads)) {
      add(Severity::slow, "the control group allows " + fixed(*p.quota, 1) + " processors for " +
          std::to_string(p.threads) + " threads: they will be stopped in the middle of their work",
          "--threads " + std::to_string(std::max(1, static_cast<int>(*p.quota))));
    }
    if (p.governor == "powersave") {
      add(Severity::note, "the frequency governor is powersave",
          "cpupower frequency-set -g performance, while on mains");
    }
    if (p.celsius && *p.celsius > kHot) {
      add(Severity::slow, "the hottest sensor shows " + fixed(*p.celsius, 0) +
          " degrees: the processor will slow down", "let it cool");
    }
  }

  void memory() {
    const MemoryReport& m = d_.memory;
    if (m.budget_is_default) return;
    // The kernel rounds limits down to pages.
    if (m.group_limit && align_down(m.budget_bytes, kPage) > *m.group_limit) {
      add(Severity::broken, "the budget of " + format_bytes(m.budget_bytes) +
          " is above the limit of the control group, " + format_bytes(*m.group_limit) +
          ": the kernel would end the process", "--memory " + std::to_string(*m.group_limit));
    } else if (m.budget_bytes > m.machine_available) {
      add(Severity::slow, "the budget of " + format_bytes(m.budget_bytes) + " is more than the " +
          format_bytes(m.machine_available) + " that are available: the machine would swap or end "
          "the process", "close other programs, or give a smaller --memory");
    }
  }

  void plan() {
    if (!d_.plan) return;
    const MemoryPlan& plan = *d_.plan;
    if (!plan.fits) {
      add(Severity::broken, "the model needs at least " + format_bytes(plan.floor_bytes) +
          " with a context of " + std::to_string(plan.context_tokens) + " tokens",
          "--memory " + std::to_string(plan.floor_bytes) + ", or a shorter --ctx");
      return;
    }
    if (!plan.prediction) return;
    const DecodePrediction& p = *plan.prediction;
    if (p.io_seconds > p.compute_seconds) {
      add(Severity::slow, "decoding waits for the disk: a token reads " +
          format_bytes(static_cast<uint64_t>(static_cast<double>(plan.routed_bytes_per_token) *
                                             (1 - p.hit_rate))) +
          " (" + duration(p.io_seconds) + ") and computes for " + duration(p.compute_seconds),
          "more memory; nothing is streamed with " +
          format_bytes(plan.resident_budget_bytes));
    } else {
      add(Severity::note, "decoding is limited by the processor: a token computes for " +
          duration(p.compute_seconds) + " and reads for " + duration(p.io_seconds), "");
    }
  }

  void sort() {
    std::stable_sort(d_.findings.begin(), d_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  }

 private:
  void add(Severity severity, std::string text, std::string remedy) {
    d_.findings.push_back({severity, std::move(text), std::move(remedy)});
  }

  Diagnosis& d_;
};

}  // namespace

bool worth_remembering(const ProcessorReport& p) {
  return (p.share == 0 || p.share >= kQuietShare) && !from_cache(p);
}

bool Diagnosis::can_run() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::broken;
  });
}

void add_findings(Diagnosis& diagnosis) {
  Findings findings(diagnosis);
  findings.disk();
  findings.limits();
  findings.processor();
  findings.memory();
  findings.plan();
  findings.sort();
}

}  // namespace sluice
