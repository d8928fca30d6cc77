// Numbered items ordered by key: the smallest is found at once, any is removed in logarithmic time.
// Threads: used by one. Cost: 20 bytes per possible item, allocated when built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

class EvictionHeap {
 public:
  explicit EvictionHeap(uint32_t items);

  bool empty() const { return entries_.empty(); }
  bool contains(uint32_t item) const { return position_[item] != kAbsent; }
  /// The item with the smallest key, and that key; the heap must not be empty. Of equal keys the
  /// lowest item comes first, so that replays repeat.
  uint32_t first() const { return entries_[0].item; }
  double first_key() const { return entries_[0].key; }
  void insert(uint32_t item, double key);
  void remove(uint32_t item);

 private:
  struct Entry {
    double key;
    uint32_t item;
    bool operator<(const Entry& other) const {
      return key != other.key ? key < other.key : item < other.item;
    }
  };
  static constexpr uint32_t kAbsent = ~uint32_t{0};

  void place(size_t position, const Entry& entry);
  void rise(size_t position, const Entry& entry);
  void sink(size_t position, const Entry& entry);

  std::vector<Entry> entries_;
  std::vector<uint32_t> position_;  // of each item in entries_
};

}  // namespace sluice
