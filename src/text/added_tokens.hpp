// Tokens that are recognised in the text itself, before anything is cut: control tokens such as
// <|im_start|> and user-defined ones such as <think> or runs of blanks. At each position the
// longest one wins, as in the authority's leftmost-longest search.
// Threads: const after creation. Cost: one table read a byte where no token can begin.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

class AddedTokens {
 public:
  AddedTokens() = default;
  /// The tokens `ids` with their texts in `texts`, which must outlive this and stay where it is.
  AddedTokens(const StringTable& texts, std::vector<TokenId> ids);

  /// The longest token that `text` begins with.
  std::optional<TokenId> longest_at_start(std::string_view text) const;
  /// Whether a token may begin with this byte.
  bool may_start(char byte) const { return ranges_[index(byte)].begin < ranges_[index(byte)].end; }
  /// The token with exactly this text.
  std::optional<TokenId> find(std::string_view text) const;

  size_t memory_bytes() const { return ids_.capacity() * sizeof(TokenId); }

 private:
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  static size_t index(char byte) { return static_cast<unsigned char>(byte); }
  std::string_view text_of(uint32_t position) const {
    return (*texts_)[static_cast<size_t>(ids_[position])];
  }
  // The part of `range` whose texts, alike up to `depth`, go on with `byte`.
  Range narrow(Range range, size_t depth, char byte) const;

  const StringTable* texts_ = nullptr;
  std::vector<TokenId> ids_;  ///< sorted by text
  std::array<Range, 256> ranges_{};
};

}  // namespace sluice
