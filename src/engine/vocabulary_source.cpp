#include "engine/vocabulary_source.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace sluice {

namespace {

constexpr std::string_view kPrefix = "tokenizer.ggml.";

std::string key_of(std::string_view name) {
  return std::string(kPrefix).append(name);
}

Error corrupt(std::string_view name, const std::string& what) {
  return Error{Code::corrupt, "cannot read the vocabulary: " + key_of(name) + " " + what};
}

Result<std::optional<std::string>> read_text(const Metadata& metadata, std::string_view name) {
  const std::string key = key_of(name);
  if (!metadata.contains(key)) return std::optional<std::string>();
  const auto text = metadata.text(key);
  if (!text) return corrupt(name, "is not a string");
  return std::optional<std::string>(*text);
}

// A table of strings that is missing is empty; another kind of value is an error.
Result<StringTable> take_table(Metadata& metadata, std::string_view name) {
  const std::string key = key_of(name);
  if (metadata.contains(key) && metadata.strings(key) == nullptr)
    return corrupt(name, "is not an array of strings");
  return metadata.take_strings(key);
}

Result<void> check_length(std::string_view name, size_t length, size_t tokens) {
  if (length == tokens) return {};
  return corrupt(
      name, "has " + std::to_string(length) + " entries for " + std::to_string(tokens) + " tokens");
}

Result<std::vector<TokenType>> read_types(const Metadata& metadata, size_t tokens) {
  std::vector<TokenType> types;
  const std::string key = key_of("token_type");
  if (!metadata.contains(key)) return types;
  const std::vector<int64_t>* const numbers = metadata.integers(key);
  if (numbers == nullptr) return corrupt("token_type", "is not an array of integers");
  SLUICE_TRY(check_length("token_type", numbers->size(), tokens));
  types.reserve(tokens);
  for (const int64_t number : *numbers) {
    if (number < static_cast<int64_t>(TokenType::normal) ||
        number > static_cast<int64_t>(TokenType::byte))
      return corrupt("token_type", "has the unknown type " + std::to_string(number) +
                                       " for token " + std::to_string(types.size()));
    types.push_back(static_cast<TokenType>(number));
  }
  return types;
}

Result<std::vector<double>> read_scores(const Metadata& metadata, size_t tokens) {
  const std::string key = key_of("scores");
  if (!metadata.contains(key)) return std::vector<double>();
  const std::vector<float>* const scores = metadata.reals(key);
  if (scores == nullptr) return corrupt("scores", "is not an array of f32");
  SLUICE_TRY(check_length("scores", scores->size(), tokens));
  return std::vector<double>(scores->begin(), scores->end());
}

Result<void> read_ids(const Metadata& metadata, Vocabulary& vocabulary) {
  struct Id {
    std::string_view name;
    std::optional<TokenId>* id;
  };
  const Id ids[] = {
      {"bos_token_id", &vocabulary.bos},         {"eos_token_id", &vocabulary.eos},
      {"eot_token_id", &vocabulary.eot},         {"eom_token_id", &vocabulary.eom},
      {"unknown_token_id", &vocabulary.unknown}, {"padding_token_id", &vocabulary.padding},
      {"fim_pad_token_id", &vocabulary.fim_pad}, {"fim_rep_token_id", &vocabulary.fim_rep},
      {"fim_sep_token_id", &vocabulary.fim_sep},
  };
  for (const Id& id : ids) {
    if (!metadata.contains(key_of(id.name))) continue;
    const auto number = metadata.unsigned_integer(key_of(id.name));
    if (!number) return corrupt(id.name, "is not a token id");
    if (*number >= vocabulary.tokens.size())
      return corrupt(id.name, "is " + std::to_string(*number) + ", but there are " +
                                  std::to_string(vocabulary.tokens.size()) + " tokens");
    *id.id = static_cast<TokenId>(*number);
  }
  return {};
}

Result<std::optional<bool>> read_flag(const Metadata& metadata, std::string_view name) {
  if (!metadata.contains(key_of(name))) return std::optional<bool>();
  const auto flag = metadata.boolean(key_of(name));
  if (!flag) return corrupt(name, "is not true or false");
  return flag;
}

// Steps that some converted unigram models have in front, and that nobody here does.
Result<void> check_normalizer(const Metadata& metadata) {
  for (const char* const name : {"precompiled_charsmap", "remove_extra_whitespaces"}) {
    const std::string key = key_of(name);
    if (!metadata.contains(key) || metadata.boolean(key) == false) continue;
    return Error{Code::unsupported, "cannot read the vocabulary: " + key + " is not supported"};
  }
  return {};
}

}  // namespace

Result<Vocabulary> read_vocabulary(Metadata& metadata) {
  Vocabulary vocabulary;
  SLUICE_LET(auto model, read_text(metadata, "model"));
  if (!model) return corrupt("model", "is missing: the file has no tokenizer");
  vocabulary.model = *std::move(model);
  if (vocabulary.model == "t5") SLUICE_TRY(check_normalizer(metadata));
  SLUICE_LET(auto pre, read_text(metadata, "pre"));
  if (pre) vocabulary.pre = *std::move(pre);
  SLUICE_LET(vocabulary.tokens, take_table(metadata, "tokens"));
  const size_t tokens = vocabulary.tokens.size();
  if (tokens == 0) return corrupt("tokens", "is missing or empty");
  SLUICE_LET(vocabulary.types, read_types(metadata, tokens));
  SLUICE_LET(vocabulary.scores, read_scores(metadata, tokens));
  SLUICE_LET(vocabulary.merges, take_table(metadata, "merges"));
  SLUICE_TRY(read_ids(metadata, vocabulary));
  SLUICE_LET(vocabulary.add_bos, read_flag(metadata, "add_bos_token"));
  SLUICE_LET(vocabulary.add_space_prefix, read_flag(metadata, "add_space_prefix"));
  return vocabulary;
}

}  // namespace sluice
