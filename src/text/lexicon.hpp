// A vocabulary made ready for encoding: what each token stands for, which are recognised in the
// text itself, and how the others grow from bytes or characters. Plain data, filled once by
// make_lexicon. Internal to src/text. Threads: const after creation.
// Cost: for 151,000 tokens and as many merges about 8 MB.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/string_table.hpp"
#include "sluice/error.hpp"
#include "text/added_tokens.hpp"
#include "text/character_tokens.hpp"
#include "text/merge_table.hpp"
#include "text/token_index.hpp"
#include "text/unigram.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// How a vocabulary's tokens come about.
enum class TokenizerModel {
  byte_level,  ///< "gpt2": from bytes, by a list of merges
  scored,      ///< "llama": from characters, the pair with the best score first
  ranked,      ///< "gemma4", "bpe": from characters, by a list of merges
  unigram,     ///< "t5": the best sum of scores
};

struct Lexicon {
  TokenizerModel model = TokenizerModel::byte_level;
  StringTable bytes;             ///< by id; the model's own alphabet is translated
  std::vector<TokenType> types;  ///< by id
  TokenIndex pieces;             ///< normal tokens by their bytes
  AddedTokens raw_added;         ///< tokens found in the text as it came
  AddedTokens normalized_added;  ///< tokens found when it is normalised
  MergeTable merges;
  Unigram unigram;
  Pipeline pipeline;                       ///< without `added` and `patterns`
  bool cuts_newlines = false;              ///< runs of newlines are pieces
  std::array<TokenId, 256> byte_tokens{};  ///< -1 where the vocabulary has none
  CharacterTokens characters;              ///< tokens of one character; not in byte-level models
  std::vector<bool> whole;                 ///< by id: a piece with its bytes becomes this one token
  std::vector<TokenId> stops;              ///< sorted
  std::optional<TokenId> bos, eos, unknown;
  std::array<bool, 256> before_blank{};  ///< bytes that some token has before an inner blank

  size_t size() const { return types.size(); }
  bool is_control(TokenId id) const {
    const TokenType type = types[static_cast<size_t>(id)];
    return type == TokenType::control || type == TokenType::unknown;
  }
  std::optional<TokenId> find_whole(std::string_view piece) const {
    const auto id = pieces.find(piece);
    return id && whole[static_cast<size_t>(*id)] ? id : std::nullopt;
  }
  size_t memory_bytes() const {
    return sizeof *this + bytes.memory_bytes() + types.capacity() * sizeof(TokenType) +
           pieces.memory_bytes() + raw_added.memory_bytes() + normalized_added.memory_bytes() +
           merges.memory_bytes() + characters.memory_bytes() + unigram.memory_bytes() +
           whole.capacity() / 8 + stops.capacity() * sizeof(TokenId);
  }
};

/// Takes the vocabulary apart. Errors: corrupt (duplicate tokens, tables of different lengths, ids
/// out of range, a merge of unknown parts), unsupported (the tokenizer model, naming it).
Result<std::unique_ptr<Lexicon>> make_lexicon(Vocabulary vocabulary);

/// Appends the ids of one piece: no added tokens in it, no merges across its ends.
void encode_piece(const Lexicon& lexicon, std::string_view piece, std::vector<TokenId>& symbols,
                  std::vector<TokenId>& out);

/// Whether `text` holds U+2581, which stands for a blank.
bool holds_escaped_blank(std::string_view text);
/// Appends `text` with U+2581 replaced by the blank that it stands for.
void append_unescaped(std::string& out, std::string_view text);

}  // namespace sluice
