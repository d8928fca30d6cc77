// Goal: the reader that tests trust to go wrong goes wrong exactly as told, and otherwise not.
#include "io/faulty_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

class FaultyReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = folder_ / "letters";
    std::ofstream(path) << std::string(64, 'a') << std::string(64, 'b');
    auto file = File::open(path, Caching::buffered);
    ASSERT_TRUE(file) << file.error().message;
    files_.push_back(std::move(*file));
  }

  FaultyReader reader(FaultScript script) {
    auto inner = open_reader("pread", files_, {.depth = 8, .threads = 1});
    EXPECT_TRUE(inner);
    return FaultyReader(std::move(*inner), std::move(script));
  }
  ReadRequest request(size_t index) {
    return {.offset = 60, .bytes = 8, .needed = 8, .destination = buffers_[index], .tag = index};
  }
  Completion read(FaultyReader& reader) {
    const ReadRequest one = request(0);
    Completion completion;
    EXPECT_TRUE(reader.submit({&one, 1}));
    const auto count = reader.reap({&completion, 1}, 1);
    EXPECT_TRUE(count && *count == 1);
    return completion;
  }
  std::string text(size_t index) const {
    return {reinterpret_cast<const char*>(buffers_[index]), 8};
  }

  test::TemporaryFolder folder_;
  std::vector<File> files_;
  std::byte buffers_[8][8] = {};
};

TEST_F(FaultyReaderTest, SpoilsExactlyTheRequestsOfItsScript) {
  FaultyReader faulty =
      reader({.faults = {{.kind = FaultKind::error, .request = 1, .error = ENXIO},
                         {.kind = FaultKind::short_read, .request = 2},
                         {.kind = FaultKind::corrupt, .request = 3, .count = 2}}});
  EXPECT_EQ(read(faulty).error, 0);
  EXPECT_EQ(text(0), "aaaabbbb");
  EXPECT_EQ(read(faulty).error, ENXIO);
  EXPECT_NE(text(0), "aaaabbbb");
  const Completion completion = read(faulty);
  EXPECT_EQ(completion.error, kShortRead);
  EXPECT_EQ(completion.bytes, 4u);
  EXPECT_EQ(text(0).substr(0, 4), "aaaa");
  EXPECT_NE(text(0), "aaaabbbb");
  EXPECT_EQ(read(faulty).error, 0);
  EXPECT_EQ(text(0), "aaaabbbc");
  EXPECT_EQ(read(faulty).error, 0);
  EXPECT_EQ(text(0), "aaaabbbc");
  EXPECT_EQ(read(faulty).error, 0);
  EXPECT_EQ(text(0), "aaaabbbb");
  EXPECT_EQ(faulty.requests(), 6u);
  EXPECT_EQ(faulty.fired(), 4u);
}

TEST_F(FaultyReaderTest, ARefusedSubmissionStartsNothing) {
  FaultyReader faulty = reader({.faults = {{.kind = FaultKind::refuse, .request = 1}}});
  const ReadRequest requests[] = {request(0), request(1), request(2)};
  EXPECT_FALSE(faulty.submit(requests));
  EXPECT_EQ(faulty.in_flight(), 0u);
  EXPECT_TRUE(faulty.submit(requests));
  EXPECT_EQ(faulty.in_flight(), 3u);
  Completion completions[8];
  EXPECT_EQ(*faulty.reap(completions, 3), 3u);
}

TEST_F(FaultyReaderTest, ADelayedReadComesLast) {
  FaultyReader faulty = reader({.faults = {{.kind = FaultKind::delay, .request = 0}}});
  const ReadRequest requests[] = {request(0), request(1), request(2)};
  ASSERT_TRUE(faulty.submit(requests));
  std::vector<uint64_t> order;
  while (faulty.in_flight() > 0) {
    Completion completion;
    ASSERT_EQ(*faulty.reap({&completion, 1}, 1), 1u);
    order.push_back(completion.tag);
  }
  EXPECT_EQ(order, (std::vector<uint64_t>{1, 2, 0}));
}

TEST_F(FaultyReaderTest, ShufflingChangesTheOrderAndLosesNothing) {
  std::vector<std::vector<uint64_t>> orders;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    FaultyReader faulty = reader({.seed = seed, .shuffle = true});
    std::vector<ReadRequest> requests;
    for (size_t i = 0; i < 8; ++i) requests.push_back(request(i));
    ASSERT_TRUE(faulty.submit(requests));
    std::vector<uint64_t> order;
    while (faulty.in_flight() > 0) {
      Completion completions[8];
      const auto count = faulty.reap(completions, 1);
      ASSERT_TRUE(count);
      for (size_t i = 0; i < *count; ++i) order.push_back(completions[i].tag);
    }
    orders.push_back(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST_F(FaultyReaderTest, RandomFaultsRepeatWithTheirSeed) {
  const auto run = [&](uint64_t seed) {
    FaultyReader faulty =
        reader({.seed = seed, .random_kind = FaultKind::error, .random_one_in = 4});
    std::string outcome;
    for (int i = 0; i < 64; ++i) outcome += read(faulty).error == 0 ? '.' : 'x';
    return outcome;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace sluice
