#include "store/row_reader.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"

namespace sluice {

namespace {

// A row lies anywhere: its read may begin a block early and end a block late.
uint64_t row_stride(const RowTable& table, uint64_t alignment) {
  return align_up(table.row_bytes, alignment) + alignment;
}

}  // namespace

uint64_t RowReader::landing_bytes(const RowTable& table, size_t alignment) {
  return kRows * row_stride(table, alignment);
}

uint64_t RowReader::memory_bytes(const RowTable& table, size_t alignment) {
  return align_up(landing_bytes(table, alignment), kPage) + table.rows * sizeof(uint32_t);
}

RowReader::RowReader(RowTable table, std::span<const File> files, Reader& reader,
                     std::span<std::byte> memory)
    : table_(std::move(table)),
      files_(files),
      reader_(reader),
      memory_(memory),
      alignment_(files[static_cast<size_t>(table_.file)].alignment()),
      stride_(row_stride(table_, alignment_)),
      sums_(table_.rows) {
  SLUICE_CHECK(memory_.size() >= kRows * stride_);
}

Result<const std::byte*> RowReader::read(std::span<const int32_t> rows) {
  SLUICE_CHECK(rows.size() <= kRows);
  const int64_t start = now_ns();
  // Of an earlier call, if the reader failed in it.
  while (reader_.in_flight() > 0) SLUICE_TRY(reader_.reap(done_, 1));
  const auto collected = collect(rows);
  stats_.flight_ns += now_ns() - start;
  if (!collected) return collected.error();
  for (size_t i = 0; i < rows.size(); ++i) {
    const ReadRequest from = request(i, rows[i]);
    const uint64_t lead = table_.offset + static_cast<uint64_t>(rows[i]) * table_.row_bytes -
                          from.offset;
    std::byte* row = memory_.data() + i * table_.row_bytes;
    std::memmove(row, from.destination + lead, table_.row_bytes);
    if (matches(rows[i], row)) continue;
    return Error{Code::corrupt, files_[static_cast<size_t>(table_.file)].path() + ": " +
                                    describe(rows[i]) + " at offset " +
                                    std::to_string(from.offset + lead) +
                                    " read differently than before (checksum): the disk or "
                                    "memory is failing"};
  }
  return memory_.data();
}

// Starts a read for each row and waits for all of them, even after one has failed: their memory is
// to be used again.
Result<void> RowReader::collect(std::span<const int32_t> rows) {
  std::optional<Error> failure;
  size_t started = 0;
  while (reader_.in_flight() > 0 || (started < rows.size() && !failure)) {
    while (!failure && started < rows.size() && reader_.in_flight() < reader_.depth()) {
      const ReadRequest next = request(started, rows[started]);
      if (auto submitted = reader_.submit({&next, 1}); !submitted) {
        failure = submitted.error();
        break;
      }
      stats_.bytes_read += next.bytes;
      ++started;
    }
    if (reader_.in_flight() == 0) break;
    SLUICE_LET(const size_t count, reader_.reap(done_, 1));
    for (size_t i = 0; i < count; ++i) {
      if (done_[i].error == 0 || failure) continue;
      const int32_t row = rows[done_[i].tag];
      const ReadRequest failed = request(done_[i].tag, row);
      failure = read_error(files_[static_cast<size_t>(table_.file)], failed.offset, failed.needed,
                           done_[i]);
      failure->message += " (" + describe(row) + ")";
    }
  }
  if (failure) return *failure;
  return {};
}

ReadRequest RowReader::request(size_t place, int32_t row) const {
  SLUICE_CHECK(row >= 0 && static_cast<uint64_t>(row) < table_.rows);
  const uint64_t offset = table_.offset + static_cast<uint64_t>(row) * table_.row_bytes;
  ReadRequest request;
  request.file = table_.file;
  request.offset = align_down(offset, alignment_);
  request.bytes = align_up(offset + table_.row_bytes, alignment_) - request.offset;
  request.needed = offset + table_.row_bytes - request.offset;
  request.destination = landing(place);
  request.tag = place;
  return request;
}

// As store/checksums.hpp, shorter sums.
bool RowReader::matches(int32_t row, const std::byte* bytes) {
  uint32_t sum = static_cast<uint32_t>(XXH3_64bits(bytes, table_.row_bytes));
  if (sum == 0) sum = 1;
  uint32_t& known = sums_[static_cast<size_t>(row)];
  if (known == 0) known = sum;
  return known == sum;
}

std::string RowReader::describe(int32_t row) const {
  return table_.name + " row " + std::to_string(row);
}

}  // namespace sluice
