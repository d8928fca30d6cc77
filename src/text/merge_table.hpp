// Which pairs of tokens merge into which token, and how early: a flat hash table from two ids.
// Threads: const after the last insert. Cost: 16 bytes a slot, at most two thirds of them used.
#pragma once

#include <cstdint>
#include <vector>

#include "text/vocabulary.hpp"

namespace sluice {

class MergeTable {
 public:
  static constexpr uint32_t kNoRank = 0xFFFFFFFF;

  /// Lower ranks merge first. A pair that does not merge has kNoRank.
  struct Merge {
    uint32_t rank = kNoRank;
    TokenId merged = -1;
  };

  MergeTable() = default;
  explicit MergeTable(size_t merges_most);

  /// Keeps the first of two merges of the same pair.
  void insert(TokenId left, TokenId right, Merge merge) {
    Slot& slot = slots_[place(left, right)];
    if (slot.left < 0) slot = {left, right, merge};
  }
  Merge find(TokenId left, TokenId right) const { return slots_[place(left, right)].merge; }

  size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    TokenId left = -1;
    TokenId right = -1;
    Merge merge;
  };

  size_t place(TokenId left, TokenId right) const {
    const uint64_t key = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
    const size_t mask = slots_.size() - 1;
    for (size_t at = (key * 0x9E3779B97F4A7C15u) >> shift_;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if ((slot.left == left && slot.right == right) || slot.left < 0) return at;
    }
  }

  // The high bits of the product choose the slot; with one slot all of them are shifted out.
  std::vector<Slot> slots_{Slot{}, Slot{}};
  unsigned shift_ = 63;
};

}  // namespace sluice
