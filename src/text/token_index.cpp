#include "text/token_index.hpp"

#include <bit>
#include <cstring>

namespace sluice {

namespace {

uint64_t load(const char* at, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, at, bytes);
  return value;
}

uint64_t mix(uint64_t a, uint64_t b) {
  a = (a ^ b) * 0x9FB21C651E98DF25u;
  return a ^ (a >> 32);
}

// Most texts have at most 16 bytes, which two overlapping words cover.
uint64_t hash(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  uint64_t state = left * 0x9E3779B97F4A7C15u;
  for (; left > 16; at += 8, left -= 8) state = mix(state, load(at, 8));
  if (left >= 8) {
    state = mix(state, load(at, 8));
    return mix(state, load(at + left - 8, 8) + 0x2545F4914F6CDD1Du);
  }
  if (left >= 4) return mix(state, load(at, 4) | load(at + left - 4, 4) << 32);
  if (left == 0) return mix(state, 0);
  return mix(state, load(at, 1) | load(at + left / 2, 1) << 8 | load(at + left - 1, 1) << 16);
}

}  // namespace

TokenIndex::TokenIndex(const StringTable& texts, size_t tokens_most)
    : texts_(&texts), slots_(std::bit_ceil(tokens_most + tokens_most / 2 + 1)) {}

size_t TokenIndex::place(std::string_view text) const {
  const uint64_t value = hash(text);
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
  slot = {static_cast<uint32_t>(hash(text) >> 32), id};
  return true;
}

}  // namespace sluice
