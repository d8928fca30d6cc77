#include "io/probe.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/pages.hpp"
#include "base/random.hpp"
#include "io/random_reads.hpp"
#include "io/reader.hpp"

namespace sluice {

namespace {

// A pread reader has a thread for each read in flight, as far as that makes sense.
constexpr size_t kThreadsMax = 32;
// On a slow disk a measurement takes longer than its share, but not longer than this many shares.
constexpr int64_t kPatience = 3;
// The choice settles for this share of the best bandwidth, with fewer reads in flight.
constexpr double kGoodEnough = 0.95;

/// One combination of the three, and its measurements so far.
struct Cell {
  std::string reader;
  uint64_t read_bytes = 0;
  uint64_t in_flight = 0;
  std::vector<double> rates;       // of each round
  std::vector<double> latencies;   // of each read of all rounds
};

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(at), values.end());
  return values[at];
}

class Probe {
 public:
  Probe(std::span<const File> files, const ProbeOptions& options)
      : files_(files), options_(options), random_(options.seed) {
    for (const File& file : files) alignment_ = std::max(alignment_, file.alignment());
  }

  Result<ProbeResult> run() {
    lay_out_cells();
    if (cells_.empty()) return Error{Code::invalid, "the files are too small to measure a disk by"};
    SLUICE_LET(buffers_, Pages::allocate(options_.buffer_bytes));
    const int64_t start = now_ns();
    const auto total_ns = static_cast<int64_t>(options_.seconds * 1e9);
    const size_t windows = cells_.size() * options_.rounds;
    window_ns_ = total_ns / static_cast<int64_t>(std::max<size_t>(windows, 1));
    size_t done = 0;
    for (size_t round = 0; round < options_.rounds; ++round) {
      if (round > 0 && now_ns() - start > total_ns) break;
      for (Cell& cell : cells_) {
        SLUICE_TRY(measure(cell));
        if (options_.on_progress) options_.on_progress(++done, windows);
        if (options_.cancel != nullptr && options_.cancel->load()) {
          return Error{Code::cancelled, "stopped on request while measuring the disk"};
        }
      }
    }
    result_.seconds = seconds(now_ns() - start);
    summarise();
    if (result_.points.empty()) return Error{Code::io, "the disk is too slow to be measured"};
    return std::move(result_);
  }

 private:
  // Readers that the system refuses are noted and left out.
  bool is_granted(const std::string& name) {
    auto reader = open_reader(name, files_, {.depth = 1, .threads = 1});
    if (!reader) result_.refused.push_back(name + ": " + reader.error().message);
    return reader.has_value();
  }

  void lay_out_cells() {
    std::vector<uint64_t> sizes;
    for (const uint64_t size : options_.read_bytes) {
      const uint64_t rounded = align_up(std::max<uint64_t>(size, 1), alignment_);
      if (RandomReads::places(files_, rounded) > 0) sizes.push_back(rounded);
    }
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    if (sizes.empty()) return;
    bool first = true;
    for (const std::string& reader : options_.readers) {
      if (!is_granted(reader)) continue;
      const auto& flights = first ? options_.in_flight : options_.in_flight_compared;
      for (const uint64_t size : sizes) {
        if (!first && size != sizes[sizes.size() / 2]) continue;
        for (const uint64_t in_flight : flights) {
          if (size * in_flight > options_.buffer_bytes) continue;
          cells_.push_back({reader, size, in_flight, {}, {}});
        }
      }
      first = false;
    }
  }

  // Keeps the cell's number of reads in flight for a window of time. The rate is that of the time
  // between the first and the last collection, all reads in flight: neither the start, when nothing
  // has come back yet, nor the end, when fewer and fewer are left, dilutes it.
  Result<void> measure(Cell& cell) {
    const ReaderOptions depth{.depth = cell.in_flight,
                              .threads = std::min<size_t>(cell.in_flight, kThreadsMax)};
    SLUICE_LET(std::unique_ptr<Reader> reader, open_reader(cell.reader, files_, depth));
    RandomReads reads(files_, std::move(reader), {cell.read_bytes, cell.in_flight},
                      buffers_.span(), random_);
    SLUICE_TRY(reads.start());
    const int64_t begin = now_ns();
    int64_t first = 0;
    int64_t last = 0;
    uint64_t counted = 0;
    bool measuring = true;
    while (reads.in_flight() > 0) {
      SLUICE_LET(const auto latencies, reads.collect(1));
      const int64_t now = now_ns();
      const uint64_t bytes = latencies.size() * cell.read_bytes;
      result_.bytes_read += bytes;
      cell.latencies.insert(cell.latencies.end(), latencies.begin(), latencies.end());
      if (!measuring) continue;
      if (first == 0) {
        first = now;
      } else {
        last = now;
        counted += bytes;
      }
      const bool enough = counted >= cell.in_flight * cell.read_bytes;
      const int64_t spent = now - begin;
      measuring = spent < (enough ? window_ns_ : kPatience * window_ns_);
      if (measuring) SLUICE_TRY(reads.start_again());
    }
    if (last > first && first > 0) {
      cell.rates.push_back(static_cast<double>(counted) / seconds(last - first));
    }
    return {};
  }

  void summarise() {
    for (Cell& cell : cells_) {
      if (cell.rates.empty()) continue;
      result_.points.push_back({cell.reader, cell.read_bytes, cell.in_flight,
                                quantile(cell.rates, 0.5), quantile(cell.latencies, 0.5),
                                quantile(cell.latencies, 0.95)});
    }
  }

  const std::span<const File> files_;
  const ProbeOptions& options_;
  Random random_;
  size_t alignment_ = 1;
  int64_t window_ns_ = 0;
  std::vector<Cell> cells_;
  Pages buffers_;
  ProbeResult result_;
};

/// The choice at one measured size.
ReadChoice choose_at(std::span<const ProbePoint> points, const std::string& reader, uint64_t size) {
  ReadChoice choice;
  double most = 0;
  for (const ProbePoint& point : points) {
    if (point.reader == reader && point.read_bytes == size) {
      most = std::max(most, point.bytes_per_second);
    }
  }
  uint64_t fewest = ~uint64_t{0};
  for (const ProbePoint& point : points) {
    if (point.reader != reader || point.read_bytes != size) continue;
    if (point.in_flight < fewest) {
      fewest = point.in_flight;
      choice.latency_seconds = point.latency_seconds;
    }
    const bool fewer = choice.in_flight == 0 || point.in_flight < choice.in_flight;
    if (point.bytes_per_second >= kGoodEnough * most && fewer) {
      choice.in_flight = point.in_flight;
      choice.bytes_per_second = point.bytes_per_second;
    }
  }
  return choice;
}

}  // namespace

Result<ProbeResult> probe_disk(std::span<const File> files, const ProbeOptions& options) {
  return Probe(files, options).run();
}

ReadChoice choose_reads(std::span<const ProbePoint> points, const std::string& reader,
                        uint64_t read_bytes) {
  std::optional<uint64_t> below;  // the largest measured size that is not above
  std::optional<uint64_t> above;  // the smallest that is not below
  for (const ProbePoint& point : points) {
    if (point.reader != reader) continue;
    const uint64_t size = point.read_bytes;
    if (size <= read_bytes) below = std::max(below.value_or(size), size);
    if (size >= read_bytes) above = std::min(above.value_or(size), size);
  }
  if (!below && !above) return {};
  const uint64_t low = below.value_or(*above);
  const uint64_t high = above.value_or(*below);
  const ReadChoice a = choose_at(points, reader, low);
  if (low == high) return a;
  const ReadChoice b = choose_at(points, reader, high);
  const auto log = [](uint64_t bytes) { return std::log(static_cast<double>(bytes)); };
  const double t = (log(read_bytes) - log(low)) / (log(high) - log(low));
  const auto mix = [t](double x, double y) { return x + t * (y - x); };
  // Smaller reads need more of them in flight: what suffices for the smaller suffices here.
  return {std::max(a.in_flight, b.in_flight), mix(a.bytes_per_second, b.bytes_per_second),
          mix(a.latency_seconds, b.latency_seconds)};
}

}  // namespace sluice
