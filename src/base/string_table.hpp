// Many short strings in one block of memory: the token texts and merges of a vocabulary.
// Cost: the bytes of the strings plus four bytes each; no allocation per string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

class StringTable {
 public:
  StringTable() { ends_.push_back(0); }

  size_t size() const { return ends_.size() - 1; }
  bool empty() const { return size() == 0; }
  std::string_view operator[](size_t index) const {
    return std::string_view(bytes_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }
  /// Appends a copy of `text`. The table holds at most 4 GiB of text.
  void push_back(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
  void reserve(size_t strings, size_t bytes) {
    ends_.reserve(strings + 1);
    bytes_.reserve(bytes);
  }
  size_t memory_bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(uint32_t); }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

}  // namespace sluice
