// Which of many texts a text begins with: binary search, byte by byte, in a sorted list.
// Threads: const after creation. Cost: 8 bytes a text besides the texts; a lookup takes
// log n steps for each byte that it goes down, none where no text can begin.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"

namespace sluice {

class PrefixSearch {
 public:
  PrefixSearch() = default;
  /// Over the `texts` of the `indices`, which are unique and not empty. `texts` must outlive this
  /// and stay where it is.
  PrefixSearch(const StringTable& texts, std::vector<uint32_t> indices);

  bool empty() const { return order_.empty(); }
  /// Whether a text may begin with this byte.
  bool may_start(char byte) const { return ranges_[index(byte)].begin < ranges_[index(byte)].end; }

  /// Calls found(index, bytes) for every text that `text` begins with, the shorter ones first.
  template <typename Found>
  void for_each_prefix(std::string_view text, Found found) const {
    if (text.empty()) return;
    Range range = ranges_[index(text[0])];
    for (size_t depth = 1; range.begin < range.end; ++depth) {
      const uint32_t first = order_[range.begin];
      if ((*texts_)[first].size() == depth) found(first, depth);
      if (depth == text.size()) break;
      range = narrow(range, depth, text[depth]);
    }
  }

  size_t memory_bytes() const { return order_.capacity() * sizeof(uint32_t); }

 private:
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  static size_t index(char byte) { return static_cast<unsigned char>(byte); }
  // The part of `range` whose texts, alike up to `depth`, go on with `byte`.
  Range narrow(Range range, size_t depth, char byte) const;

  const StringTable* texts_ = nullptr;
  std::vector<uint32_t> order_;  ///< sorted by text
  std::array<Range, 256> ranges_{};
};

}  // namespace sluice
