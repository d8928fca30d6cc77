#include "text/merge.hpp"

#include <algorithm>
#include <functional>

#include "base/check.hpp"

namespace sluice {

namespace {

using Merge = MergeTable::Merge;

// Up to this many symbols a scan for the lowest rank costs less than a heap.
constexpr size_t kScanMost = 48;

Merge find_merge(const MergeTable& merges, TokenId left, TokenId right) {
  return left < 0 || right < 0 ? Merge{} : merges.find(left, right);
}

// The ranks lie apart from the merged ids so that the search for the lowest reads one small array.
class ShortPiece {
 public:
  ShortPiece(const MergeTable& merges, std::vector<TokenId>& symbols)
      : merges_(merges), ids_(symbols.data()), count_(symbols.size()) {}

  // Returns how many symbols are left.
  size_t run() {
    for (size_t i = 0; i + 1 < count_; ++i) renew(i);
    while (count_ > 1) {
      const size_t pairs = count_ - 1;
      uint32_t low = ranks_[0];
      for (size_t i = 1; i < pairs; ++i) low = std::min(low, ranks_[i]);
      if (low == MergeTable::kNoRank) break;
      size_t at = 0;
      while (ranks_[at] != low) ++at;
      merge_at(at);
    }
    return count_;
  }

 private:
  void merge_at(size_t at) {
    ids_[at] = merged_[at];
    --count_;
    std::copy(ids_ + at + 2, ids_ + count_ + 1, ids_ + at + 1);
    if (at + 1 < count_) {
      std::copy(ranks_ + at + 2, ranks_ + count_, ranks_ + at + 1);
      std::copy(merged_ + at + 2, merged_ + count_, merged_ + at + 1);
      renew(at);
    }
    if (at > 0) renew(at - 1);
  }

  void renew(size_t at) {
    const Merge merge = find_merge(merges_, ids_[at], ids_[at + 1]);
    ranks_[at] = merge.rank;
    merged_[at] = merge.merged;
  }

  const MergeTable& merges_;
  TokenId* ids_;
  size_t count_;
  uint32_t ranks_[kScanMost];
  TokenId merged_[kScanMost];
};

// Long pieces: symbols in a linked list, and a heap of (rank, position). An entry counts only while
// the pair at its position still has its rank, so nothing is ever removed from the middle.
class LongPiece {
 public:
  LongPiece(const MergeTable& merges, std::vector<TokenId>& symbols)
      : merges_(merges), symbols_(symbols), count_(static_cast<uint32_t>(symbols.size())) {
    links_.resize(count_);
    for (uint32_t i = 0; i < count_; ++i) links_[i] = {i - 1, i + 1, {}};
    heap_.reserve(count_);
    for (uint32_t i = 0; i + 1 < count_; ++i) {
      links_[i].pair = find_merge(merges_, symbols_[i], symbols_[i + 1]);
      if (links_[i].pair.rank != MergeTable::kNoRank) heap_.push_back(key(i));
    }
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  void run() {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const uint64_t top = heap_.back();
      heap_.pop_back();
      const auto position = static_cast<uint32_t>(top);
      if (links_[position].pair.rank == top >> 32) merge_at(position);
    }
    size_t kept = 0;
    for (uint32_t i = 0; i < count_; i = links_[i].next) symbols_[kept++] = symbols_[i];
    symbols_.resize(kept);
  }

 private:
  struct Link {
    uint32_t previous;
    uint32_t next;
    Merge pair;  ///< of this symbol and the next
  };

  uint64_t key(uint32_t position) const {
    return uint64_t{links_[position].pair.rank} << 32 | position;
  }

  void merge_at(uint32_t position) {
    const uint32_t gone = links_[position].next;
    symbols_[position] = links_[position].pair.merged;
    links_[gone].pair = {};
    links_[position].next = links_[gone].next;
    if (links_[gone].next < count_) links_[links_[gone].next].previous = position;
    renew(position);
    if (position > 0) renew(links_[position].previous);
  }

  void renew(uint32_t position) {
    const uint32_t next = links_[position].next;
    links_[position].pair =
        next < count_ ? find_merge(merges_, symbols_[position], symbols_[next]) : Merge{};
    if (links_[position].pair.rank == MergeTable::kNoRank) return;
    heap_.push_back(key(position));
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  const MergeTable& merges_;
  std::vector<TokenId>& symbols_;
  uint32_t count_;
  std::vector<Link> links_;
  std::vector<uint64_t> heap_;
};

}  // namespace

void merge_symbols(const MergeTable& merges, std::vector<TokenId>& symbols) {
  if (symbols.size() <= kScanMost) return symbols.resize(ShortPiece(merges, symbols).run());
  SLUICE_CHECK(symbols.size() < MergeTable::kNoRank);
  LongPiece(merges, symbols).run();
}

}  // namespace sluice
