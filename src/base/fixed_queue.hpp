// A first-in first-out queue of fixed capacity: allocates when built, never after.
// Threads: none of its own; guard it if it is shared. Cost: constant time for each call.
#pragma once

#include <cstddef>
#include <vector>

#include "base/check.hpp"

namespace sluice {

template <typename T>
class FixedQueue {
 public:
  explicit FixedQueue(size_t capacity) : items_(capacity) {}

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t capacity() const { return items_.size(); }

  /// Appends `item`; the queue must not be full.
  void push(const T& item) {
    SLUICE_CHECK(size_ < items_.size());
    items_[wrap(first_ + size_)] = item;
    ++size_;
  }
  /// The item that has waited for `index` others; 0 is the next to leave.
  T& operator[](size_t index) {
    SLUICE_CHECK(index < size_);
    return items_[wrap(first_ + index)];
  }
  T& front() { return (*this)[0]; }
  /// Removes and returns the oldest item; the queue must not be empty.
  T pop() {
    SLUICE_CHECK(size_ > 0);
    const T item = items_[first_];
    first_ = wrap(first_ + 1);
    --size_;
    return item;
  }
  void clear() { first_ = size_ = 0; }

 private:
  size_t wrap(size_t position) const {
    return position < items_.size() ? position : position - items_.size();
  }

  std::vector<T> items_;
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace sluice
