// What this machine is and does for a model: disk, memory, processor and limits measured, what will
// be slow and why. The measurements are remembered for Engine::open and Engine::plan. Takes some
// seconds. Threads: one call at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/engine.hpp"
#include "sluice/error.hpp"
#include "sluice/plan.hpp"

namespace sluice {

/// Random direct reads of one size, so many in flight; medians.
struct DiskPoint {
  std::string reader;                 ///< "uring", "pread"
  uint64_t read_bytes = 0;
  uint64_t in_flight = 0;
  double bytes_per_second = 0;
  double latency_seconds = 0;
  double latency_high_seconds = 0;    ///< 95 of 100 reads are faster
};

/// What is not known is empty.
struct DiskReport {
  std::string path;                   ///< of the file that was read
  std::string filesystem, mount, device, model, scheduler;
  std::optional<bool> rotational;
  std::optional<uint64_t> request_bytes_max;
  bool direct = false;                ///< the file system grants reads past the page cache
  uint64_t bytes_asked = 0;           ///< by the measurement
  std::optional<uint64_t> bytes_fetched;  ///< by the kernel's count, from a device for this process
  std::optional<uint64_t> device_bytes;   ///< that the device delivered meanwhile, to anybody
  bool proven = false;                ///< all that was asked for was fetched, not cached here
  std::vector<DiskPoint> points;
  std::vector<std::string> refused;   ///< readers that the system refuses, with the reason
  uint64_t unit_read_bytes = 0;       ///< mean read of the model's units; without a model 1 MiB
  uint64_t reads_in_flight = 0;       ///< that are enough for it; 0: not measured
  double bytes_per_second = 0;        ///< with those
  /// While the processor computes with all threads: what the disk gives, and the share of its rate
  /// that the processor keeps. 0: not measured.
  double shared_bytes_per_second = 0;
  double compute_share = 0;
  double seconds = 0;                 ///< that the measurement took
};

struct MemoryReport {
  uint64_t machine_bytes = 0;
  uint64_t machine_available = 0;
  std::optional<uint64_t> group_limit;      ///< of the control group
  std::optional<uint64_t> group_available;
  uint64_t swap_bytes = 0;
  uint64_t budget_bytes = 0;          ///< that Sluice would plan with
  bool budget_is_default = false;
  std::string huge_pages;             ///< "always", "madvise", "never"
};

struct CacheReport {
  std::string name;                   ///< "L1d", "L2", "L3"
  uint64_t bytes = 0;                 ///< of each
  uint64_t instances = 0;
};

/// Weights of one type, multiplied with one token's activations.
struct KernelReport {
  std::string type;
  double bytes_per_second = 0;
};

struct ProcessorReport {
  std::string name;
  uint64_t processors = 0;
  std::optional<double> quota;        ///< processors that the control group allows
  std::vector<std::string> features;  ///< that Sluice has kernels for
  std::string isa;                    ///< the kernels in use
  uint64_t threads = 0;
  std::vector<CacheReport> caches;
  std::vector<KernelReport> kernels;
  uint64_t kernel_bytes = 0;          ///< of weights that were walked through to measure them
  /// Of the processors that the threads can use, what other programs left them while kernels were
  /// measured, 0.01..1; 0: not known.
  double share = 0;
  std::string governor;               ///< of the frequency
  std::optional<double> celsius;      ///< the hottest sensor
};

struct LimitsReport {
  std::optional<uint64_t> locked_bytes, open_files, address_bytes;  ///< empty: unlimited
  bool uring = false;                 ///< io_uring is granted
  std::string uring_refusal;          ///< otherwise why not
};

enum class Severity { broken, slow, note };

/// Something to know, and what to do about it (may be empty).
struct Finding {
  Severity severity = Severity::note;
  std::string text;
  std::string remedy;
};

struct Diagnosis {
  std::string model;                  ///< path; empty: none was given
  std::string architecture, name;     ///< of the model, if it could be read
  uint64_t parameters = 0, file_bytes = 0, tensors = 0, files = 0;
  std::optional<DiskReport> disk;     ///< with a model, file or folder that can be read
  MemoryReport memory;
  ProcessorReport processor;
  LimitsReport limits;
  std::optional<MemoryPlan> plan;     ///< with a model that can be read
  std::vector<Finding> findings;      ///< broken first, then slow, then notes
  /// Nothing found keeps Sluice, or the model, from running here.
  bool can_run() const;
};

struct DoctorOptions {
  /// As for opening; path may be empty, a model, any file, or a folder (its largest file is read).
  EngineOptions engine;
  double disk_seconds = 5.5;          ///< for measuring the disk; 0: do not
  std::function<void(std::string_view what, size_t done, size_t total)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

/// Looks at everything. What is wrong with the machine or the model is a finding, not an error.
/// Errors: invalid (options that make no sense), cancelled.
Result<Diagnosis> diagnose(const DoctorOptions& options);

/// Measures what the disk gives for the reads that a model makes. Threads: used by one.
class ReadMeter {
 public:
  /// Errors: as Engine::open.
  static Result<std::unique_ptr<ReadMeter>> open(const EngineOptions& options);
  virtual ~ReadMeter() = default;
  /// Bytes a second, now: random direct reads of the mean size of a unit's parts, for as many in
  /// flight as give most. Takes about `seconds`, and 64 MiB beside any engine. 0 if the model
  /// streams nothing. Errors: io, cancelled.
  virtual Result<double> measure(double seconds) = 0;
};

}  // namespace sluice
