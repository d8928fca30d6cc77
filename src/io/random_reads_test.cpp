// Goal: random reads stay inside the files, as many at a time as asked for, and a read that fails
// is told, whichever it is.
// Method: sparse files, and a reader that spoils each of the first reads in each way.
#include "io/random_reads.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "io/faulty_reader.hpp"
#include "support/sparse_files.hpp"

namespace sluice {
namespace {

constexpr RandomReads::Shape kShape{64 * kKiB, 3};

class RandomReadsTest : public ::testing::Test {
 protected:
  RandomReadsTest() {
    files_.add(kMiB);
    files_.add(5);  // nothing fits there
    files_.add(kShape.read_bytes);
    auto memory = Pages::allocate(kShape.read_bytes * kShape.in_flight);
    EXPECT_TRUE(memory);
    memory_ = std::move(*memory);
  }

  RandomReads reads(const FaultScript& script) {
    auto inner = open_reader("auto", files_.all(), {.depth = kShape.in_flight, .threads = 2});
    EXPECT_TRUE(inner) << inner.error().message;
    return {files_.all(), std::make_unique<FaultyReader>(std::move(*inner), script), kShape,
            memory_.span(), random_};
  }

  test::SparseFiles files_;
  Pages memory_;
  Random random_{1};
};

TEST_F(RandomReadsTest, PlacesAreWhereAReadFits) {
  EXPECT_EQ(RandomReads::places(files_.all(), 64 * kKiB), (kMiB - 64 * kKiB) / 4096 + 1 + 1);
  EXPECT_EQ(RandomReads::places(files_.all(), kMiB), 1u);
  EXPECT_EQ(RandomReads::places(files_.all(), kMiB + 4096), 0u);
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
