#include "text/piece_memo.hpp"

#include <algorithm>
#include <bit>

namespace sluice {

namespace {

constexpr size_t kSlotsMost = 4096;
constexpr size_t kBytesASlot = 16;  // of text: a few words

}  // namespace

PieceMemo::PieceMemo(std::string_view text, std::vector<TokenId>& ids)
    : text_(text),
      ids_(ids),
      slots_(std::bit_ceil(std::min(text.size() / kBytesASlot + 1, kSlotsMost))) {}

}  // namespace sluice
