#include "text/token_index.hpp"

#include <bit>

#include "text/byte_hash.hpp"

namespace sluice {

TokenIndex::TokenIndex(const StringTable& texts, size_t tokens_most)
    : texts_(&texts), slots_(std::bit_ceil(tokens_most + tokens_most / 2 + 1)) {}

size_t TokenIndex::place(std::string_view text) const {
  const uint64_t value = hash_bytes(text);
  const auto tag = static_cast<uint32_t>(value >> 32);
  const size_t mask = slots_.size() - 1;
  for (size_t at = value & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.id < 0) return at;
    if (slot.tag == tag && (*texts_)[static_cast<size_t>(slot.id)] == text) return at;
  }
}

bool TokenIndex::insert(TokenId id) {
  const std::string_view text = (*texts_)[static_cast<size_t>(id)];
  Slot& slot = slots_[place(text)];
  if (slot.id >= 0) return false;
  slot = {static_cast<uint32_t>(hash_bytes(text) >> 32), id};
  return true;
}

}  // namespace sluice
