#include "engine/contention.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/pages.hpp"
#include "base/random.hpp"
#include "engine/kernel_probe.hpp"
#include "io/random_reads.hpp"
#include "io/reader.hpp"

namespace sluice {

namespace {

constexpr size_t kRounds = 3;

double median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// The disk's side: reads that go on whenever somebody looks after them.
class Background {
 public:
  Background(RandomReads& reads, uint64_t read_bytes) : reads_(reads), read_bytes_(read_bytes) {}

  /// Takes in what has arrived and starts as many reads again. The first error stays.
  void go_on() {
    if (failure_) return;
    const auto gone = begin_ns_ == 0 ? begin() : go_round();
    if (!gone) failure_ = gone.error();
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
  Result<void> begin() {
    begin_ns_ = now_ns();
    return reads_.start();
  }
  Result<void> go_round() {
    SLUICE_LET(const auto arrived, reads_.collect(0));
    bytes_ += arrived.size() * read_bytes_;
    return reads_.start_again();
  }

  RandomReads& reads_;
  const uint64_t read_bytes_;
  std::optional<Error> failure_;
  uint64_t bytes_ = 0;
  int64_t begin_ns_ = 0;
  int64_t end_ns_ = 0;
};

}  // namespace

Result<Contention> measure_contention(const Kernels& kernels, ThreadPool& pool,
                                      std::span<const TokenWork> work,
                                      std::span<const File> files,
                                      const ContentionOptions& options) {
  uint64_t read_bytes = options.read_bytes;
  for (const File& file : files) {
    read_bytes = align_up(read_bytes, std::max<uint64_t>(file.alignment(), kPage));
  }
  if (RandomReads::places(files, read_bytes) == 0) {
    return Error{Code::invalid, "the files are too small to measure a disk by"};
  }
  SLUICE_LET(const Pages memory, Pages::allocate(read_bytes * options.in_flight));
  Random random(1);
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
    const ReaderOptions depth{.depth = options.in_flight, .threads = options.in_flight};
    SLUICE_LET(std::unique_ptr<Reader> reader, open_reader(options.reader, files, depth));
    RandomReads reads(files, std::move(reader), {read_bytes, options.in_flight}, memory.span(),
                      random);
    Background background(reads, read_bytes);
    SLUICE_LET(const double together, compute([&background] { background.go_on(); }));
    SLUICE_LET(const double disk_rate, background.rate());
    shares.push_back(std::min(together / alone, 1.0));
    disk_rates.push_back(disk_rate);
  }
  return Contention{median(shares), median(disk_rates)};
}

}  // namespace sluice
