// Characters to token ids: a table in blocks of neighbouring code points, because a text keeps to
// few scripts. Internal to src/text. Threads: const after the last insert.
// Cost: two array reads; 256 bytes for each block of 64 code points that has a token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/vocabulary.hpp"

namespace sluice {

class CharacterTokens {
 public:
  void insert(char32_t code, TokenId id);
  /// -1 if there is none.
  TokenId find(char32_t code) const {
    const size_t block = code / kBlock;
    if (block >= block_of_.size()) return -1;
    return ids_[block_of_[block] * kBlock + code % kBlock];
  }

  size_t memory_bytes() const {
    return block_of_.capacity() * sizeof(uint16_t) + ids_.capacity() * sizeof(TokenId);
  }

 private:
  static constexpr size_t kBlock = 64;

  std::vector<uint16_t> block_of_;
  std::vector<TokenId> ids_ = std::vector<TokenId>(kBlock, -1);  ///< first the block without tokens
};

}  // namespace sluice
