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
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6,
};

/// A token that is found in the text itself, with the flags of tokenizer.json.
struct AddedToken {
  TokenId id = 0;
  bool special = false;     ///< only where control tokens are parsed
  bool normalized = false;  ///< looked for after the text is normalised, not before
  bool strips_left = false, strips_right = false;  ///< takes the blanks beside it along
  bool single_word = false;                        ///< not next to another letter or digit
  bool makes_text = false;  ///< of the model's own vocabulary: words may hold it as well
};

/// Where SentencePiece's descendants put a blank in front of text. Tokens that are looked for
/// before the text is normalised leave fragments between them; those looked for after it leave
/// parts.
enum class LeadingBlank : uint8_t {
  never,
  fragments,   ///< before every fragment (normalizer Prepend)
  parts,       ///< before every part (SentencePiece)
  bare_parts,  ///< the same, unless it begins with a blank (Metaspace "always")
  bare_start,  ///< before the text, unless it begins with a blank (Metaspace "first")
};

/// What decoding takes away at the start.
enum class LeadingCut : uint8_t {
  none,
  one_blank,            ///< of the whole text (decoder Strip)
  first_tokens_blanks,  ///< all that the first token has (decoder Metaspace)
};

/// What happens to text before and after the model, where the file spells it out.
struct Pipeline {
  bool normalizes = false;  ///< to normalisation form C
  StringTable patterns;     ///< byte-level: regular expressions that cut text, applied in turn
  LeadingBlank leading_blank = LeadingBlank::never;
  LeadingCut leading_cut = LeadingCut::none;
  bool cuts_at_blanks = false;  ///< every blank begins a piece
  bool ignores_merges = false;  ///< a piece that is a token is that token, merges or not
  bool byte_fallback = false;   ///< characters that are no token become their bytes' tokens
  bool fuses_unknown = false;   ///< a run of unknown characters becomes one unknown token
  std::vector<AddedToken> added;
};

struct Vocabulary {
  /// "gpt2": byte-level BPE; "llama": SentencePiece BPE by scores; "gemma4", "bpe": BPE over
  /// characters by a list of merges; "t5", "unigram": SentencePiece unigram; ...
  std::string model;
  std::string pre;               ///< pre-tokenizer's name; empty if the file has none
  StringTable tokens;            ///< text by id, in the alphabet of `model`
  std::vector<TokenType> types;  ///< empty, or one per token
  /// Empty, or one per token. With "gpt2" they stand for a list of merges that is not there: of all
  /// pairs that make a token, the one with the best score merges first (rank lists, as tiktoken's).
  std::vector<double> scores;
  StringTable merges;       ///< "LEFT RIGHT", rank = index
  StringTable merge_parts;  ///< in place of `merges`: LEFT, RIGHT, LEFT, RIGHT, ...
  std::optional<TokenId> bos, eos, eot, eom, unknown, padding;
  std::optional<TokenId> fim_pad, fim_rep, fim_sep;
  std::optional<bool> add_bos, add_space_prefix;
  std::vector<TokenId> more_stops;   ///< further stop ids that the file lists
  std::optional<Pipeline> pipeline;  ///< without one, `model` and `pre` say what it is
};

}  // namespace sluice
