#include "text/lexicon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "text/byte_alphabet.hpp"
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
  if (name == "gemma4") return TokenizerModel::ranked;
  return Error{Code::unsupported, "the tokenizer model \"" + name + "\" is unknown"};
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
  if (model == TokenizerModel::scored && vocabulary.scores.empty()) return mismatch("scores", 0);
  if (std::any_of(vocabulary.scores.begin(), vocabulary.scores.end(),
                  [](float score) { return std::isnan(score); }))
    return corrupt("a score is not a number");
  if (vocabulary.merges.size() >= MergeTable::kNoRank)
    return corrupt(std::to_string(vocabulary.merges.size()) + " merges");
  return {};
}

Result<void> check_ids(const Vocabulary& vocabulary) {
  std::vector<TokenId> ids = vocabulary.more_stops;
  for (const auto& id :
       {vocabulary.bos, vocabulary.eos, vocabulary.eot, vocabulary.eom, vocabulary.unknown,
        vocabulary.padding, vocabulary.fim_pad, vocabulary.fim_rep, vocabulary.fim_sep})
    if (id) ids.push_back(*id);
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

// The merges that the file lists, rank by rank.
Result<MergeTable> listed_merges(const Vocabulary& vocabulary, const TokenIndex& by_text) {
  MergeTable merges(vocabulary.merges.size());
  std::string whole;
  for (size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const std::string_view text = vocabulary.merges[rank];
    // A part may begin with a blank, but no part is empty.
    const size_t blank = text.find(' ', 1);
    if (blank == std::string_view::npos)
      return corrupt("merge " + std::to_string(rank) + " has one part only");
    const std::string_view left = text.substr(0, blank);
    const std::string_view right = text.substr(blank + 1);
    whole.assign(left).append(right);
    const auto left_id = by_text.find(left);
    const auto right_id = by_text.find(right);
    const auto merged = by_text.find(whole);
    if (!left_id || !right_id || !merged)
      return corrupt("merge " + std::to_string(rank) + " has a part or a result that is no token");
    // Text must not grow into a control token by itself.
    if (is_control(vocabulary, *merged)) continue;
    merges.insert(*left_id, *right_id, {static_cast<uint32_t>(rank), *merged});
  }
  return merges;
}

// "<0x41>" as 0x41.
std::optional<uint8_t> parse_byte_token(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  unsigned value = 0;
  for (const char digit : text.substr(3, 2)) {
    const unsigned number = digit >= '0' && digit <= '9'   ? static_cast<unsigned>(digit - '0')
                            : digit >= 'A' && digit <= 'F' ? static_cast<unsigned>(digit - 'A' + 10)
                            : digit >= 'a' && digit <= 'f' ? static_cast<unsigned>(digit - 'a' + 10)
                                                           : 16u;
    if (number == 16) return std::nullopt;
    value = value * 16 + number;
  }
  return static_cast<uint8_t>(value);
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

// Files without types: what can be told from the text.
std::vector<TokenType> guess_types(const Vocabulary& vocabulary, TokenizerModel model) {
  std::vector<TokenType> types(vocabulary.tokens.size(), TokenType::normal);
  if (model == TokenizerModel::byte_level) return types;
  for (size_t id = 0; id < types.size(); ++id)
    if (parse_byte_token(vocabulary.tokens[id])) types[id] = TokenType::byte;
  for (const auto& id : {vocabulary.bos, vocabulary.eos})
    if (id) types[index(*id)] = TokenType::control;
  if (vocabulary.unknown) types[index(*vocabulary.unknown)] = TokenType::unknown;
  return types;
}

// Sorts the tokens into those found in the text itself and those that pieces are looked up in.
void index_tokens(Lexicon& lexicon) {
  std::vector<TokenId> added;
  lexicon.pieces = TokenIndex(lexicon.bytes, lexicon.size());
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const TokenType type = lexicon.types[i];
    const auto id = static_cast<TokenId>(i);
    const std::string_view bytes = lexicon.bytes[i];
    if (lexicon.is_control(id) || type == TokenType::user_defined) {
      added.push_back(id);
    } else if (!bytes.empty() && type != TokenType::unused &&
               !(type == TokenType::byte && lexicon.model != TokenizerModel::byte_level)) {
      // Two texts may stand for the same bytes; the first one is used.
      lexicon.pieces.insert(id);
      for (size_t at = 1; at < bytes.size(); ++at)
        if (bytes[at] == ' ')
          lexicon.before_blank[static_cast<unsigned char>(bytes[at - 1])] = true;
    }
  }
  lexicon.added = AddedTokens(lexicon.bytes, std::move(added));
  if (lexicon.model != TokenizerModel::byte_level) return;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    lexicon.byte_tokens[byte] = lexicon.pieces.find({&text, 1}).value_or(-1);
  }
}

// Equal scores have equal ranks, so that of two such pairs the left one merges first.
std::vector<uint32_t> ranks_of(const std::vector<float>& scores) {
  std::vector<float> order = scores;
  std::sort(order.begin(), order.end(), std::greater<>());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::vector<uint32_t> ranks;
  ranks.reserve(scores.size());
  for (const float score : scores) {
    const auto at = std::lower_bound(order.begin(), order.end(), score, std::greater<>());
    ranks.push_back(static_cast<uint32_t>(at - order.begin()));
  }
  return ranks;
}

// A scored vocabulary lists no merges: every way to cut a token into two tokens is one.
MergeTable scored_merges(const Lexicon& lexicon, const std::vector<float>& scores) {
  struct Cut {
    TokenId left, right, merged;
  };
  std::vector<Cut> cuts;
  for (size_t i = 0; i < lexicon.size(); ++i) {
    const std::string_view bytes = lexicon.bytes[i];
    const auto id = static_cast<TokenId>(i);
    if (lexicon.pieces.find(bytes) != id) continue;
    for (size_t at = 1; at < bytes.size(); ++at) {
      if ((static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80) continue;
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

// Most pieces of ordinary text are one token; knowing for which tokens the merges end there lets
// them be looked up at once.
void mark_whole(Lexicon& lexicon, bool ignores_merges) {
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
    // Runs of newlines are cut from the rest and looked up before any merge (Gemma 4).
    if (lexicon.model == TokenizerModel::ranked && bytes.find_first_not_of('\n') == bytes.npos)
      whole[i] = true;
  }
  lexicon.whole = std::move(whole);
}

}  // namespace

void append_unescaped(std::string& out, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t next = std::min(text.find(kEscapedBlank, at), text.size());
    out.append(text, at, next - at);
    if (next == text.size()) return;
    out.push_back(' ');
    at = next + kEscapedBlank.size();
  }
}

Result<std::unique_ptr<Lexicon>> make_lexicon(Vocabulary vocabulary, bool ignores_merges) {
  auto lexicon = std::make_unique<Lexicon>();
  SLUICE_LET(lexicon->model, parse_model(vocabulary.model));
  SLUICE_TRY(check_lengths(vocabulary, lexicon->model));
  if (lexicon->model == TokenizerModel::scored) {
    // What SentencePiece assigns unless told otherwise.
    const auto assume = [&](std::optional<TokenId>& id, TokenId usual) {
      if (!id && index(usual) < vocabulary.tokens.size()) id = usual;
    };
    assume(vocabulary.unknown, 0);
    assume(vocabulary.bos, 1);
    assume(vocabulary.eos, 2);
  }
  SLUICE_TRY(check_ids(vocabulary));
  lexicon->types = vocabulary.types.empty() ? guess_types(vocabulary, lexicon->model)
                                            : std::move(vocabulary.types);
  vocabulary.types = lexicon->types;
  lexicon->bos = vocabulary.bos;
  lexicon->eos = vocabulary.eos;
  lexicon->unknown = vocabulary.unknown;
  {
    SLUICE_LET(const TokenIndex by_text, index_texts(vocabulary.tokens));
    lexicon->stops = find_stops(vocabulary, by_text);
    if (lexicon->model != TokenizerModel::scored) {
      SLUICE_LET(lexicon->merges, listed_merges(vocabulary, by_text));
    }
  }
  vocabulary.merges = {};
  translate_texts(vocabulary, *lexicon);
  vocabulary.tokens = {};
  index_tokens(*lexicon);
  if (lexicon->model == TokenizerModel::scored)
    lexicon->merges = scored_merges(*lexicon, vocabulary.scores);
  mark_whole(*lexicon, ignores_merges);
  return lexicon;
}

}  // namespace sluice
