// Which pairs of tokens merge into which token, and how early: a flat hash table from two ids.
// Threads: const after the last insert. Cost: 17 bytes a slot, at most two thirds of them used.
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
    const uint64_t key = hash(left, right);
    Slot& slot = slots_[place(key, left, right)];
    if (slot.left < 0) slot = {left, right, merge};
    seen_[word(key)] |= bit(key);
  }
  Merge find(TokenId left, TokenId right) const {
    const uint64_t key = hash(left, right);
    if ((seen_[word(key)] & bit(key)) == 0) return {};
    return slots_[place(key, left, right)].merge;
  }

  size_t memory_bytes() const {
    return slots_.capacity() * sizeof(Slot) + seen_.capacity() * sizeof(uint64_t);
  }

 private:
  struct Slot {
    TokenId left = -1;
    TokenId right = -1;
    Merge merge;
  };

  static uint64_t hash(TokenId left, TokenId right) {
    const uint64_t key = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
    return key * 0x9E3779B97F4A7C15u;
  }
  size_t word(uint64_t hash) const { return hash >> shift_ >> 3; }
  static uint64_t bit(uint64_t hash) { return uint64_t{1} << (hash >> 20 & 63); }

  size_t place(uint64_t hash, TokenId left, TokenId right) const {
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash >> shift_;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if ((slot.left == left && slot.right == right) || slot.left < 0) return at;
    }
  }

  // The high bits of the product choose the slot; with one slot all of them are shifted out.
  std::vector<Slot> slots_{Slot{}, Slot{}};
  unsigned shift_ = 63;
  // Most pairs never merge: eight bits a slot tell so from a sixteenth of the memory.
  std::vector<uint64_t> seen_{0};
};

}  // namespace sluice
