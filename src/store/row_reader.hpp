// Reads single rows of one matrix when a step wants them: of an embedding a token uses one row, so
// the memory of the others is better spent on slots. Threads: the one that drives the store, whose
// reader it borrows while nothing is in flight (Store::settle()). Cost: one read for each row, and
// four bytes of checksum for each row of the matrix; allocates nothing after it was built.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "io/reader.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Rows of one length, one after the other in a file.
struct RowTable {
  std::string name;  ///< for messages: the tensor's
  FileIndex file{};
  uint64_t offset = 0;
  uint64_t row_bytes = 0;
  uint64_t rows = 0;
};

/// Counted as StoreStats counts.
struct RowStats {
  uint64_t bytes_read = 0;
  int64_t flight_ns = 0;  ///< wall time with a read in flight, which is waiting as well
};

class RowReader {
 public:
  /// How many rows can be read together.
  static constexpr size_t kRows = 32;

  /// Bytes of the memory that reads land in, when files want direct reads aligned to `alignment`.
  static uint64_t landing_bytes(const RowTable& table, size_t alignment);
  /// All that a reader of `table` takes.
  static uint64_t memory_bytes(const RowTable& table, size_t alignment);

  /// `memory` has landing_bytes() and begins on a page; all but the table outlive the reader.
  RowReader(RowTable table, std::span<const File> files, Reader& reader,
            std::span<std::byte> memory);

  /// Reads at most kRows rows, by number, and puts them one after the other; they stay until the
  /// next call. Nothing of anybody else may be in flight. Errors: io and corrupt, naming file,
  /// offset, table and row; nothing is in flight then either, unless the reader itself fails, and
  /// the next call waits for that.
  Result<const std::byte*> read(std::span<const int32_t> rows);

  const RowStats& stats() const { return stats_; }

 private:
  ReadRequest request(size_t place, int32_t row) const;
  std::byte* landing(size_t place) const { return memory_.data() + place * stride_; }
  Result<void> collect(std::span<const int32_t> rows);
  bool matches(int32_t row, const std::byte* bytes);
  std::string describe(int32_t row) const;

  const RowTable table_;
  const std::span<const File> files_;
  Reader& reader_;
  const std::span<std::byte> memory_;
  const uint64_t alignment_;             // of the table's file
  const uint64_t stride_;                // bytes of memory for one row
  std::vector<uint32_t> sums_;           // by row; 0: not read yet
  std::array<Completion, kRows> done_;
  RowStats stats_;
};

}  // namespace sluice
