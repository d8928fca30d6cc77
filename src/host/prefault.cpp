#include "host/prefault.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <system_error>

#include "base/bytes.hpp"

// Linux 5.14; older headers do not name it.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace sluice {

namespace {
// A huge page: what the system finds and clears at once.
constexpr size_t kPiece = 2 * kMiB;
// Two are faster than one where memory comes slowly; more were not tried.
constexpr size_t kThreads = 2;
constexpr int kLowestPriority = 19;
}  // namespace

void Prefaulter::reach(size_t bytes) {
  // Pieces begin at huge pages, so that no call is refused and none is cut.
  bytes = bytes < memory_.size() ? align_down(bytes, kPiece) : memory_.size();
  bytes = std::min(bytes, end_);
  if (stopping_ || bytes <= goal_) return;
  // Of nothing: does this kernel know how?
  if (madvise(memory_.data(), 0, MADV_POPULATE_WRITE) != 0) return stop();
  goal_ = bytes;
  goal_.notify_all();
  try {
    while (threads_.size() < kThreads) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    stop();  // no thread to be had: memory is found when it is used
  }
}

void Prefaulter::keep_below(size_t bytes) {
  bytes = align_down(bytes, kPiece);
  if (stopping_ || bytes >= end_) return;
  end_ = bytes;
  if (goal_ <= bytes) return;
  goal_ = bytes;
  // A thread that saw the old goal takes a piece that was next then, or none.
  if (next_ + kPiece > bytes) stop();
}

void Prefaulter::stop() {
  stopping_ = true;
  goal_ = SIZE_MAX;  // wakes those who wait for another value
  goal_.notify_all();
  threads_.clear();
}

void Prefaulter::work() {
  setpriority(PRIO_PROCESS, 0, kLowestPriority);  // on Linux, of this thread
  for (;;) {
    const size_t begin = next_;
    const size_t goal = goal_;  // after next_: whoever comes back late then takes nothing
    if (stopping_ || begin >= memory_.size()) return;
    if (begin >= goal) {
      goal_.wait(goal);
      continue;
    }
    size_t expected = begin;
    const size_t end = std::min(begin + kPiece, goal);
    if (!next_.compare_exchange_strong(expected, end)) continue;
    if (madvise(memory_.data() + begin, end - begin, MADV_POPULATE_WRITE) != 0) {
      stopping_ = true;
      return;
    }
  }
}

}  // namespace sluice
