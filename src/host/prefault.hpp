// Gives memory its pages ahead of need, on processors that would idle. A page that is missing when
// a read is to land in it must be found and cleared first; a virtual machine may have to ask its
// host for it, at a quarter of the speed of the disk (docs/experiments/2026-11-22-prefault.md).
// Contents never change. Threads: used by one; has two of its own, at the lowest priority. Cost: a
// system call for each huge page. A kernel without MADV_POPULATE_WRITE (before 5.14) leaves pages
// to be found when they are used.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

namespace sluice {

class Prefaulter {
 public:
  /// `memory` must outlive this; its begin should be aligned for huge pages.
  explicit Prefaulter(std::span<std::byte> memory) : memory_(memory) {}
  ~Prefaulter() { stop(); }
  Prefaulter(const Prefaulter&) = delete;
  Prefaulter& operator=(const Prefaulter&) = delete;

  /// The first `bytes`, rounded down to whole huge pages, are to have pages; never fewer than asked
  /// for before.
  void reach(size_t bytes);
  /// From now on nothing from `bytes` on gets pages. Where that is behind what begun() says, or
  /// nearly, this is stop().
  void keep_below(size_t bytes);
  /// Ends for good; what has pages keeps them. Waits for at most a huge page of each thread, which
  /// takes milliseconds, or longer where other programs leave the lowest priority no time.
  void stop();
  bool stopped() const { return stopping_; }
  /// So many bytes from the begin have pages, or are just getting them; not to be relied on once
  /// stopped().
  size_t begun() const { return next_; }

 private:
  void work();

  std::span<std::byte> memory_;
  size_t end_ = SIZE_MAX;
  std::atomic<size_t> goal_{0};
  std::atomic<size_t> next_{0};  ///< where the piece begins that is next
  std::atomic<bool> stopping_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace sluice
