// Pieces that came before in the same text. Words repeat: copying the ids of the first time costs
// less than looking a word up in a large table, and much less than merging it. Each slot remembers
// the last piece that fell into it, by where its bytes and its ids stand. Internal to src/text.
// Threads: one at a time. Cost: 16 bytes a slot, at most 64 KB; short texts get fewer slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/byte_hash.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

class PieceMemo {
 public:
  /// The pieces lie in `text`, and their ids are appended to `ids`; both must outlive the memo.
  PieceMemo(std::string_view text, std::vector<TokenId>& ids);

  /// Appends the ids of text[begin, end): copied if the memo has them, else by encode(piece), which
  /// appends them itself.
  template <typename Encode>
  void append(size_t begin, size_t end, Encode encode) {
    const std::string_view piece = text_.substr(begin, end - begin);
    if (piece.size() > kBytesMost || end > kPlaceMost || ids_.size() > kPlaceMost)
      return encode(piece);
    const uint64_t hash = hash_bytes(piece);
    Slot& slot = slots_[hash & (slots_.size() - 1)];
    const auto tag = static_cast<uint32_t>(hash >> 32);
    if (slot.tag == tag && text_.substr(slot.begin, slot.bytes) == piece) return copy(slot);
    const size_t first_id = ids_.size();
    encode(piece);
    slot = {tag, static_cast<uint32_t>(begin), static_cast<uint32_t>(first_id),
            static_cast<uint16_t>(piece.size()), static_cast<uint16_t>(ids_.size() - first_id)};
  }

 private:
  // Longer pieces are rare, and the same ones rarer.
  static constexpr size_t kBytesMost = 256;
  static constexpr size_t kPlaceMost = 0x7FFFFFFF;

  struct Slot {
    uint32_t tag = 0;
    uint32_t begin = 0;
    uint32_t first_id = 0;
    uint16_t bytes = 0;
    uint16_t ids = 0;
  };

  void copy(const Slot& slot) {
    for (size_t i = 0; i < slot.ids; ++i) ids_.push_back(ids_[slot.first_id + i]);
  }

  std::string_view text_;
  std::vector<TokenId>& ids_;
  std::vector<Slot> slots_;
};

}  // namespace sluice
