// Goal: a row is what the file holds, wherever it lies; when a read fails the caller hears which
// row, and the next call is right; rows that change between reads are noticed.
// Method: the files of the store's tests, whose bytes are a function of their place, and a reader
// that spoils each possible read in each way.
#include "store/row_reader.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include "store/store_rig.hpp"

namespace sluice {
namespace {

// Rows that no alignment suits; the last one ends with file 1.
constexpr uint64_t kOffset = 40960 + 4096;
constexpr uint64_t kRowBytes = 4096 * 5 / 64;
constexpr uint64_t kRowCount = 64;

RowTable table() { return {"token_embd.weight", FileIndex{1}, kOffset, kRowBytes, kRowCount}; }

class Rows {
 public:
  explicit Rows(const RigOptions& options) : rig_(options) {
    if (!rig_.usable()) return;
    auto memory = Pages::allocate(RowReader::landing_bytes(table(), 4096));
    EXPECT_TRUE(memory);
    memory_ = std::move(*memory);
    rows_ = std::make_unique<RowReader>(table(), rig_.files(), rig_.reader(), memory_.span());
  }

  bool usable() const { return rig_.usable(); }
  StoreRig& rig() { return rig_; }
  RowReader& reader() { return *rows_; }

 private:
  StoreRig rig_;
  Pages memory_;
  std::unique_ptr<RowReader> rows_;
};

void expect_right(const std::byte* bytes, std::span<const int32_t> rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint64_t offset = kOffset + static_cast<uint64_t>(rows[i]) * kRowBytes;
    for (uint64_t b = 0; b < kRowBytes; ++b) {
      ASSERT_EQ(bytes[i * kRowBytes + b], pattern_byte(FileIndex{1}, offset + b))
          << "row " << rows[i] << " at place " << i << ", byte " << b;
    }
  }
}

std::vector<int32_t> some_rows(size_t count) {
  std::vector<int32_t> rows;
  for (size_t i = 0; i < count; ++i) rows.push_back(static_cast<int32_t>(i * 37 % kRowCount));
  return rows;
}

TEST(RowReader, RowsAreThoseOfTheFile) {
  for (const char* const reader : {"uring", "pread"}) {
    for (const Caching caching : {Caching::direct, Caching::buffered}) {
      for (const size_t depth : {size_t{3}, size_t{64}}) {
        Rows rows({.reader = reader, .depth = depth, .caching = caching});
        if (!rows.usable()) continue;
        for (const size_t count : {size_t{1}, size_t{2}, size_t{31}, RowReader::kRows}) {
          const std::vector<int32_t> wanted = some_rows(count);
          const auto bytes = rows.reader().read(wanted);
          ASSERT_TRUE(bytes) << bytes.error().message;
          expect_right(*bytes, wanted);
        }
        const std::vector<int32_t> edges = {63, 0, 63, 63, 1, 62};  // the same row more than once
        const auto bytes = rows.reader().read(edges);
        ASSERT_TRUE(bytes) << bytes.error().message;
        expect_right(*bytes, edges);
      }
    }
  }
}

TEST(RowReader, CountsWhatItAsksFor) {
  Rows rows({});
  ASSERT_TRUE(rows.usable());
  const std::vector<int32_t> one = {0};
  ASSERT_TRUE(rows.reader().read(one));
  EXPECT_EQ(rows.reader().stats().bytes_read % rows.rig().files()[1].alignment(), 0u);
  const uint64_t once = rows.reader().stats().bytes_read;
  EXPECT_GE(once, kRowBytes);
  ASSERT_TRUE(rows.reader().read(one));
  EXPECT_EQ(rows.reader().stats().bytes_read, 2 * once);
  EXPECT_GT(rows.reader().stats().flight_ns, 0);
}

TEST(RowReader, EveryReadThatFailsIsToldAndTheNextCallIsRight) {
  const std::vector<int32_t> wanted = some_rows(7);
  for (const FaultKind kind : {FaultKind::error, FaultKind::short_read, FaultKind::refuse}) {
    for (uint64_t k = 0; k < wanted.size(); ++k) {
      FaultScript script;
      script.faults = {{.kind = kind, .request = k}};
      Rows rows({.depth = 4, .script = script});
      ASSERT_TRUE(rows.usable());
      const auto spoilt = rows.reader().read(wanted);
      ASSERT_FALSE(spoilt) << k;
      EXPECT_EQ(spoilt.error().code, Code::io);
      if (kind != FaultKind::refuse) {
        EXPECT_NE(spoilt.error().message.find(rows.rig().path(1)), std::string::npos);
        const std::string row = "token_embd.weight row " + std::to_string(wanted[k]);
        EXPECT_NE(spoilt.error().message.find(row), std::string::npos) << spoilt.error().message;
      }
      EXPECT_EQ(rows.rig().reader().in_flight(), 0u);
      const auto bytes = rows.reader().read(wanted);
      ASSERT_TRUE(bytes) << bytes.error().message;
      expect_right(*bytes, wanted);
    }
  }
}

// A reader whose collection of completions fails once, with reads in flight.
class FailingReap final : public Reader {
 public:
  explicit FailingReap(Reader& inner) : inner_(inner) {}

  Result<void> submit(std::span<const ReadRequest> requests) override {
    return inner_.submit(requests);
  }
  Result<size_t> reap(std::span<Completion> out, size_t minimum) override {
    if (!std::exchange(failed_, true)) return Error{Code::io, "cannot wait"};
    return inner_.reap(out, minimum);
  }
  size_t in_flight() const override { return inner_.in_flight(); }
  size_t depth() const override { return inner_.depth(); }
  std::string_view name() const override { return "failing"; }

 private:
  Reader& inner_;
  bool failed_ = false;
};

TEST(RowReader, GoesOnAfterItsReaderFailed) {
  Rows rows({});
  ASSERT_TRUE(rows.usable());
  FailingReap failing(rows.rig().reader());
  auto memory = Pages::allocate(RowReader::landing_bytes(table(), 4096));
  ASSERT_TRUE(memory);
  RowReader reader(table(), rows.rig().files(), failing, memory->span());
  const std::vector<int32_t> wanted = some_rows(5);
  EXPECT_FALSE(reader.read(wanted));
  EXPECT_GT(failing.in_flight(), 0u);
  const std::vector<int32_t> others = {40, 41, 3};
  const auto bytes = reader.read(others);
  ASSERT_TRUE(bytes) << bytes.error().message;
  expect_right(*bytes, others);
}

TEST(RowReader, ARowThatChangedIsNoticed) {
  Rows rows({.caching = Caching::buffered, .own_files = true});
  ASSERT_TRUE(rows.usable());
  const std::vector<int32_t> wanted = {5, 6};
  ASSERT_TRUE(rows.reader().read(wanted));
  const int file = open(rows.rig().path(1).c_str(), O_WRONLY);
  ASSERT_GE(file, 0);
  const uint64_t place = kOffset + 6 * kRowBytes + 3;
  const auto other = pattern_byte(FileIndex{1}, place) ^ std::byte{1};
  ASSERT_EQ(pwrite(file, &other, 1, static_cast<off_t>(place)), 1);
  close(file);
  const auto changed = rows.reader().read(wanted);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::corrupt);
  EXPECT_NE(changed.error().message.find("row 6"), std::string::npos) << changed.error().message;
  const std::vector<int32_t> other_row = {5};
  EXPECT_TRUE(rows.reader().read(other_row));
}

}  // namespace
}  // namespace sluice
