// Goal: every reader delivers the right bytes, and names what it could not deliver.
// Method: one suite, run for each reader and both ways of caching, on files whose bytes are a
// function of their offset.
#include "io/reader.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kFileBytes = 300'123;  // a tail that no alignment divides

char pattern(uint64_t offset, uint64_t file) {
  uint64_t x = (offset + 1) * 0x9E3779B97F4A7C15u + file;
  x ^= x >> 29;
  return static_cast<char>((x * 0xBF58476D1CE4E5B9u) >> 56);
}

class ReaderTest : public ::testing::TestWithParam<std::tuple<std::string, Caching>> {
 protected:
  void SetUp() override {
    for (uint64_t index = 0; index < 3; ++index) {
      std::string bytes(kFileBytes, '\0');
      for (uint64_t i = 0; i < kFileBytes; ++i) bytes[i] = pattern(i, index);
      std::ofstream(path(index), std::ios::binary) << bytes;
      auto file = File::open(path(index), std::get<1>(GetParam()));
      ASSERT_TRUE(file) << file.error().message;
      files_.push_back(std::move(*file));
      alignment_ = std::max(alignment_, files_.back().alignment());
    }
    auto memory = Pages::allocate(kReads * kReadBytes);
    ASSERT_TRUE(memory);
    memory_ = std::move(*memory);
  }

  std::string path(uint64_t index) const { return folder_ / ("file" + std::to_string(index)); }
  // False, after a loud SKIP, where the system has no such reader.
  bool open(size_t depth) {
    auto reader = open_reader(std::get<0>(GetParam()), files_, {.depth = depth, .threads = 3});
    if (reader) reader_ = std::move(*reader);
    return reader_ != nullptr;
  }
  ReadRequest request(uint64_t file, uint64_t offset, size_t bytes, size_t buffer = 0) const {
    return {.file = FileIndex(static_cast<uint32_t>(file)),
            .offset = offset,
            .bytes = bytes,
            .needed = bytes,
            .destination = memory_.data() + buffer * kReadBytes,
            .untouched = buffer % 2 == 0,
            .tag = 1000 + buffer};
  }
  Completion read(const ReadRequest& request) {
    Completion completion;
    EXPECT_TRUE(reader_->submit({&request, 1}));
    const auto count = reader_->reap({&completion, 1}, 1);
    EXPECT_TRUE(count);
    EXPECT_EQ(*count, 1u);
    EXPECT_EQ(completion.tag, request.tag);
    return completion;
  }
  static void expect_bytes(const ReadRequest& request, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
      ASSERT_EQ(static_cast<char>(request.destination[i]),
                pattern(request.offset + i, static_cast<uint64_t>(request.file)))
          << "byte " << i << " of the read at " << request.offset;
    }
  }

  static constexpr size_t kReads = 16;
  static constexpr size_t kReadBytes = 65536;
  test::TemporaryFolder folder_;
  std::vector<File> files_;
  size_t alignment_ = 1;
  Pages memory_;
  std::unique_ptr<Reader> reader_;
};

#define OPEN_OR_SKIP(depth) \
  if (!open(depth)) GTEST_SKIP() << "SKIP: this system refuses the reader"

TEST_P(ReaderTest, SaysWhatItIs) {
  OPEN_OR_SKIP(7);
  EXPECT_EQ(reader_->name(), std::get<0>(GetParam()));
  EXPECT_EQ(reader_->depth(), 7u);
  EXPECT_EQ(reader_->in_flight(), 0u);
  Completion completion;
  const auto none = reader_->reap({&completion, 1}, 1);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, 0u);
}

TEST_P(ReaderTest, RandomReadsAreRight) {
  OPEN_OR_SKIP(kReads);
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<ReadRequest> requests;
    for (size_t i = 0; i < kReads; ++i) {
      const uint64_t bytes = align_up(1 + random() % kReadBytes, alignment_);
      const uint64_t offset = align_down(random() % (kFileBytes - bytes), alignment_);
      requests.push_back(request(random() % 3, offset, bytes, i));
    }
    // In two portions, to see both an idle and a busy reader.
    ASSERT_TRUE(reader_->submit(std::span(requests).first(5)));
    ASSERT_TRUE(reader_->submit(std::span(requests).subspan(5)));
    EXPECT_EQ(reader_->in_flight(), kReads);
    std::vector<bool> seen(kReads);
    while (reader_->in_flight() > 0) {
      Completion completions[3];
      const auto count = reader_->reap(completions, 2);
      ASSERT_TRUE(count);
      ASSERT_GE(*count, 1u);
      for (size_t i = 0; i < *count; ++i) {
        const size_t index = completions[i].tag - 1000;
        ASSERT_LT(index, kReads);
        EXPECT_FALSE(seen[index]);
        seen[index] = true;
        EXPECT_EQ(completions[i].error, 0);
        EXPECT_EQ(completions[i].bytes, requests[index].bytes);
        expect_bytes(requests[index], requests[index].bytes);
      }
    }
  }
}

TEST_P(ReaderTest, TheTailOfAFileIsEnoughIfNoMoreIsNeeded) {
  OPEN_OR_SKIP(4);
  const uint64_t offset = align_down(kFileBytes - 5000, alignment_);
  ReadRequest tail = request(1, offset, align_up(kFileBytes - offset, 4096) + 4096);
  tail.needed = kFileBytes - offset;
  const Completion completion = read(tail);
  EXPECT_EQ(completion.error, 0);
  EXPECT_EQ(completion.bytes, kFileBytes - offset);
  expect_bytes(tail, tail.needed);
}

TEST_P(ReaderTest, OneByteTooFewIsShort) {
  OPEN_OR_SKIP(4);
  const uint64_t offset = align_down(kFileBytes - 5000, alignment_);
  ReadRequest tail = request(2, offset, 16384);
  tail.needed = kFileBytes - offset + 1;
  const Completion completion = read(tail);
  EXPECT_EQ(completion.error, kShortRead);
  EXPECT_EQ(completion.bytes, kFileBytes - offset);
  const Error error = read_error(files_[2], tail.offset, tail.needed, completion);
  EXPECT_EQ(error.code, Code::io);
  EXPECT_EQ(error.message, path(2) + ": read of " + std::to_string(tail.needed) +
                               " bytes at offset " + std::to_string(offset) +
                               " came back short: " + std::to_string(completion.bytes) +
                               " bytes; the file may be truncated");
}

TEST_P(ReaderTest, PastTheEndIsShort) {
  OPEN_OR_SKIP(4);
  const Completion completion = read(request(0, align_up(kFileBytes, 4096) + 8192, 4096));
  EXPECT_EQ(completion.error, kShortRead);
  EXPECT_EQ(completion.bytes, 0u);
}

TEST_P(ReaderTest, AFileTruncatedMeanwhileIsShort) {
  OPEN_OR_SKIP(4);
  EXPECT_EQ(read(request(0, 131072, 65536)).error, 0);
  ASSERT_EQ(truncate(path(0).c_str(), 140'000), 0);
  const Completion completion = read(request(0, 131072, 65536));
  EXPECT_EQ(completion.error, kShortRead);
  EXPECT_EQ(completion.bytes, 140'000u - 131072u);
  ASSERT_EQ(truncate(path(0).c_str(), 0), 0);
  EXPECT_EQ(read(request(0, 131072, 65536)).error, kShortRead);
  EXPECT_EQ(read(request(1, 131072, 65536)).error, 0);
}

TEST_P(ReaderTest, AnUnreadableDescriptorIsAnError) {
  // Behind the file's back its descriptor becomes one that may only be written.
  const int write_only = ::open(path(1).c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(write_only, 0);
  ASSERT_GE(dup2(write_only, files_[1].descriptor()), 0);
  close(write_only);
  OPEN_OR_SKIP(4);
  const ReadRequest wrong = request(1, 0, 4096);
  const Completion completion = read(wrong);
  EXPECT_EQ(completion.error, EBADF);
  const Error error = read_error(files_[1], wrong.offset, wrong.bytes, completion);
  EXPECT_THAT(error.message, HasSubstr("read of 4096 bytes at offset 0 failed: Bad file"));
  const ReadRequest right = request(2, 4096, 4096);
  EXPECT_EQ(read(right).error, 0);
  expect_bytes(right, 4096);
}

TEST_P(ReaderTest, ReapWithoutMinimumDoesNotWaitAndAllArriveInTheEnd) {
  OPEN_OR_SKIP(4);
  ASSERT_TRUE(reader_->submit({}));
  const ReadRequest requests[] = {request(0, 0, 65536, 0), request(1, 65536, 65536, 1)};
  ASSERT_TRUE(reader_->submit(requests));
  size_t arrived = 0;
  for (int i = 0; i < 1'000'000 && arrived < 2; ++i) {
    Completion completions[4];
    const auto count = reader_->reap(completions, 0);
    ASSERT_TRUE(count);
    arrived += *count;
  }
  EXPECT_EQ(arrived, 2u);
  expect_bytes(requests[0], 65536);
  expect_bytes(requests[1], 65536);
}

TEST_P(ReaderTest, DestructionWaitsForReadsInFlight) {
  for (int round = 0; round < 20; ++round) {
    OPEN_OR_SKIP(kReads);
    std::vector<ReadRequest> requests;
    for (size_t i = 0; i < kReads; ++i) requests.push_back(request(i % 3, 65536, 65536, i));
    ASSERT_TRUE(reader_->submit(requests));
    reader_.reset();
    // What lands now would be seen here, or by a sanitizer once the memory is unmapped.
    std::fill_n(memory_.data(), memory_.size(), std::byte{0x55});
    usleep(1000);
    for (const std::byte byte : memory_.span()) ASSERT_EQ(byte, std::byte{0x55});
  }
}

// Pages of a file that are in the page cache.
size_t cached_pages(const File& file) {
  void* mapping = mmap(nullptr, file.size(), PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (mapping == MAP_FAILED) return 0;
  std::vector<unsigned char> pages(align_up(file.size(), 4096) / 4096);
  EXPECT_EQ(mincore(mapping, file.size(), pages.data()), 0);
  munmap(mapping, file.size());
  size_t count = 0;
  for (const unsigned char page : pages) count += page & 1;
  return count;
}

TEST_P(ReaderTest, LeavesNothingInThePageCache) {
  OPEN_OR_SKIP(4);
  const File& file = files_[0];
  ASSERT_EQ(fsync(file.descriptor()), 0);  // dirty pages cannot be dropped
  posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED);
  if (cached_pages(file) > 0) GTEST_SKIP() << "SKIP: this file system keeps its pages";
  EXPECT_EQ(read(request(0, 0, 65536)).error, 0);
  const uint64_t odd = file.alignment() == 1 ? 77 : 0;
  EXPECT_EQ(read(request(0, 131072 + odd, 65536)).error, 0);
  EXPECT_EQ(cached_pages(file), 0u);
}

std::string describe(const ::testing::TestParamInfo<ReaderTest::ParamType>& info) {
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == Caching::direct ? "_direct" : "_buffered");
}

INSTANTIATE_TEST_SUITE_P(All, ReaderTest,
                         ::testing::Combine(::testing::Values("uring", "pread"),
                                            ::testing::Values(Caching::direct, Caching::buffered)),
                         describe);

TEST(OpenReader, AutoFindsOneAndUnknownNamesAreRefused) {
  const auto found = open_reader("auto", {}, {});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE((*found)->name() == "uring" || (*found)->name() == "pread");
  const auto unknown = open_reader("mmap", {}, {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::unsupported);
  EXPECT_THAT(unknown.error().message, HasSubstr("'mmap'"));
  EXPECT_FALSE(open_reader("auto", {}, {.depth = 0}));
}

}  // namespace
}  // namespace sluice
