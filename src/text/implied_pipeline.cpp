#include "text/implied_pipeline.hpp"

#include "text/pretokenizer.hpp"

namespace sluice {

namespace {

// Gemma 4's files give its channel and tool tokens the type user-defined so that they are shown;
// Hugging Face's file calls them special, and no user may write them.
bool is_shown_control(std::string_view text) {
  return text.starts_with("<|") || text.ends_with("|>");
}

void add_token(const Vocabulary& vocabulary, size_t index, Pipeline& pipeline) {
  const TokenType type = vocabulary.types[index];
  AddedToken token;
  token.id = static_cast<TokenId>(index);
  token.special = type == TokenType::control || type == TokenType::unknown;
  if (!token.special && type != TokenType::user_defined) return;
  if (vocabulary.model == "gemma4" && is_shown_control(vocabulary.tokens[index]))
    token.special = true;
  // SentencePiece finds its user-defined symbols when blanks are U+2581 already.
  token.normalized = vocabulary.model != "gpt2";
  pipeline.added.push_back(token);
}

}  // namespace

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

std::vector<TokenType> guess_types(const Vocabulary& vocabulary) {
  std::vector<TokenType> types(vocabulary.tokens.size(), TokenType::normal);
  if (vocabulary.model == "gpt2") return types;
  for (size_t id = 0; id < types.size(); ++id)
    if (parse_byte_token(vocabulary.tokens[id])) types[id] = TokenType::byte;
  for (const auto& id : {vocabulary.bos, vocabulary.eos})
    if (id) types[static_cast<size_t>(*id)] = TokenType::control;
  if (vocabulary.unknown) types[static_cast<size_t>(*vocabulary.unknown)] = TokenType::unknown;
  return types;
}

Pipeline implied_pipeline(const Vocabulary& vocabulary) {
  Pipeline pipeline;
  if (vocabulary.model == "gpt2") {
    if (const PretokenizerFamily* const family = find_family(vocabulary.pre)) {
      pipeline.normalizes = family->normalizes;
      pipeline.ignores_merges = family->ignores_merges;
    }
    // A rank list: its authority looks a piece up as a whole first.
    const bool lists_merges = !vocabulary.merges.empty() || !vocabulary.merge_parts.empty();
    if (!lists_merges && !vocabulary.scores.empty()) pipeline.ignores_merges = true;
  } else {
    const bool sentencepiece = vocabulary.model == "llama" || vocabulary.model == "t5";
    pipeline.byte_fallback = true;
    pipeline.fuses_unknown = vocabulary.model == "t5";
    if (vocabulary.add_space_prefix.value_or(sentencepiece)) {
      pipeline.leading_blank = LeadingBlank::parts;
      pipeline.leading_cut = LeadingCut::one_blank;
    }
  }
  for (size_t i = 0; i < vocabulary.types.size(); ++i) add_token(vocabulary, i, pipeline);
  return pipeline;
}

}  // namespace sluice
