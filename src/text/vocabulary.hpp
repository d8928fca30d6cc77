// A vocabulary as a file states it: plain data, whatever the format it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/string_table.hpp"

namespace sluice {

using TokenId = int32_t;

/// GGUF's token types (tokenizer.ggml.token_type).
enum class TokenType : uint8_t {
  normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6,
};

struct Vocabulary {
  std::string model;                  ///< "gpt2": byte-level BPE; "llama": SentencePiece; ...
  std::string pre;                    ///< pre-tokenizer's name; empty if the file has none
  StringTable tokens;                 ///< text by id, in the alphabet of `model`
  std::vector<TokenType> types;       ///< empty, or one per token
  std::vector<float> scores;          ///< empty, or one per token
  StringTable merges;                 ///< "LEFT RIGHT", rank = index
  std::optional<TokenId> bos, eos, eot, eom, unknown, padding;
  std::optional<TokenId> fim_pad, fim_rep, fim_sep;
  std::optional<bool> add_bos, add_space_prefix;
  std::vector<TokenId> more_stops;    ///< further stop ids that the file lists
};

}  // namespace sluice
