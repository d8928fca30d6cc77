// Looks at a machine for a model. Each part fills its report; engine/findings.cpp judges.
#include "sluice/doctor.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "device/cpu/kernels/select.hpp"
#include "engine/contention.hpp"
#include "engine/findings.hpp"
#include "engine/forecast.hpp"
#include "engine/kernel_probe.hpp"
#include "host/limits.hpp"
#include "host/memory.hpp"
#include "host/processor.hpp"
#include "host/storage.hpp"
#include "host/thread_pool.hpp"

namespace sluice {

namespace {

namespace fs = std::filesystem;

// Read sizes that are measured on every disk, beside the sizes of the model's own reads.
constexpr uint64_t kUsualReads[] = {128 * kKiB, 512 * kKiB, 4 * kMiB};
constexpr uint64_t kReadWithoutModel = kMiB;
// Of the memory that is left, measuring takes no more than leaves this much, and gives up below
// the second.
constexpr uint64_t kReserve = 2 * kMiB;
constexpr uint64_t kLeastRoom = kMiB;
// Other sizes of reads whose rates on a device stay remembered.
constexpr size_t kRememberedPoints = 64;
// An engine lets the reads of two units be under way, however few are enough for the disk.
constexpr uint64_t kPartsOfTwoExperts = 6;
// The kernel's count of this process may miss what its helper threads had in flight.
constexpr double kProofShare = 0.98;

// What is multiplied to measure kernels when there is no model: a trunk and experts as they are
// usual.
constexpr TokenWork kUsualWork[] = {{DType::q4_k, 1, 768, 2048}, {DType::q8_0, 1, 2048, 2048}};

class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options) : options_(options), engine_(options.engine) {}

  Result<Diagnosis> run() {
    SLUICE_TRY(choose_file());
    SLUICE_TRY(examine_processor());
    examine_limits();
    SLUICE_TRY(examine_disk());
    SLUICE_TRY(examine_contention());
    SLUICE_TRY(make_plan());
    examine_memory();
    add_findings(diagnosis_);
    return std::move(diagnosis_);
  }

 private:
  void add(Severity severity, std::string text, std::string remedy) {
    diagnosis_.findings.push_back({severity, std::move(text), std::move(remedy)});
  }

  // Of a folder the largest file. A file that is no model can still be read.
  Result<void> choose_file() {
    if (engine_.path.empty()) return {};
    std::error_code error;
    const bool folder = fs::is_directory(engine_.path, error);
    if (folder) {
      uint64_t largest = 0;
      fs::directory_iterator readable(engine_.path, error);
      if (error) {
        add(Severity::broken, engine_.path + ": " + error.message(), "");
        return {};
      }
      for (fs::directory_iterator entry(engine_.path, error), end; !error && entry != end;
           entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_regular_file(ignored)) continue;
        const uint64_t bytes = entry->file_size(ignored);
        if (ignored || bytes <= largest) continue;
        largest = bytes;
        read_path_ = entry->path();
      }
      if (read_path_.empty()) {
        add(Severity::note, engine_.path + " holds no file to measure the disk by", "");
      }
      return {};
    }
    read_path_ = engine_.path;
    auto source = Source::open(engine_.path);
    if (!source) {
      add(Severity::broken, source.error().message, "");
      return {};
    }
    source_ = std::move(*source);
    const ModelInfo info = describe(*source_);
    diagnosis_.model = info.path;
    diagnosis_.architecture = info.architecture;
    diagnosis_.name = info.name;
    diagnosis_.parameters = info.parameters;
    diagnosis_.file_bytes = info.file_bytes;
    diagnosis_.tensors = info.tensors.size();
    diagnosis_.files = source_->file.files.size();
    return {};
  }

  Result<void> examine_processor() {
    const CpuFeatures features = detect_cpu_features();
    SLUICE_LET(const Kernels* const kernels, select_kernels(engine_.isa, features));
    const Processor processor = describe_processor();
    ProcessorReport& report = diagnosis_.processor;
    report.name = processor.name;
    report.processors = processor.logical;
    report.quota = processor.quota;
    report.governor = processor.governor;
    report.celsius = processor.celsius;
    report.isa = kernels->name;
    for (const Kernels* usable : usable_kernels(features)) report.features.push_back(usable->name);
    for (const CacheLevel& cache : processor.caches) {
      report.caches.push_back({cache.name, cache.bytes, cache.instances});
    }
    report.threads = engine_.threads == 0 ? default_threads() : engine_.threads;
    if (report.threads > 256) {
      return Error{Code::invalid, "more than 256 threads make no sense here"};
    }
    if (options_.on_progress) options_.on_progress("measuring the processor", 0, 1);
    ThreadPool pool(report.threads);
    std::vector<TokenWork> work(std::begin(kUsualWork), std::end(kUsualWork));
    if (source_) work = token_work(*source_);
    const uint64_t room = measuring_room();
    if (room < kLeastRoom) {
      add(Severity::note, "too little memory is left to measure the processor", "");
      return {};
    }
    report.kernel_bytes = std::min<uint64_t>(room, kKernelProbeBytes);
    const int64_t begin_ns = now_ns();
    const auto before = read_processor_time();
    const auto rates = measure_kernels(*kernels, pool, work, report.kernel_bytes);
    if (!rates) {
      add(Severity::broken, rates.error().message, "");
      return {};
    }
    if (const auto after = read_processor_time(); before && after) {
      const double others = (after->all - before->all) - (after->own - before->own);
      const double passed = seconds(now_ns() - begin_ns);
      report.share = share_left(report, std::max(others, 0.0) / passed);
    }
    for (const KernelRate& rate : *rates) {
      report.kernels.push_back({rate.type, rate.bytes_per_second});
    }
    // A busy minute, or a cache, must not take the place of a better measurement.
    const bool known = Measurements(engine_.measurements_folder).processor(key()).has_value();
    if (worth_remembering(report) || !known) remember_kernels(*rates);
    return {};
  }

  ProcessorKey key() const {
    const ProcessorReport& report = diagnosis_.processor;
    return {report.name, report.isa, report.threads};
  }

  // Of the processors that our threads can use, while others use so many.
  static double share_left(const ProcessorReport& report, double others) {
    const auto processors = static_cast<double>(std::max<uint64_t>(report.processors, 1));
    const double wanted = std::min(processors, static_cast<double>(report.threads));
    return std::clamp((processors - others) / wanted, 0.01, 1.0);
  }

  // For a while: what the budget allows beyond what this process takes, and what is there.
  uint64_t measuring_room() const {
    const MemoryLimits limits = read_memory_limits();
    uint64_t room = limits.machine_available;
    if (limits.group_available) room = std::min(room, *limits.group_available);
    const uint64_t taken = resident_bytes();
    if (engine_.memory_bytes != 0) {
      room = std::min(room, engine_.memory_bytes - std::min(engine_.memory_bytes, taken));
    }
    return room - std::min(room, kReserve);
  }

  // Other models' types stay known.
  void remember_kernels(const std::vector<KernelRate>& measured) {
    const Measurements measurements(engine_.measurements_folder);
    std::vector<KernelRate> rates = measured;
    for (KernelRate& old : measurements.processor(key()).value_or(std::vector<KernelRate>())) {
      const bool again = std::any_of(measured.begin(), measured.end(), [&](const KernelRate& rate) {
        return rate.type == old.type;
      });
      if (!again) rates.push_back(std::move(old));
    }
    note_failure(measurements.remember(key(), rates));
  }

  void note_failure(const Result<void>& remembered) {
    if (!remembered) add(Severity::note, remembered.error().message, "nothing is remembered");
  }

  void examine_limits() {
    const Limits limits = read_limits();
    LimitsReport& report = diagnosis_.limits;
    report.locked_bytes = limits.locked_bytes;
    report.open_files = limits.open_files;
    report.address_bytes = limits.address_bytes;
    const auto reader = open_reader("uring", {}, {.depth = 8, .threads = 1});
    report.uring = reader.has_value();
    if (!reader) {
      report.uring_refusal = reader.error().message;
      if (limits.uring_disabled.value_or(0) != 0) {
        report.uring_refusal +=
            "; kernel.io_uring_disabled is " + std::to_string(*limits.uring_disabled);
      }
    }
    diagnosis_.memory.swap_bytes = limits.swap_bytes;
    diagnosis_.memory.huge_pages = limits.huge_pages;
  }

  Result<void> examine_disk() {
    if (read_path_.empty()) return {};
    const auto storage = describe_storage(read_path_);
    if (!storage) return {};  // the model's own error says so already
    DiskReport& report = diagnosis_.disk.emplace();
    report.path = read_path_;
    report.filesystem = storage->filesystem;
    report.mount = storage->mount;
    report.device = storage->device;
    report.model = storage->model;
    report.scheduler = storage->scheduler;
    report.rotational = storage->rotational;
    report.request_bytes_max = storage->request_bytes_max;
    std::vector<File> own;
    if (!source_) {
      auto file = File::open(read_path_);
      if (!file) {
        // Of a file that was named the error is known already.
        if (read_path_ != engine_.path) add(Severity::note, file.error().message, "");
        diagnosis_.disk.reset();
        return {};
      }
      own.push_back(std::move(*file));
    }
    const std::span<const File> files = source_ ? std::span<const File>(source_->file.files) : own;
    report.direct = std::all_of(files.begin(), files.end(), [](const File& file) {
      return file.caching() == Caching::direct;
    });
    if (options_.disk_seconds <= 0) return {};
    return probe(files, *storage, report);
  }

  Result<void> probe(std::span<const File> files, const Storage& storage, DiskReport& report) {
    const uint64_t own = source_ ? mean_read_bytes(*source_) : 0;
    report.unit_read_bytes = own == 0 ? kReadWithoutModel : own;
    ProbeOptions options;
    options.read_bytes.assign(std::begin(kUsualReads), std::end(kUsualReads));
    options.read_bytes.push_back(report.unit_read_bytes);
    const uint64_t room = measuring_room();
    if (room < kLeastRoom) {
      add(Severity::note, "too little memory is left to measure the disk", "");
      return {};
    }
    options.buffer_bytes = std::min<uint64_t>(room, options.buffer_bytes);
    options.seconds = options_.disk_seconds;
    options.cancel = options_.cancel;
    options.on_progress = [this](size_t done, size_t total) {
      if (options_.on_progress) options_.on_progress("measuring the disk", done, total);
    };
    const auto process_before = process_device_bytes();
    const auto device_before = device_bytes_read(storage.device);
    const auto result = probe_disk(files, options);
    if (!result) {
      if (result.error().code == Code::cancelled) return result.error();
      const bool small = result.error().code == Code::invalid;
      add(small ? Severity::note : Severity::broken, result.error().message, "");
      return {};
    }
    report.bytes_asked = result->bytes_read;
    report.seconds = result->seconds;
    report.refused = result->refused;
    if (const auto now = process_device_bytes(); now && process_before) {
      report.bytes_fetched = *now - *process_before;
    }
    if (const auto now = device_bytes_read(storage.device); now && device_before) {
      report.device_bytes = *now - *device_before;
    }
    const double expected = kProofShare * static_cast<double>(report.bytes_asked);
    report.proven =
        report.bytes_fetched && static_cast<double>(*report.bytes_fetched) >= expected;
    for (const ProbePoint& p : result->points) {
      report.points.push_back({p.reader, p.read_bytes, p.in_flight, p.bytes_per_second,
                               p.latency_seconds, p.latency_high_seconds});
    }
    const std::string reader = engine_.reader == "pread" ? "pread" : result->points.front().reader;
    const ReadChoice choice = choose_reads(result->points, reader, report.unit_read_bytes);
    report.reads_in_flight = choice.in_flight;
    report.bytes_per_second = choice.bytes_per_second;
    // What clearly came out of memory is no measurement of a disk.
    if (report.proven || !report.bytes_fetched) remember_disk(storage.id, result->points);
    return {};
  }

  // Sizes that were not measured this time, of other models' reads, stay known.
  void remember_disk(const StorageId& id, std::vector<ProbePoint> points) {
    const Measurements measurements(engine_.measurements_folder);
    const size_t measured = points.size();
    for (ProbePoint& old : measurements.disk(id).value_or(std::vector<ProbePoint>())) {
      const auto end = points.begin() + static_cast<ptrdiff_t>(measured);
      const bool again = std::any_of(points.begin(), end, [&](const ProbePoint& point) {
        return point.reader == old.reader && point.read_bytes == old.read_bytes;
      });
      if (!again && points.size() < measured + kRememberedPoints) points.push_back(std::move(old));
    }
    note_failure(measurements.remember(id, points));
  }

  // What a model's reads and its computing leave each other.
  Result<void> examine_contention() {
    if (!source_ || !diagnosis_.disk || diagnosis_.disk->reads_in_flight == 0) return {};
    DiskReport& report = *diagnosis_.disk;
    if (options_.on_progress) options_.on_progress("measuring disk and processor at once", 0, 1);
    ContentionOptions options;
    options.reader = report.points.front().reader;
    if (engine_.reader != "auto") options.reader = engine_.reader;
    options.read_bytes = report.unit_read_bytes;
    options.in_flight = std::max(report.reads_in_flight, kPartsOfTwoExperts);
    options.cancel = options_.cancel;
    const uint64_t room = measuring_room();
    const uint64_t buffers = options.read_bytes * options.in_flight;
    options.weight_bytes = std::min<uint64_t>(room - std::min(room, buffers), kKernelProbeBytes);
    if (options.weight_bytes < kLeastRoom) return {};
    SLUICE_LET(const Kernels* const kernels, select_kernels(engine_.isa, detect_cpu_features()));
    ThreadPool pool(diagnosis_.processor.threads);
    const auto contention = measure_contention(*kernels, pool, token_work(*source_),
                                               source_->file.files, options);
    if (!contention) {
      if (contention.error().code == Code::cancelled) return contention.error();
      add(Severity::note, contention.error().message, "");
      return {};
    }
    report.compute_share = contention->compute_share;
    report.shared_bytes_per_second = contention->bytes_per_second;
    const auto storage = describe_storage(read_path_);
    if (!storage || !worth_remembering(diagnosis_.processor)) return {};
    const Measurements measurements(engine_.measurements_folder);
    note_failure(measurements.remember(storage->id, key(), *contention));
    return {};
  }

  // After the measurements: it predicts from what they have left behind.
  Result<void> make_plan() {
    if (!source_) return {};
    source_.reset();  // its vocabulary is large, and the plan opens the model itself
    auto plan = Engine::plan(engine_);
    if (plan) {
      diagnosis_.plan = std::move(*plan);
    } else if (plan.error().code == Code::invalid) {
      return plan.error();
    } else {
      add(Severity::broken, plan.error().message, "");
    }
    return {};
  }

  void examine_memory() {
    const MemoryLimits limits = read_memory_limits();
    MemoryReport& report = diagnosis_.memory;
    report.machine_bytes = limits.machine_total;
    report.machine_available = limits.machine_available;
    report.group_limit = limits.group_limit;
    report.group_available = limits.group_available;
    report.budget_is_default = engine_.memory_bytes == 0;
    report.budget_bytes =
        report.budget_is_default ? default_memory_budget(limits) : engine_.memory_bytes;
  }

  const DoctorOptions& options_;
  const EngineOptions& engine_;
  Diagnosis diagnosis_;
  std::string read_path_;
  std::unique_ptr<Source> source_;
};

}  // namespace

Result<Diagnosis> diagnose(const DoctorOptions& options) { return Doctor(options).run(); }

}  // namespace sluice
