// A fixed team of threads that runs one loop at a time. The caller is the first member of the team.
// Loops are cut into chunks whose borders depend only on the loop, never on the team: which thread
// takes which chunk is open, so results are reproducible as long as the body of an index does not
// depend on other indices. The caller never waits for a member that has not begun: on a busy
// machine, where a woken thread may get no processor for milliseconds, the others do its share.
// Threads: one caller at a time. Cost: a few microseconds per loop; idle members spin briefly, then
// sleep; nothing is allocated after creation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace sluice {

class ThreadPool {
 public:
  /// A team of `threads` members (at least 1), the caller included.
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t threads() const { return workers_.size() + 1; }

  /// Calls body(begin, end, member) for the chunks of [0, count), each `grain` long (the last may
  /// be shorter). `member` < threads() names the team member, for scratch memory. Returns when all
  /// chunks are done.
  template <typename Body>
  void parallel_for(size_t count, size_t grain, Body&& body) {
    if (count == 0) return;
    if (workers_.empty() || count <= grain) {
      for (size_t begin = 0; begin < count; begin += grain) {
        body(begin, begin + grain < count ? begin + grain : count, size_t{0});
      }
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    run({[](void* context, size_t begin, size_t end, size_t member) {
           (*static_cast<Plain*>(context))(begin, end, member);
         },
         const_cast<void*>(static_cast<const void*>(&body)), count, grain});
  }

 private:
  struct Loop {
    void (*call)(void* context, size_t begin, size_t end, size_t member) = nullptr;
    void* context = nullptr;
    size_t count = 0;
    size_t grain = 1;
  };

  void run(const Loop& loop);
  void work(size_t member);
  bool join();
  void serve(size_t member);

  // state_: whether the loop may be joined, and how many members are inside it.
  static constexpr uint32_t kOpen = 1u << 31;

  Loop loop_;                                        // written only while nobody is inside
  alignas(64) std::atomic<size_t> next_{0};          // first index not yet taken
  alignas(64) std::atomic<uint32_t> generation_{0};  // grows by one per loop; what sleepers watch
  alignas(64) std::atomic<uint32_t> state_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::jthread> workers_;
};

/// How many threads to use by default: the processors this process may run on.
size_t default_threads();

}  // namespace sluice
