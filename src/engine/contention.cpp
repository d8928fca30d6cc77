#include "engine/contention.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/pages.hpp"
#include "base/random.hpp"
#include "engine/kernel_probe.hpp"
#include "io/reader.hpp"

namespace sluice {

namespace {

constexpr size_t kRounds = 3;

double median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Reads at random places of the largest file, always as many at a time, when it is asked.
class RandomReads {
 public:
  static Result<std::unique_ptr<RandomReads>> open(std::span<const File> files,
                                                   const ContentionOptions& options) {
    auto reads = std::unique_ptr<RandomReads>(new RandomReads(files, options));
    SLUICE_LET(reads->memory_, Pages::allocate(reads->read_bytes_ * options.in_flight));
    const ReaderOptions depth{.depth = options.in_flight, .threads = options.in_flight};
    SLUICE_LET(reads->reader_, open_reader(options.reader, files, depth));
    return reads;
  }
  ~RandomReads() {
    while (reader_ && reader_->in_flight() > 0 && reader_->reap(arrived_, 1)) {
    }
  }

  /// Takes in what has arrived and starts as many reads again. The first error stays.
  void go_on() {
    if (failure_) return;
    if (!started_) {
      started_ = true;
      for (uint64_t i = 0; i < options_.in_flight; ++i) start(i);
      begin_ns_ = now_ns();
    }
    const auto count = reader_->reap(arrived_, 0);
    if (!count) failure_ = count.error();
    for (size_t i = 0; count && i < *count; ++i) {
      const Completion& one = arrived_[i];
      const ReadRequest& request = requests_[one.tag];
      if (one.error != 0) {
        failure_ = read_error(files_[file_], request.offset, request.bytes, one);
        return;
      }
      bytes_ += one.bytes;
      start(one.tag);
    }
    end_ns_ = now_ns();
  }

  /// Bytes per second so far. Errors: io.
  Result<double> rate() const {
    if (failure_) return *failure_;
    if (bytes_ == 0 || end_ns_ <= begin_ns_) {
      return Error{Code::io, "the disk is too slow to be measured beside the processor"};
    }
    return static_cast<double>(bytes_) / seconds(end_ns_ - begin_ns_);
  }

 private:
  RandomReads(std::span<const File> files, const ContentionOptions& options)
      : files_(files),
        options_(options),
        requests_(options.in_flight),
        arrived_(options.in_flight) {
    for (size_t i = 1; i < files.size(); ++i) {
      if (files[i].size() > files[file_].size()) file_ = i;
    }
    step_ = std::max<uint64_t>(files[file_].alignment(), 4096);
    read_bytes_ = align_up(options.read_bytes, step_);
  }

  void start(uint64_t tag) {
    const uint64_t size = files_[file_].size();
    const uint64_t places = size < read_bytes_ ? 1 : (size - read_bytes_) / step_ + 1;
    ReadRequest& request = requests_[tag];
    request.file = static_cast<FileIndex>(file_);
    request.offset = random_.next() % places * step_;
    request.bytes = read_bytes_;
    request.needed = std::min(read_bytes_, size);
    request.destination = memory_.data() + tag * read_bytes_;
    request.tag = tag;
    if (auto submitted = reader_->submit({&request, 1}); !submitted && !failure_) {
      failure_ = submitted.error();
    }
  }

  const std::span<const File> files_;
  const ContentionOptions& options_;
  size_t file_ = 0;
  uint64_t step_ = 0;        // between places
  uint64_t read_bytes_ = 0;
  Pages memory_;
  std::unique_ptr<Reader> reader_;
  std::vector<ReadRequest> requests_;
  std::vector<Completion> arrived_;
  Random random_{1};
  std::optional<Error> failure_;
  bool started_ = false;
  uint64_t bytes_ = 0;
  int64_t begin_ns_ = 0;
  int64_t end_ns_ = 0;
};

}  // namespace

Result<Contention> measure_contention(const Kernels& kernels, ThreadPool& pool,
                                      std::span<const TokenWork> work,
                                      std::span<const File> files,
                                      const ContentionOptions& options) {
  const std::span<const TokenWork> largest = work.first(std::min<size_t>(work.size(), 1));
  const auto compute = [&](const std::function<void()>& meanwhile) -> Result<double> {
    SLUICE_LET(const auto rates,
               measure_kernels(kernels, pool, largest, options.weight_bytes, meanwhile));
    if (rates.empty()) return Error{Code::budget, "too little memory to measure the processor"};
    return rates.front().bytes_per_second;
  };
  std::vector<double> shares;
  std::vector<double> disk_rates;
  for (size_t round = 0; round < kRounds; ++round) {
    if (options.cancel != nullptr && options.cancel->load()) {
      return Error{Code::cancelled, "stopped on request while measuring disk and processor"};
    }
    SLUICE_LET(const double alone, compute({}));
    SLUICE_LET(const auto reads, RandomReads::open(files, options));
    SLUICE_LET(const double together, compute([&reads] { reads->go_on(); }));
    SLUICE_LET(const double disk_rate, reads->rate());
    shares.push_back(std::min(together / alone, 1.0));
    disk_rates.push_back(disk_rate);
  }
  return Contention{median(shares), median(disk_rates)};
}

}  // namespace sluice
