#include "io/random_reads.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"

namespace sluice {

namespace {

// Between two places.
uint64_t step_of(std::span<const File> files) {
  uint64_t step = kPage;
  for (const File& file : files) step = std::max<uint64_t>(step, file.alignment());
  return step;
}

uint64_t places_in(const File& file, uint64_t read_bytes, uint64_t step) {
  return file.size() < read_bytes ? 0 : (file.size() - read_bytes) / step + 1;
}

}  // namespace

uint64_t RandomReads::places(std::span<const File> files, uint64_t read_bytes) {
  const uint64_t step = step_of(files);
  uint64_t places = 0;
  for (const File& file : files) places += places_in(file, read_bytes, step);
  return places;
}

RandomReads::RandomReads(std::span<const File> files, std::unique_ptr<Reader> reader,
                         const Shape& shape, std::span<std::byte> memory, Random& random)
    : files_(files),
      reader_(std::move(reader)),
      shape_(shape),
      memory_(memory),
      random_(random),
      requests_(shape.in_flight),
      started_ns_(shape.in_flight),
      arrived_(shape.in_flight) {
  SLUICE_CHECK(memory.size() >= shape.read_bytes * shape.in_flight);
  SLUICE_CHECK(places(files, shape.read_bytes) > 0);
}

RandomReads::~RandomReads() {
  while (reader_->in_flight() > 0 && reader_->reap(arrived_, 1)) {
  }
}

Result<void> RandomReads::start() {
  for (uint64_t tag = 0; tag < shape_.in_flight; ++tag) SLUICE_TRY(start_one(tag));
  return {};
}

Result<std::span<const double>> RandomReads::collect(size_t minimum) {
  latencies_.clear();
  SLUICE_LET(const size_t count, reader_->reap(arrived_, minimum));
  const int64_t now = now_ns();
  for (size_t i = 0; i < count; ++i) {
    const ReadRequest& request = requests_[arrived_[i].tag];
    if (arrived_[i].error != 0) {
      return read_error(files_[static_cast<size_t>(request.file)], request.offset, request.bytes,
                        arrived_[i]);
    }
    latencies_.push_back(seconds(now - started_ns_[arrived_[i].tag]));
  }
  return std::span<const double>(latencies_);
}

Result<void> RandomReads::start_again() {
  for (size_t i = 0; i < latencies_.size(); ++i) SLUICE_TRY(start_one(arrived_[i].tag));
  return {};
}

Result<void> RandomReads::start_one(uint64_t tag) {
  const uint64_t step = step_of(files_);
  uint64_t place = random_.next() % places(files_, shape_.read_bytes);
  size_t file = 0;
  for (;; ++file) {
    const uint64_t here = places_in(files_[file], shape_.read_bytes, step);
    if (place < here) break;
    place -= here;
  }
  ReadRequest& request = requests_[tag];
  request.file = static_cast<FileIndex>(file);
  request.offset = place * step;
  request.bytes = shape_.read_bytes;
  request.needed = shape_.read_bytes;
  request.destination = memory_.data() + tag * shape_.read_bytes;
  request.tag = tag;
  started_ns_[tag] = now_ns();
  return reader_->submit({&request, 1});
}

}  // namespace sluice
