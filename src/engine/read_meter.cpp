#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/forecast.hpp"
#include "engine/source.hpp"
#include "io/probe.hpp"
#include "sluice/doctor.hpp"

namespace sluice {

namespace {

class FileReadMeter final : public ReadMeter {
 public:
  FileReadMeter(std::vector<File> files, const ProbeOptions& options)
      : files_(std::move(files)), options_(options) {}

  Result<double> measure(double seconds) override {
    if (options_.read_bytes.front() == 0) return 0.0;
    options_.seconds = seconds;
    SLUICE_LET(const ProbeResult result, probe_disk(files_, options_));
    double most = 0;
    for (const ProbePoint& point : result.points) most = std::max(most, point.bytes_per_second);
    return most;
  }

 private:
  const std::vector<File> files_;
  ProbeOptions options_;
};

}  // namespace

Result<std::unique_ptr<ReadMeter>> ReadMeter::open(const EngineOptions& options) {
  SLUICE_LET(const std::unique_ptr<Source> source, Source::open(options.path));
  ProbeOptions probe;
  if (options.reader != "auto") probe.readers = {options.reader};
  probe.readers.resize(1);
  probe.read_bytes = {mean_read_bytes(*source)};
  probe.in_flight = {4, 8, 16, 32};
  probe.rounds = 2;
  probe.cancel = options.cancel;
  return std::unique_ptr<ReadMeter>(
      std::make_unique<FileReadMeter>(std::move(source->file.files), probe));
}

}  // namespace sluice
