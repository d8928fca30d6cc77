#include "text/special_tokens.hpp"

#include <string_view>

#include "text/printable.hpp"
#include "text/template_value.hpp"

namespace sluice {

namespace {

Error corrupt(std::string_view file, const std::string& what) {
  return Error{Code::corrupt, std::string(file) + ": " + what};
}

// A file's object; null where there is no file.
Result<TemplateValue> parse(std::string_view file, std::string_view json) {
  if (json.empty()) return TemplateValue();
  auto value = TemplateValue::parse(json);
  if (!value) return corrupt(file, value.error().message);
  if (value->map() == nullptr) return corrupt(file, "it is no JSON object");
  return *std::move(value);
}

// The text of a token, written as it is or as {"content": text}.
std::string_view token_text(const TemplateValue& file, std::string_view name) {
  const TemplateValue* value = file.find(name);
  if (value != nullptr && value->map() != nullptr) value = value->find("content");
  return value != nullptr && value->text() != nullptr ? std::string_view(*value->text())
                                                      : std::string_view();
}

std::optional<TokenId> find_token(const Vocabulary& vocabulary, std::string_view text) {
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id)
    if (vocabulary.tokens[id] == text) return static_cast<TokenId>(id);
  return std::nullopt;
}

Result<void> read_names(std::string_view file, const TemplateValue& values,
                        Vocabulary& vocabulary) {
  struct Name {
    std::string_view key;
    std::optional<TokenId>* id;
  };
  const Name names[] = {{"bos_token", &vocabulary.bos},
                        {"eos_token", &vocabulary.eos},
                        {"unk_token", &vocabulary.unknown},
                        {"pad_token", &vocabulary.padding}};
  for (const Name& name : names) {
    const std::string_view text = token_text(values, name.key);
    // What tokenizer.json says itself counts first.
    if (text.empty() || *name.id) continue;
    *name.id = find_token(vocabulary, text);
    if (!*name.id)
      return corrupt(file, std::string(name.key) + " \"" + printable(text) + "\" is no token");
  }
  return {};
}

// "eos_token_id": one or several.
Result<std::vector<TokenId>> end_ids(std::string_view file, const TemplateValue& values,
                                     size_t tokens) {
  std::vector<TokenId> ids;
  const TemplateValue* const value = values.find("eos_token_id");
  if (value == nullptr || value->is_null()) return ids;
  const TemplateValue::List one{*value};
  for (const TemplateValue& item : value->list() != nullptr ? *value->list() : one) {
    const int64_t* const id = std::get_if<int64_t>(&item.state);
    if (id == nullptr || *id < 0 || *id >= static_cast<int64_t>(tokens))
      return corrupt(file, "eos_token_id is not among the " + std::to_string(tokens) + " tokens");
    ids.push_back(static_cast<TokenId>(*id));
  }
  return ids;
}

// generation_config.json counts before config.json, where multimodal models have them one deeper.
Result<void> read_ends(const TokenizerFiles& files, Vocabulary& vocabulary) {
  const size_t tokens = vocabulary.tokens.size();
  SLUICE_LET(const TemplateValue generation,
             parse("generation_config.json", files.generation_config));
  SLUICE_LET(vocabulary.more_stops, end_ids("generation_config.json", generation, tokens));
  if (!vocabulary.more_stops.empty()) return {};
  SLUICE_LET(const TemplateValue config, parse("config.json", files.config));
  SLUICE_LET(vocabulary.more_stops, end_ids("config.json", config, tokens));
  const TemplateValue* const inner = config.find("text_config");
  if (!vocabulary.more_stops.empty() || inner == nullptr) return {};
  SLUICE_LET(vocabulary.more_stops, end_ids("config.json", *inner, tokens));
  return {};
}

}  // namespace

Result<void> read_special_tokens(const TokenizerFiles& files, Vocabulary& vocabulary) {
  SLUICE_LET(const TemplateValue config, parse("tokenizer_config.json", files.tokenizer_config));
  SLUICE_LET(const TemplateValue map, parse("special_tokens_map.json", files.special_tokens_map));
  SLUICE_TRY(read_names("tokenizer_config.json", config, vocabulary));
  SLUICE_TRY(read_names("special_tokens_map.json", map, vocabulary));
  if (const TemplateValue* const value = config.find("add_bos_token"))
    if (const bool* const adds = std::get_if<bool>(&value->state)) vocabulary.add_bos = *adds;
  return read_ends(files, vocabulary);
}

}  // namespace sluice
