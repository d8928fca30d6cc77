// Token texts to ids: a flat hash table over a StringTable that it does not own. Creation knows how
// many tokens may come; nothing is removed. Threads: const after the last insert.
// Cost: 8 bytes a slot, at most two thirds of them used.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

class TokenIndex {
 public:
  TokenIndex() = default;
  /// `texts` must outlive the index and stay where it is.
  TokenIndex(const StringTable& texts, size_t tokens_most);

  /// False, and nothing changes, if the token's text is there already, under another id.
  bool insert(TokenId id);
  std::optional<TokenId> find(std::string_view text) const {
    const Slot& slot = slots_[place(text)];
    return slot.id < 0 ? std::nullopt : std::optional<TokenId>(slot.id);
  }

  size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t tag = 0;
    TokenId id = -1;
  };

  // The slot that holds `text`, or the empty one where it belongs.
  size_t place(std::string_view text) const;

  const StringTable* texts_ = nullptr;
  std::vector<Slot> slots_{Slot{}};
};

}  // namespace sluice
