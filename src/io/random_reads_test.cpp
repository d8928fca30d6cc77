// Goal: random reads stay inside the files, as many at a time as asked for, and a read that fails
// is told, whichever it is.
// Method: sparse files, and a reader that spoils each of the first reads in each way.
#include "io/random_reads.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "io/faulty_reader.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

constexpr RandomReads::Shape kShape{64 * kKiB, 3};

class RandomReadsTest : public ::testing::Test {
 protected:
  RandomReadsTest() {
    make_file(kMiB);
    make_file(5);  // nothing fits there
    make_file(kShape.read_bytes);
    auto memory = Pages::allocate(kShape.read_bytes * kShape.in_flight);
    EXPECT_TRUE(memory);
    memory_ = std::move(*memory);
  }

  void make_file(uint64_t bytes) {
    const std::string path = folder_ / ("model" + std::to_string(files_.size()));
    std::ofstream(path, std::ios::binary) << "model";
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(bytes)), 0);
    auto file = File::open(path);
    ASSERT_TRUE(file) << file.error().message;
    files_.push_back(std::move(*file));
  }

  RandomReads reads(const FaultScript& script) {
    auto inner = open_reader("auto", files_, {.depth = kShape.in_flight, .threads = 2});
    EXPECT_TRUE(inner) << inner.error().message;
    return {files_, std::make_unique<FaultyReader>(std::move(*inner), script), kShape,
            memory_.span(), random_};
  }

  test::TemporaryFolder folder_;
  std::vector<File> files_;
  Pages memory_;
  Random random_{1};
};

TEST_F(RandomReadsTest, PlacesAreWhereAReadFits) {
  EXPECT_EQ(RandomReads::places(files_, 64 * kKiB), (kMiB - 64 * kKiB) / 4096 + 1 + 1);
  EXPECT_EQ(RandomReads::places(files_, kMiB), 1u);
  EXPECT_EQ(RandomReads::places(files_, kMiB + 4096), 0u);
}

TEST_F(RandomReadsTest, AsManyAreInFlightAsAskedFor) {
  RandomReads reads = this->reads({});
  ASSERT_TRUE(reads.start());
  for (size_t arrived = 0; arrived < 200;) {
    EXPECT_EQ(reads.in_flight(), kShape.in_flight);
    const auto latencies = reads.collect(1);
    ASSERT_TRUE(latencies) << latencies.error().message;
    EXPECT_GE(latencies->size(), 1u);
    for (const double latency : *latencies) EXPECT_GE(latency, 0);
    arrived += latencies->size();
    ASSERT_TRUE(reads.start_again());
  }
}

TEST_F(RandomReadsTest, EachReadThatFailsIsTold) {
  for (const FaultKind kind : {FaultKind::error, FaultKind::short_read, FaultKind::refuse}) {
    for (uint64_t k = 0; k < 10; ++k) {
      FaultScript script;
      script.faults = {{.kind = kind, .request = k}};
      RandomReads reads = this->reads(script);
      Result<void> gone = reads.start();
      for (size_t i = 0; gone && i < 20; ++i) {
        const auto latencies = reads.collect(1);
        gone = latencies ? reads.start_again() : Result<void>(latencies.error());
      }
      ASSERT_FALSE(gone) << k;
      EXPECT_EQ(gone.error().code, Code::io);
      if (kind == FaultKind::refuse) continue;
      EXPECT_NE(gone.error().message.find("model"), std::string::npos) << gone.error().message;
      EXPECT_NE(gone.error().message.find("offset"), std::string::npos) << gone.error().message;
    }
  }
}

}  // namespace
}  // namespace sluice
