// Goal: memory gets its pages up to where it was asked for and not much further, and keeps what it
// holds. Method: mincore over a mapping of its own.
#include "host/prefault.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/pages.hpp"

namespace sluice {
namespace {

constexpr size_t kBytes = 64 * kMiB;
constexpr size_t kPage = 4096;

size_t resident_bytes(std::span<std::byte> memory) {
  std::vector<unsigned char> pages(memory.size() / kPage);
  EXPECT_EQ(mincore(memory.data(), memory.size(), pages.data()), 0);
  return kPage * static_cast<size_t>(std::ranges::count_if(pages, [](auto p) { return p & 1; }));
}

bool can_prefault() {
  auto probe = Pages::allocate(kPage);
  return probe && madvise(probe->data(), kPage, 23) == 0;
}

void wait_for(const Prefaulter& prefaulter, size_t bytes) {
  while (prefaulter.begun() < bytes) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

class PrefaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_prefault()) GTEST_SKIP() << "this kernel has no MADV_POPULATE_WRITE";
    auto pages = Pages::allocate(kBytes);
    ASSERT_TRUE(pages);
    pages_ = std::move(*pages);
  }
  Pages pages_;
};

TEST_F(PrefaultTest, ReachesAndGoesOn) {
  Prefaulter prefaulter(pages_.span());
  EXPECT_EQ(prefaulter.begun(), 0u);
  prefaulter.reach(16 * kMiB);
  wait_for(prefaulter, 16 * kMiB);
  prefaulter.reach(8 * kMiB);  // less than before: nothing
  prefaulter.reach(32 * kMiB);
  wait_for(prefaulter, 32 * kMiB);
  prefaulter.stop();
  EXPECT_EQ(resident_bytes(pages_.span()), 32 * kMiB);
}

TEST_F(PrefaultTest, EverythingAndTooMuch) {
  Prefaulter prefaulter(pages_.span());
  prefaulter.reach(SIZE_MAX);
  wait_for(prefaulter, kBytes);
  prefaulter.stop();
  EXPECT_EQ(prefaulter.begun(), kBytes);
  EXPECT_EQ(resident_bytes(pages_.span()), kBytes);
}

TEST_F(PrefaultTest, LeavesWhatIsWrittenMeanwhile) {
  Prefaulter prefaulter(pages_.span());
  prefaulter.reach(kBytes);
  const auto place = [&](size_t at) -> std::byte& {
    return pages_.data()[at + at / kPage % kPage];
  };
  for (size_t at = 0; at < kBytes; at += kPage) place(at) = std::byte{7};
  wait_for(prefaulter, kBytes);
  prefaulter.stop();
  for (size_t at = 0; at < kBytes; at += kPage) ASSERT_EQ(place(at), std::byte{7});
}

TEST_F(PrefaultTest, KeepsBelow) {
  Prefaulter prefaulter(pages_.span());
  prefaulter.reach(8 * kMiB);
  wait_for(prefaulter, 8 * kMiB);
  prefaulter.keep_below(24 * kMiB);
  prefaulter.reach(kBytes);
  wait_for(prefaulter, 24 * kMiB);
  EXPECT_FALSE(prefaulter.stopped());
  prefaulter.keep_below(16 * kMiB);  // too late: what is beyond is the caller's to give back
  EXPECT_EQ(prefaulter.begun(), 24 * kMiB);
  prefaulter.reach(kBytes);
  prefaulter.keep_below(4 * kMiB);
  prefaulter.stop();
  EXPECT_EQ(resident_bytes(pages_.span()), 24 * kMiB);
}

TEST_F(PrefaultTest, StoppedIsStopped) {
  Prefaulter prefaulter(pages_.span());
  prefaulter.stop();
  prefaulter.reach(kBytes);
  EXPECT_TRUE(prefaulter.stopped());
  EXPECT_EQ(prefaulter.begun(), 0u);
  EXPECT_EQ(resident_bytes(pages_.span()), 0u);
}

TEST(Prefault, OfNothing) {
  Prefaulter prefaulter({});
  prefaulter.reach(kGiB);
  EXPECT_EQ(prefaulter.begun(), 0u);
}

}  // namespace
}  // namespace sluice
