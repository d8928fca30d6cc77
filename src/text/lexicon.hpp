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
#include "text/merge_table.hpp"
#include "text/token_index.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// How a vocabulary's tokens come about.
enum class TokenizerModel {
  byte_level,  ///< "gpt2": from bytes, by a list of merges
  scored,      ///< "llama": from characters, the pair with the best score first
  ranked,      ///< "gemma4": from characters, by a list of merges
};

struct Lexicon {
  TokenizerModel model = TokenizerModel::byte_level;
  StringTable bytes;             ///< by id; the model's own alphabet is translated
  std::vector<TokenType> types;  ///< by id
  TokenIndex pieces;             ///< normal tokens by their bytes
  AddedTokens added;             ///< control, unknown and user-defined tokens
  MergeTable merges;
  std::array<TokenId, 256> byte_tokens{};  ///< -1 where the vocabulary has none
  std::vector<bool> whole;                 ///< by id: a piece with its bytes becomes this one token
  std::vector<TokenId> stops;              ///< sorted
  std::optional<TokenId> bos, eos, unknown;
  std::array<bool, 256> before_blank{};  ///< bytes that some token has before an inner blank

  size_t size() const { return types.size(); }
  bool is_control(TokenId id) const {
    const TokenType type = types[static_cast<size_t>(id)];
    return type == TokenType::control || type == TokenType::unknown;
  }
  /// Whether a token's text names it in markup only. Gemma 4's files give its channel and tool
  /// tokens the type user-defined so that they are shown; still no user may write them.
  bool needs_markup(TokenId id) const {
    if (is_control(id)) return true;
    if (model != TokenizerModel::ranked) return false;
    const std::string_view text = bytes[static_cast<size_t>(id)];
    return text.starts_with("<|") || text.ends_with("|>");
  }
  std::optional<TokenId> find_whole(std::string_view piece) const {
    const auto id = pieces.find(piece);
    return id && whole[static_cast<size_t>(*id)] ? id : std::nullopt;
  }
  size_t memory_bytes() const {
    return sizeof *this + bytes.memory_bytes() + types.capacity() * sizeof(TokenType) +
           pieces.memory_bytes() + added.memory_bytes() + merges.memory_bytes() +
           whole.capacity() / 8 + stops.capacity() * sizeof(TokenId);
  }
};

/// Takes the vocabulary apart. `ignores_merges`: every piece that is a token becomes that token.
/// Errors: corrupt (duplicate tokens, tables of different lengths, ids out of range, a merge of
/// unknown parts), unsupported (the tokenizer model, naming it).
Result<std::unique_ptr<Lexicon>> make_lexicon(Vocabulary vocabulary, bool ignores_merges);

/// Appends the ids of one piece: no added tokens in it, no merges across its ends.
void encode_piece(const Lexicon& lexicon, std::string_view piece, std::vector<TokenId>& symbols,
                  std::vector<TokenId>& out);

/// Appends `text` with U+2581 replaced by the blank that it stands for.
void append_unescaped(std::string& out, std::string_view text);

}  // namespace sluice
