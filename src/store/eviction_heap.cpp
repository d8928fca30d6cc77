#include "store/eviction_heap.hpp"

#include "base/check.hpp"

namespace sluice {

EvictionHeap::EvictionHeap(uint32_t items) : position_(items, kAbsent) {
  entries_.reserve(items);
}

void EvictionHeap::insert(uint32_t item, double key) {
  SLUICE_CHECK(!contains(item));
  const Entry entry{.key = key, .item = item};
  entries_.push_back(entry);
  rise(entries_.size() - 1, entry);
}

void EvictionHeap::remove(uint32_t item) {
  SLUICE_CHECK(contains(item));
  const size_t hole = position_[item];
  position_[item] = kAbsent;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (hole == entries_.size()) return;
  // The last entry fills the hole and moves to where it belongs: up or down, never both.
  rise(hole, last);
  sink(position_[last.item], last);
}

void EvictionHeap::place(size_t position, const Entry& entry) {
  entries_[position] = entry;
  position_[entry.item] = static_cast<uint32_t>(position);
}

void EvictionHeap::rise(size_t position, const Entry& entry) {
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!(entry < entries_[parent])) break;
    place(position, entries_[parent]);
    position = parent;
  }
  place(position, entry);
}

void EvictionHeap::sink(size_t position, const Entry& entry) {
  for (;;) {
    size_t child = 2 * position + 1;
    if (child >= entries_.size()) break;
    if (child + 1 < entries_.size() && entries_[child + 1] < entries_[child]) ++child;
    if (!(entries_[child] < entry)) break;
    place(position, entries_[child]);
    position = child;
  }
  place(position, entry);
}

}  // namespace sluice
