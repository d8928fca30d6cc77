#include "host/prefault.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>

#include "base/bytes.hpp"

// Linux 5.14; older headers do not name it.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace sluice {

namespace {
// Large enough to be worth a call, small enough that stop() need not wait long.
constexpr size_t kPiece = 4 * kMiB;
}  // namespace

void Prefaulter::reach(size_t bytes) {
  bytes = std::min({bytes, memory_.size(), end_});
  if (stopping_ || bytes <= goal_) return;
  // Of nothing: does this kernel know how?
  if (madvise(memory_.data(), 0, MADV_POPULATE_WRITE) != 0) return stop();
  goal_ = bytes;
  goal_.notify_all();
  while (threads_.size() < kThreads) threads_.emplace_back([this] { work(); });
}

void Prefaulter::keep_below(size_t bytes) {
  // What the threads may have begun since next_ was read.
  constexpr size_t kUnseen = kThreads * kPiece;
  if (stopping_ || bytes >= end_) return;
  end_ = bytes;
  if (goal_ <= bytes) return;
  goal_ = bytes;
  if (next_ + kUnseen > bytes) stop();
}

void Prefaulter::stop() {
  stopping_ = true;
  ++goal_;  // wakes those who wait for another value
  goal_.notify_all();
  threads_.clear();
}

size_t Prefaulter::begun() const { return next_; }

void Prefaulter::work() {
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);  // if refused, at the usual priority
  for (;;) {
    const size_t goal = goal_;
    size_t begin = next_;
    if (stopping_ || begin >= memory_.size()) return;
    if (begin >= goal) {
      goal_.wait(goal);
      continue;
    }
    const size_t end = std::min(begin + kPiece, goal);
    if (!next_.compare_exchange_strong(begin, end)) continue;
    if (madvise(memory_.data() + begin, end - begin, MADV_POPULATE_WRITE) != 0) return;
  }
}

}  // namespace sluice
