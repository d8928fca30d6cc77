// Reads at random places of files, always as many at a time: what a disk is measured by. Threads:
// one, and the reader's own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "io/file.hpp"
#include "io/reader.hpp"
#include "sluice/error.hpp"

namespace sluice {

class RandomReads {
 public:
  struct Shape {
    uint64_t read_bytes = 0;  ///< multiple of all files' alignment
    uint64_t in_flight = 0;   ///< at most the reader's depth
  };

  /// Places where a read of `read_bytes` fits, over all files.
  static uint64_t places(std::span<const File> files, uint64_t read_bytes);

  /// There must be places. `files`, `memory` (read_bytes for each read in flight, page aligned) and
  /// `random` outlive the reads.
  RandomReads(std::span<const File> files, std::unique_ptr<Reader> reader, const Shape& shape,
              std::span<std::byte> memory, Random& random);
  /// Waits for what is in flight.
  ~RandomReads();
  RandomReads(const RandomReads&) = delete;
  RandomReads& operator=(const RandomReads&) = delete;

  /// Starts all of them. Errors: io.
  Result<void> start();
  /// Waits until at least `minimum` have arrived, and returns the seconds that each took, valid
  /// until the next call. Errors: io, naming file and offset.
  Result<std::span<const double>> collect(size_t minimum);
  /// Starts as many again as were collected last. Errors: io.
  Result<void> start_again();

  size_t in_flight() const { return reader_->in_flight(); }

 private:
  Result<void> start_one(uint64_t tag);

  const std::span<const File> files_;
  const std::unique_ptr<Reader> reader_;
  const Shape shape_;
  const std::span<std::byte> memory_;
  Random& random_;
  std::vector<ReadRequest> requests_;
  std::vector<int64_t> started_ns_;
  std::vector<Completion> arrived_;
  std::vector<double> latencies_;  // of arrived_, as far as it holds something
};

}  // namespace sluice
