#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/implied_pipeline.hpp"
#include "text/printable.hpp"
#include "text/special_tokens.hpp"
#include "text/tokenizer_document.hpp"
#include "text/tokenizer_steps.hpp"

namespace sluice {

namespace {

// Ids beyond the entries that a file may leave free, for padding.
constexpr size_t kFreeIdsMost = size_t{1} << 16;

Error corrupt(const std::string& what) {
  return Error{Code::corrupt, "tokenizer.json: " + what};
}

Error unsupported(const std::string& what) {
  return Error{Code::unsupported, "tokenizer.json: " + what + " is not supported"};
}

std::string_view text_of(const TemplateValue& map, std::string_view name) {
  const TemplateValue* const value = map.find(name);
  return value != nullptr && value->text() != nullptr ? std::string_view(*value->text())
                                                      : std::string_view();
}

bool flag_of(const TemplateValue& map, std::string_view name) {
  const TemplateValue* const value = map.find(name);
  const bool* const flag = value == nullptr ? nullptr : std::get_if<bool>(&value->state);
  return flag != nullptr && *flag;
}

bool is_set(const TemplateValue& map, std::string_view name) {
  const TemplateValue* const value = map.find(name);
  const bool empty =
      value == nullptr || value->is_null() || (value->text() != nullptr && value->text()->empty());
  return !empty;
}

// A token of the added_tokens list, and its text.
struct Listed {
  AddedToken token;
  std::string_view text;
};

// Of entries with the same text the first counts, but one that says so makes the token special, as
// in the reference (tokenizers 0.23).
Result<std::vector<Listed>> read_added(const TemplateValue& tree) {
  std::vector<Listed> added;
  std::unordered_map<std::string_view, size_t> seen;  // to where it is in the list
  const TemplateValue* const list = tree.find("added_tokens");
  if (list == nullptr || list->is_null()) return added;
  if (list->list() == nullptr) return corrupt("added_tokens is no list");
  for (const TemplateValue& entry : *list->list()) {
    const TemplateValue* const id = entry.find("id");
    const int64_t* const number = id == nullptr ? nullptr : std::get_if<int64_t>(&id->state);
    const std::string_view text = text_of(entry, "content");
    if (number == nullptr || *number < 0 || *number >= INT32_MAX || text.empty())
      return corrupt("added token " + std::to_string(added.size()) + " has no id or no content");
    const auto [found, is_new] = seen.try_emplace(text, added.size());
    if (!is_new) {
      AddedToken& first = added[found->second].token;
      first.special = first.special || flag_of(entry, "special");
      continue;
    }
    Listed listed;
    listed.text = text;
    listed.token.id = static_cast<TokenId>(*number);
    listed.token.special = flag_of(entry, "special");
    listed.token.normalized = flag_of(entry, "normalized");
    listed.token.strips_left = flag_of(entry, "lstrip");
    listed.token.strips_right = flag_of(entry, "rstrip");
    listed.token.single_word = flag_of(entry, "single_word");
    added.push_back(listed);
  }
  return added;
}

// The texts by id.
class TokenTable {
 public:
  Result<void> place(int64_t id, std::string_view text) {
    if (id < 0 || id >= INT32_MAX) return corrupt("a token has the id " + std::to_string(id));
    const auto at = static_cast<size_t>(id);
    if (at >= texts_.size()) texts_.resize(std::max(at + 1, texts_.size()));
    if (!texts_[at].empty() && texts_[at] != text)
      return corrupt("the id " + std::to_string(id) + " has two texts");
    texts_[at] = text;
    return {};
  }
  size_t size() const { return texts_.size(); }
  bool holds(size_t id) const { return !texts_[id].empty(); }
  std::string_view operator[](size_t id) const { return texts_[id]; }

 private:
  std::vector<std::string_view> texts_;
};

Result<TokenTable> place_tokens(const TokenizerDocument& document,
                                const std::vector<Listed>& added) {
  TokenTable table;
  const size_t entries = document.texts.size() + added.size();
  const auto fits = [&](int64_t id) { return id < static_cast<int64_t>(entries + kFreeIdsMost); };
  const auto place = [&](int64_t id, std::string_view text) -> Result<void> {
    if (!fits(id))
      return corrupt("the id " + std::to_string(id) + " of " + std::to_string(entries) + " tokens");
    return table.place(id, text);
  };
  for (size_t i = 0; i < document.texts.size(); ++i) {
    const int64_t id = document.ids.empty() ? static_cast<int64_t>(i) : document.ids[i];
    SLUICE_TRY(place(id, document.texts[i]));
  }
  for (const Listed& listed : added) SLUICE_TRY(place(listed.token.id, listed.text));
  return table;
}

// Finds the added tokens that the model has itself.
void mark_own(const TokenizerDocument& document, std::vector<AddedToken>& added) {
  const auto texts = static_cast<int64_t>(document.texts.size());
  std::vector<int64_t> own = document.ids;
  std::sort(own.begin(), own.end());
  for (AddedToken& token : added) {
    token.makes_text = document.ids.empty() ? token.id < texts
                                            : std::binary_search(own.begin(), own.end(), token.id);
  }
}

std::vector<TokenType> types_of(const TokenTable& table, const std::vector<Listed>& added,
                                bool has_byte_tokens) {
  std::vector<TokenType> types(table.size(), TokenType::normal);
  for (size_t id = 0; id < table.size(); ++id) {
    if (!table.holds(id)) types[id] = TokenType::unused;
    if (has_byte_tokens && parse_byte_token(table[id])) types[id] = TokenType::byte;
  }
  for (const Listed& listed : added)
    types[static_cast<size_t>(listed.token.id)] =
        listed.token.special ? TokenType::control : TokenType::user_defined;
  return types;
}

// What the model asks for that changes ids and is not done here.
Result<void> check_options(const TemplateValue& model, std::string_view type, bool byte_level) {
  for (const char* const name : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (is_set(model, name)) return unsupported(std::string("model with ") + name);
  const TemplateValue* const dropout = model.find("dropout");
  const double* const rate = dropout == nullptr ? nullptr : std::get_if<double>(&dropout->state);
  if (rate != nullptr && *rate != 0) return unsupported("model with dropout");
  if (flag_of(model, "ignore_merges") && !byte_level)
    return unsupported("model with ignore_merges without ByteLevel");
  if (flag_of(model, "byte_fallback") && byte_level)
    return unsupported("model with byte_fallback beside ByteLevel");
  if (type == "Unigram" && byte_level) return unsupported("model Unigram with ByteLevel");
  return {};
}

// BPE if nothing else is said: old files do not say it.
std::string_view type_of(const TemplateValue& model) {
  const std::string_view type = text_of(model, "type");
  return type.empty() ? "BPE" : type;
}

std::optional<TokenId> find_text(const TokenTable& table, std::string_view text) {
  for (size_t id = 0; id < table.size() && !text.empty(); ++id)
    if (table[id] == text) return static_cast<TokenId>(id);
  return std::nullopt;
}

Result<void> read_unknown(const TemplateValue& model, const TokenTable& table,
                          Vocabulary& vocabulary) {
  if (vocabulary.model == "unigram") {
    const TemplateValue* const value = model.find("unk_id");
    const int64_t* const id = value == nullptr ? nullptr : std::get_if<int64_t>(&value->state);
    if (id == nullptr) return unsupported("model Unigram without unk_id");
    if (*id < 0 || *id >= static_cast<int64_t>(table.size()))
      return corrupt("unk_id is " + std::to_string(*id));
    vocabulary.unknown = static_cast<TokenId>(*id);
    return {};
  }
  const std::string_view text = text_of(model, "unk_token");
  vocabulary.unknown = find_text(table, text);
  if (!text.empty() && !vocabulary.unknown) return corrupt("unk_token is no token");
  return {};
}

// Moves the tables over. The texts are copied in the order of their ids.
void take_tables(TokenizerDocument& document, const TokenTable& table, Vocabulary& vocabulary) {
  size_t bytes = 0;
  for (size_t id = 0; id < table.size(); ++id) bytes += table[id].size();
  vocabulary.tokens.reserve(table.size(), bytes);
  for (size_t id = 0; id < table.size(); ++id) vocabulary.tokens.push_back(table[id]);
  vocabulary.merges = std::move(document.merges);
  vocabulary.merge_parts = std::move(document.merge_parts);
  vocabulary.scores = std::move(document.scores);
  if (!vocabulary.scores.empty()) vocabulary.scores.resize(table.size());
}

Result<Vocabulary> make_vocabulary(TokenizerDocument document) {
  const TemplateValue* const model = document.tree.find("model");
  if (model == nullptr || model->map() == nullptr) return corrupt("there is no model");
  const std::string_view type = type_of(*model);
  if (type != "BPE" && type != "Unigram") return unsupported("model " + printable(type));
  if (document.texts.empty()) return corrupt("the model has no vocabulary");
  if (document.scores.empty() == (type == "Unigram"))
    return corrupt("model.vocab has not the form of " + std::string(type));
  SLUICE_LET(TokenizerSteps steps, read_tokenizer_steps(document.tree));
  SLUICE_TRY(check_options(*model, type, steps.byte_level));
  SLUICE_LET(const std::vector<Listed> added, read_added(document.tree));
  SLUICE_LET(const TokenTable table, place_tokens(document, added));

  Vocabulary vocabulary;
  vocabulary.model = type == "Unigram" ? "unigram" : steps.byte_level ? "gpt2" : "bpe";
  vocabulary.pre = "as in tokenizer.json";
  Pipeline& pipeline = vocabulary.pipeline.emplace(std::move(steps.pipeline));
  pipeline.ignores_merges = flag_of(*model, "ignore_merges");
  pipeline.byte_fallback = flag_of(*model, "byte_fallback");
  // Unigram always does.
  pipeline.fuses_unknown = type == "Unigram" || flag_of(*model, "fuse_unk");
  for (const Listed& listed : added) pipeline.added.push_back(listed.token);
  mark_own(document, pipeline.added);
  vocabulary.types = types_of(table, added, pipeline.byte_fallback);
  SLUICE_TRY(read_unknown(*model, table, vocabulary));
  vocabulary.bos = steps.bos;
  vocabulary.add_bos = steps.bos.has_value();
  take_tables(document, table, vocabulary);
  return vocabulary;
}

}  // namespace

Result<Vocabulary> read_tokenizer_json(TokenizerFiles files) {
  SLUICE_LET(TokenizerDocument document, read_tokenizer_document(files.tokenizer));
  files.tokenizer = {};
  SLUICE_LET(Vocabulary vocabulary, make_vocabulary(std::move(document)));
  SLUICE_TRY(read_special_tokens(files, vocabulary));
  return vocabulary;
}

}  // namespace sluice
