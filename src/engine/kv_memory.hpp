// The memory of keys and values. It is planned for a full context, but a position takes memory only
// when it is reached; until then what is left holds units (Workspace::set_aside). Threads: the
// session's caller. Cost: shrinking takes a system call for each head of each layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/model.hpp"
#include "base/pages.hpp"
#include "sluice/error.hpp"

namespace sluice {

class KvMemory {
 public:
  /// Bytes that keys and values of so many positions take.
  static uint64_t bytes(const Model& model, size_t positions);

  KvMemory() = default;
  /// For `capacity` positions, none of which has memory yet. With huge pages memory comes in larger
  /// pieces than bytes_at() says. Errors: budget.
  static Result<KvMemory> allocate(const Model& model, size_t capacity, PageSize pages);

  KvCache& cache() { return cache_; }
  /// Of the full capacity.
  uint64_t bytes() const { return bytes_; }
  /// The most memory that the first `positions` positions take: whole pages, for every head of
  /// every layer.
  uint64_t bytes_at(size_t positions) const;

  /// Positions that may have memory.
  size_t reached() const { return reached_; }
  /// Says that positions before this one are going to be used.
  void reach(size_t positions);
  /// Gives the memory of all positions from this one on back to the system; they hold zeros then.
  void forget_from(size_t positions);

 private:
  Pages pages_;
  KvCache cache_;
  uint64_t bytes_ = 0;
  size_t reached_ = 0;
};

}  // namespace sluice
