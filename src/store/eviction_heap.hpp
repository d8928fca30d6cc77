// The slots that may be evicted, ordered by key: the smallest is found at once, any is removed in
// logarithmic time. Threads: used by one. Cost: 20 bytes per slot, allocated when built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

class EvictionHeap {
 public:
  explicit EvictionHeap(uint32_t slots);

  bool empty() const { return entries_.empty(); }
  bool contains(uint32_t slot) const { return position_[slot] != kAbsent; }
  /// The slot with the smallest key, and that key; the heap must not be empty. Of equal keys the
  /// lowest slot comes first, so that replays repeat.
  uint32_t first() const { return entries_[0].slot; }
  double first_key() const { return entries_[0].key; }
  void insert(uint32_t slot, double key);
  void remove(uint32_t slot);

 private:
  struct Entry {
    double key;
    uint32_t slot;
    bool operator<(const Entry& other) const {
      return key != other.key ? key < other.key : slot < other.slot;
    }
  };
  static constexpr uint32_t kAbsent = ~uint32_t{0};

  void place(size_t position, const Entry& entry);
  void rise(size_t position, const Entry& entry);
  void sink(size_t position, const Entry& entry);

  std::vector<Entry> entries_;
  std::vector<uint32_t> position_;  // of each slot in entries_
};

}  // namespace sluice
