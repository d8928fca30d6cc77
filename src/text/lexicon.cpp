#include "text/lexicon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "text/byte_alphabet.hpp"
#include "text/implied_pipeline.hpp"
#include "text/normalize.hpp"
#include "text/printable.hpp"
#include "text/stops.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

constexpr std::string_view kEscapedBlank = "\xE2\x96\x81";  // U+2581

size_t index(TokenId id) {
  return static_cast<size_t>(id);
}

Error corrupt(const std::string& what) {
  return Error{Code::corrupt, "the vocabulary is damaged: " + what};
}

Result<TokenizerModel> parse_model(const std::string& name) {
  if (name == "gpt2") return TokenizerModel::byte_level;
  if (name == "llama") return TokenizerModel::scored;
  if (name == "gemma4" || name == "bpe") return TokenizerModel::ranked;
  if (name == "t5" || name == "unigram") return TokenizerModel::unigram;
  return Error{Code::unsupported, "the tokenizer model \"" + printable(name) + "\" is unknown"};
}

Result<void> check_lengths(const Vocabulary& vocabulary, TokenizerModel model) {
  const size_t tokens = vocabulary.tokens.size();
  if (tokens == 0 || tokens > static_cast<size_t>(std::numeric_limits<TokenId>::max()))
    return corrupt(std::to_string(tokens) + " tokens");
  const auto mismatch = [tokens](const char* table, size_t entries) {
    return corrupt(std::to_string(tokens) + " tokens, but " + std::to_string(entries) + " " +
                   table);
  };
  if (!vocabulary.types.empty() && vocabulary.types.size() != tokens)
    return mismatch("token types", vocabulary.types.size());
  if (!vocabulary.scores.empty() && vocabulary.scores.size() != tokens)
    return mismatch("scores", vocabulary.scores.size());
  const bool needs_scores = model == TokenizerModel::scored || model == TokenizerModel::unigram;
  if (needs_scores && vocabulary.scores.empty()) return mismatch("scores", 0);
  if (std::any_of(vocabulary.scores.begin(), vocabulary.scores.end(),
                  [](double score) { return std::isnan(score); }))
    return corrupt("a score is not a number");
  if (vocabulary.merges.size() >= MergeTable::kNoRank)
    return corrupt(std::to_string(vocabulary.merges.size()) + " merges");
  if (vocabulary.merge_parts.size() % 2 != 0) return corrupt("a merge has one part only");
  return {};
}

Result<void> check_ids(const Vocabulary& vocabulary) {
  std::vector<TokenId> ids = vocabulary.more_stops;
  for (const auto& id :
       {vocabulary.bos, vocabulary.eos, vocabulary.eot, vocabulary.eom, vocabulary.unknown,
        vocabulary.padding, vocabulary.fim_pad, vocabulary.fim_rep, vocabulary.fim_sep})
    if (id) ids.push_back(*id);
  if (vocabulary.pipeline)
    for (const AddedToken& token : vocabulary.pipeline->added) ids.push_back(token.id);
  for (const TokenId id : ids)
    if (id < 0 || index(id) >= vocabulary.tokens.size())
      return corrupt("it names token " + std::to_string(id) + " of " +
                     std::to_string(vocabulary.tokens.size()));
  return {};
}

// All tokens by the text that the file has; reports duplicates. Empty texts belong to no one.
Result<TokenIndex> index_texts(const StringTable& texts) {
  TokenIndex by_text(texts, texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].empty() || by_text.insert(static_cast<TokenId>(id))) continue;
    return corrupt("tokens " + std::to_string(*by_text.find(texts[id])) + " and " +
                   std::to_string(id) + " have the same text");
  }
  return by_text;
}

bool is_control(const Vocabulary& vocabulary, TokenId id) {
  if (vocabulary.types.empty()) return false;
  const TokenType type = vocabulary.types[index(id)];
  return type == TokenType::control || type == TokenType::unknown;
}

struct MergeParts {
  std::string_view left, right;
};

// The parts of a merge; nothing if there is one only. A part may begin with a blank, but none is
// empty.
std::optional<MergeParts> parts_of(const Vocabulary& vocabulary, size_t rank) {
  if (!vocabulary.merge_parts.empty())
    return MergeParts{vocabulary.merge_parts[2 * rank], vocabulary.merge_parts[2 * rank + 1]};
  const std::string_view text = vocabulary.merges[rank];
  const size_t blank = text.find(' ', 1);
  if (blank == std::string_view::npos) return std::nullopt;
  return MergeParts{text.substr(0, blank), text.substr(blank + 1)};
}

// The merges that the file lists, rank by rank.
Result<MergeTable> listed_merges(const Vocabulary& vocabulary, const TokenIndex& by_text) {
  const size_t count =
      vocabulary.merge_parts.empty() ? vocabulary.merges.size() : vocabulary.merge_parts.size() / 2;
  MergeTable merges(count);
  std::string whole;
  for (size_t rank = 0; rank < count; ++rank) {
    const auto parts = parts_of(vocabulary, rank);
    if (!parts) return corrupt("merge " + std::to_string(rank) + " has one part only");
    whole.assign(parts->left).append(parts->right);
    const auto left_id = by_text.find(parts->left);
    const auto right_id = by_text.find(parts->right);
    const auto merged = by_text.find(whole);
    if (!left_id || !right_id || !merged)
      return corrupt("merge " + std::to_string(rank) + " has a part or a result that is no token");
    // Text must not grow into a control token by itself.
    if (is_control(vocabulary, *merged)) continue;
    merges.insert(*left_id, *right_id, {static_cast<uint32_t>(rank), *merged});
  }
  return merges;
}

// Turns the file's texts into bytes. Byte-level tokens outside the alphabet, which padding may be,
// stand for their text.
void translate_texts(const Vocabulary& vocabulary, Lexicon& lexicon) {
  const StringTable& texts = vocabulary.tokens;
  lexicon.byte_tokens.fill(-1);
  size_t total = 0;
  for (size_t id = 0; id < texts.size(); ++id) total += texts[id].size();
  lexicon.bytes.reserve(texts.size(), total);  // the bytes are never more than the text
  std::string bytes;
  for (size_t id = 0; id < texts.size(); ++id) {
    const TokenType type = lexicon.types[id];
    const bool raw =
        type == TokenType::control || type == TokenType::unknown || type == TokenType::user_defined;
    bytes.clear();
    if (lexicon.model == TokenizerModel::byte_level) {
      if (raw || !append_spelled_bytes(bytes, texts[id])) bytes = texts[id];
    } else if (const auto byte =
                   type == TokenType::byte ? parse_byte_token(texts[id]) : std::nullopt) {
      bytes.push_back(static_cast<char>(*byte));
      lexicon.byte_tokens[*byte] = static_cast<TokenId>(id);
    } else {
      append_unescaped(bytes, texts[id]);
    }
    lexicon.bytes.push_back(bytes);
  }
}

// Whether text is made of a token, rather than the token being looked for in the text.
bool makes_text(const Lexicon& lexicon, size_t id) {
  const TokenType type = lexicon.types[id];
  if (type == TokenType::byte) return lexicon.model == TokenizerModel::byte_level;
  return type == TokenType::normal && !lexicon.bytes[id].empty();
}

// Whether a token's text in the file, read as the model's alphabet, gives its bytes.
bool is_spelled_as_it_is(const Lexicon& lexicon, TokenId id) {
  const std::string_view bytes = lexicon.bytes[index(id)];
  if (lexicon.model != TokenizerModel::byte_level) return !bytes.empty();
  std::string spelled;
  return append_spelled_bytes(spelled, bytes) && spelled == bytes;
}

// Files the tokens that pieces are looked up in.
void index_pieces(Lexicon& lexicon) {
  lexicon.pieces = TokenIndex(lexicon.bytes, lexicon.size());
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const std::string_view bytes = lexicon.bytes[i];
    // Two texts may stand for the same bytes; the first one is used.
    if (makes_text(lexicon, i)) lexicon.pieces.insert(static_cast<TokenId>(i));
    if (lexicon.is_control(static_cast<TokenId>(i))) continue;
    for (size_t at = 1; at < bytes.size(); ++at)
      if (bytes[at] == ' ') lexicon.before_blank[static_cast<unsigned char>(bytes[at - 1])] = true;
  }
  for (const AddedToken& token : lexicon.pipeline.added)
    if (token.makes_text && !token.special && is_spelled_as_it_is(lexicon, token.id))
      lexicon.pieces.insert(token.id);
  if (lexicon.model != TokenizerModel::byte_level) return;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    lexicon.byte_tokens[byte] = lexicon.pieces.find({&text, 1}).value_or(-1);
  }
}

// A token's text as it stands in a normalised text.
std::string normalized(const Lexicon& lexicon, std::string_view text) {
  std::string result;
  if (lexicon.model == TokenizerModel::byte_level) {
    result = text;
  } else {
    if (lexicon.pipeline.leading_blank == LeadingBlank::fragments) result = ' ';
    append_unescaped(result, text);
  }
  std::string storage;
  return lexicon.pipeline.normalizes ? std::string(normalize_nfc(result, storage)) : result;
}

void index_added(const StringTable& texts, Lexicon& lexicon) {
  StringTable normalized_texts;
  for (const AddedToken& token : lexicon.pipeline.added)
    if (token.normalized) normalized_texts.push_back(normalized(lexicon, texts[index(token.id)]));
  std::vector<AddedTokens::Entry> raw_entries, normalized_entries;
  for (const AddedToken& token : lexicon.pipeline.added) {
    if (token.normalized) {
      normalized_entries.push_back({normalized_texts[normalized_entries.size()], token});
    } else {
      raw_entries.push_back({texts[index(token.id)], token});
    }
  }
  lexicon.raw_added = AddedTokens(raw_entries);
  lexicon.normalized_added = AddedTokens(normalized_entries);
  lexicon.pipeline.added = {};
}

void make_unigram(std::vector<double> scores, Lexicon& lexicon) {
  std::vector<uint32_t> tokens;
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (lexicon.pieces.find(lexicon.bytes[i]) == id) tokens.push_back(static_cast<uint32_t>(i));
  }
  lexicon.unigram = Unigram(lexicon.bytes, std::move(tokens), std::move(scores));
}

// Equal scores have equal ranks, so that of two such pairs the left one merges first.
std::vector<uint32_t> ranks_of(const std::vector<double>& scores) {
  std::vector<double> order = scores;
  std::sort(order.begin(), order.end(), std::greater<>());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::vector<uint32_t> ranks;
  ranks.reserve(scores.size());
  for (const double score : scores) {
    const auto at = std::lower_bound(order.begin(), order.end(), score, std::greater<>());
    ranks.push_back(static_cast<uint32_t>(at - order.begin()));
  }
  return ranks;
}

// A scored vocabulary lists no merges: every way to cut a token into two tokens is one.
MergeTable scored_merges(const Lexicon& lexicon, const std::vector<double>& scores) {
  struct Cut {
    TokenId left, right, merged;
  };
  std::vector<Cut> cuts;
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const std::string_view bytes = lexicon.bytes[i];
    const auto id = static_cast<TokenId>(i);
    if (lexicon.pieces.find(bytes) != id) continue;
    for (size_t at = 1; at < bytes.size(); ++at) {
      const bool inside = (static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80;
      if (inside && lexicon.model != TokenizerModel::byte_level) continue;
      const auto left = lexicon.pieces.find(bytes.substr(0, at));
      const auto right = left ? lexicon.pieces.find(bytes.substr(at)) : std::nullopt;
      if (right) cuts.push_back({*left, *right, id});
    }
  }
  const std::vector<uint32_t> ranks = ranks_of(scores);
  MergeTable merges(cuts.size());
  for (const Cut& cut : cuts)
    merges.insert(cut.left, cut.right, {ranks[index(cut.merged)], cut.merged});
  return merges;
}

// What pieces start from; those of byte-level models start from bytes.
void index_characters(Lexicon& lexicon) {
  if (lexicon.model == TokenizerModel::byte_level) return;
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const std::string_view bytes = lexicon.bytes[i];
    if (bytes.empty() || lexicon.pieces.find(bytes) != static_cast<TokenId>(i)) continue;
    const CodePoint point = decode_utf8(bytes.data(), bytes.data() + bytes.size());
    if (point.valid && point.bytes == bytes.size())
      lexicon.characters.insert(point.code, static_cast<TokenId>(i));
  }
}

// Most pieces of ordinary text are one token; knowing for which tokens the merges end there lets
// them be looked up at once.
void mark_whole(Lexicon& lexicon) {
  const bool ignores_merges = lexicon.pipeline.ignores_merges;
  lexicon.whole.assign(lexicon.size(), false);
  std::vector<bool> whole(lexicon.size(), ignores_merges);
  std::vector<TokenId> symbols, ids;
  for (size_t i = 0; i < lexicon.size() && !ignores_merges; ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::string_view bytes = lexicon.bytes[i];
    if (lexicon.pieces.find(bytes) != id) continue;
    ids.clear();
    encode_piece(lexicon, bytes, symbols, ids);
    whole[i] = ids.size() == 1 && ids[0] == id;
    // Runs of newlines are looked up before any merge.
    if (lexicon.cuts_newlines && bytes.find_first_not_of('\n') == bytes.npos) whole[i] = true;
  }
  lexicon.whole = std::move(whole);
}

// Scores take the place of a list: always in "llama", and in byte-level vocabularies without one,
// which are rank lists.
bool merges_by_score(const Vocabulary& vocabulary, TokenizerModel model) {
  if (model == TokenizerModel::scored) return true;
  return model == TokenizerModel::byte_level && vocabulary.merges.empty() &&
         vocabulary.merge_parts.empty() && !vocabulary.scores.empty();
}

// What SentencePiece assigns unless told otherwise.
void assume_ids(Vocabulary& vocabulary) {
  const auto assume = [&](std::optional<TokenId>& id, TokenId usual) {
    if (!id && index(usual) < vocabulary.tokens.size()) id = usual;
  };
  assume(vocabulary.unknown, 0);
  assume(vocabulary.bos, 1);
  assume(vocabulary.eos, 2);
}

}  // namespace

bool holds_escaped_blank(std::string_view text) {
  return text.find(kEscapedBlank) != std::string_view::npos;
}

void append_unescaped(std::string& out, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t next = std::min(text.find(kEscapedBlank, at), text.size());
    out.append(text, at, next - at);
    if (next == text.size()) return;
    out.push_back(' ');
    at = next + kEscapedBlank.size();
  }
}

Result<std::unique_ptr<Lexicon>> make_lexicon(Vocabulary vocabulary) {
  auto lexicon = std::make_unique<Lexicon>();
  SLUICE_LET(lexicon->model, parse_model(vocabulary.model));
  SLUICE_TRY(check_lengths(vocabulary, lexicon->model));
  if (lexicon->model == TokenizerModel::scored) assume_ids(vocabulary);
  SLUICE_TRY(check_ids(vocabulary));
  if (vocabulary.types.empty()) vocabulary.types = guess_types(vocabulary);
  lexicon->types = vocabulary.types;
  lexicon->pipeline =
      vocabulary.pipeline ? *std::move(vocabulary.pipeline) : implied_pipeline(vocabulary);
  lexicon->cuts_newlines = vocabulary.model == "gemma4";
  lexicon->bos = vocabulary.bos;
  lexicon->eos = vocabulary.eos;
  lexicon->unknown = vocabulary.unknown;
  const bool by_score = merges_by_score(vocabulary, lexicon->model);
  {
    SLUICE_LET(const TokenIndex by_text, index_texts(vocabulary.tokens));
    lexicon->stops = find_stops(vocabulary, by_text);
    if (!by_score && lexicon->model != TokenizerModel::unigram) {
      SLUICE_LET(lexicon->merges, listed_merges(vocabulary, by_text));
    }
  }
  vocabulary.merges = {};
  vocabulary.merge_parts = {};
  translate_texts(vocabulary, *lexicon);
  index_pieces(*lexicon);
  index_added(vocabulary.tokens, *lexicon);
  vocabulary.tokens = {};
  if (by_score) {
    lexicon->merges = scored_merges(*lexicon, vocabulary.scores);
  } else if (lexicon->model == TokenizerModel::unigram) {
    make_unigram(std::move(vocabulary.scores), *lexicon);
  }
  index_characters(*lexicon);
  mark_whole(*lexicon);
  return lexicon;
}

}  // namespace sluice
