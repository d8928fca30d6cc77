#include "text/character_tokens.hpp"

namespace sluice {

void CharacterTokens::insert(char32_t code, TokenId id) {
  const size_t block = code / kBlock;
  if (block >= block_of_.size()) block_of_.resize(block + 1);
  if (block_of_[block] == 0) {
    block_of_[block] = static_cast<uint16_t>(ids_.size() / kBlock);
    ids_.resize(ids_.size() + kBlock, -1);
  }
  ids_[block_of_[block] * kBlock + code % kBlock] = id;
}

}  // namespace sluice
