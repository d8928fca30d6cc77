#include "host/thread_pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace sluice {

namespace {

// About 20 microseconds of polling before sleeping: longer than the gaps between the loops of one
// layer, shorter than a read from flash.
constexpr int kSpins = 4000;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits until `value` differs from `old`, first polling, then sleeping.
void wait_change(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    relax();
  }
  while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(size_t threads) {
  for (size_t member = 1; member < threads; ++member) {
    workers_.emplace_back([this, member] { serve(member); });
    pthread_setname_np(workers_.back().native_handle(), "sluice-compute");
  }
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
}

void ThreadPool::run(const Loop& loop) {
  loop_ = loop;
  next_.store(0, std::memory_order_relaxed);
  state_.store(kOpen, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  work(0);
  state_.fetch_and(~kOpen, std::memory_order_relaxed);
  for (int spins = 0; state_.load(std::memory_order_acquire) != 0; ++spins) {
    if (spins < kSpins) {
      relax();
    } else {
      sched_yield();  // a member was put aside in the middle of its chunk
    }
  }
}

bool ThreadPool::join() {
  uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & kOpen) != 0) {
    if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

void ThreadPool::work(size_t member) {
  const Loop& loop = loop_;
  for (;;) {
    const size_t begin = next_.fetch_add(loop.grain, std::memory_order_relaxed);
    if (begin >= loop.count) return;
    loop.call(loop.context, begin, std::min(begin + loop.grain, loop.count), member);
  }
}

void ThreadPool::serve(size_t member) {
  uint32_t seen = 0;
  for (;;) {
    wait_change(generation_, seen);
    seen = generation_.load(std::memory_order_acquire);
    if (stopping_.load(std::memory_order_relaxed)) return;
    if (!join()) continue;  // over before this member got a processor
    work(member);
    state_.fetch_sub(1, std::memory_order_release);
  }
}

size_t default_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace sluice
