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

void merge_few(const MergeTable& merges, std::vector<TokenId>& symbols) {
  Merge pairs[kScanMost];
  TokenId* const ids = symbols.data();
  size_t count = symbols.size();
  for (size_t i = 0; i + 1 < count; ++i) pairs[i] = find_merge(merges, ids[i], ids[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (pairs[i].rank < pairs[best].rank) best = i;
    if (pairs[best].rank == MergeTable::kNoRank) break;
    ids[best] = pairs[best].merged;
    --count;
    for (size_t i = best + 1; i < count; ++i) ids[i] = ids[i + 1];
    for (size_t i = best + 1; i + 1 < count; ++i) pairs[i] = pairs[i + 1];
    if (best > 0) pairs[best - 1] = find_merge(merges, ids[best - 1], ids[best]);
    if (best + 1 < count) pairs[best] = find_merge(merges, ids[best], ids[best + 1]);
  }
  symbols.resize(count);
}

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
  if (symbols.size() <= kScanMost) return merge_few(merges, symbols);
  SLUICE_CHECK(symbols.size() < MergeTable::kNoRank);
  LongPiece(merges, symbols).run();
}

}  // namespace sluice
