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

constexpr size_t kBytes = 16 * kMiB + 3 * 4096;  // not all huge pages

size_t resident_bytes(std::span<std::byte> memory) {
  std::vector<unsigned char> pages(memory.size() / kPage);
  EXPECT_EQ(mincore(memory.data(), memory.size(), pages.data()), 0);
  return kPage * static_cast<size_t>(std::ranges::count_if(pages, [](auto p) { return p & 1; }));
}

bool can_prefault() {
  auto probe = Pages::allocate(kPage);
  return probe && madvise(probe->data(), kPage, 23) == 0;
}

// At the lowest priority this may take long on a busy machine.
void wait_for(const Prefaulter& prefaulter, size_t bytes) {
  for (int tries = 0; prefaulter.begun() < bytes; ++tries) {
    ASSERT_LT(tries, 60'000);
    ASSERT_FALSE(prefaulter.stopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
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
  prefaulter.reach(4 * kMiB + 512);  // whole huge pages
  wait_for(prefaulter, 4 * kMiB);
  prefaulter.reach(2 * kMiB);  // less than before: nothing
  prefaulter.reach(8 * kMiB + 1);
  wait_for(prefaulter, 8 * kMiB);
  prefaulter.stop();
  EXPECT_EQ(prefaulter.begun(), 8 * kMiB);
  EXPECT_EQ(resident_bytes(pages_.span()), 8 * kMiB);
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
  prefaulter.reach(2 * kMiB);
  wait_for(prefaulter, 2 * kMiB);
  prefaulter.keep_below(7 * kMiB);  // 6: whole huge pages
  prefaulter.reach(kBytes);
  wait_for(prefaulter, 6 * kMiB);
  EXPECT_FALSE(prefaulter.stopped());
  prefaulter.keep_below(4 * kMiB);  // too late: what is beyond is the caller's to give back
  EXPECT_TRUE(prefaulter.stopped());
  prefaulter.reach(kBytes);
  EXPECT_EQ(prefaulter.begun(), 6 * kMiB);
  EXPECT_EQ(resident_bytes(pages_.span()), 6 * kMiB);
}

// Whatever the threads are doing at that moment.
TEST_F(PrefaultTest, KeepsBelowInTheMiddle) {
  for (int i = 0; i < 50; ++i) {
    madvise(pages_.data(), pages_.size(), MADV_DONTNEED);
    Prefaulter prefaulter(pages_.span());
    prefaulter.reach(kBytes);
    std::this_thread::sleep_for(std::chrono::microseconds(100 * (i % 10)));
    prefaulter.keep_below(8 * kMiB);
    const bool late = prefaulter.stopped();
    const size_t begun = prefaulter.begun();
    if (!late) wait_for(prefaulter, 8 * kMiB);
    prefaulter.stop();
    EXPECT_EQ(resident_bytes(pages_.span()), late ? begun : 8 * kMiB);
  }
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
