#include "text/tokenizer_document.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace sluice {

namespace {

constexpr size_t kDepthMax = 100;

// Receives the parser's events. A false return ends the parse; `message` then says why.
class Receiver final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TokenizerDocument document;
  std::string message;

  bool null() override { return scalar(TemplateValue()); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    // Beyond int64_t no number of the format makes sense.
    return value > INT64_MAX ? fail("a number is too large") : integer(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override {
    if (table_ == Table::pieces) return score(value);
    return scalar(value);
  }
  bool string(string_t& value) override;
  bool binary(binary_t&) override { return fail("binary data"); }
  bool start_object(size_t) override { return start(TemplateValue::Map()); }
  bool key(string_t& value) override;
  bool end_object() override { return end(); }
  bool start_array(size_t) override { return start(TemplateValue::List()); }
  bool end_array() override { return end(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    return fail("no valid JSON at byte " + std::to_string(position));
  }

 private:
  enum class Table { none, vocabulary, pieces, merges };

  // A list or map that is not closed yet, and the key in it that waits for its value.
  struct Open {
    TemplateValue value;
    std::string key;
  };

  bool fail(std::string what) {
    if (message.empty()) message = std::move(what);
    return false;
  }
  bool start(TemplateValue value);
  bool start_inside_table(const TemplateValue& value);
  bool end();
  bool scalar(TemplateValue value);
  bool integer(int64_t value);
  bool score(double value);
  // The table that a value which begins here is, if any.
  Table table_here(const TemplateValue& value) const;

  std::vector<Open> open_;
  Table table_ = Table::none;
  size_t inner_ = 0;  // 1 within an entry of a table
  size_t inner_items_ = 0;
};

Receiver::Table Receiver::table_here(const TemplateValue& value) const {
  if (open_.size() != 2 || open_[0].key != "model") return Table::none;
  const bool is_list = value.list() != nullptr;
  if (open_[1].key == "vocab") return is_list ? Table::pieces : Table::vocabulary;
  return open_[1].key == "merges" && is_list ? Table::merges : Table::none;
}

bool Receiver::start_inside_table(const TemplateValue& value) {
  if (table_ == Table::vocabulary || inner_ > 0 || value.list() == nullptr)
    return fail("an entry of model.vocab or model.merges is a list or an object");
  inner_ = 1;
  inner_items_ = 0;
  return true;
}

bool Receiver::start(TemplateValue value) {
  if (table_ != Table::none) return start_inside_table(value);
  table_ = table_here(value);
  if (table_ != Table::none) return true;
  if (open_.size() == kDepthMax) return fail("nested too deeply");
  open_.push_back({std::move(value), {}});
  return true;
}

bool Receiver::end() {
  if (inner_ > 0) {
    inner_ = 0;
    return inner_items_ == 2 || fail("an entry of model.vocab or model.merges has not two parts");
  }
  if (table_ != Table::none) {
    table_ = Table::none;
    return true;
  }
  TemplateValue value = std::move(open_.back().value);
  open_.pop_back();
  return scalar(std::move(value));
}

bool Receiver::scalar(TemplateValue value) {
  if (table_ != Table::none) return fail("an entry of model.vocab or model.merges is of no use");
  if (open_.empty()) {
    document.tree = std::move(value);
    return true;
  }
  Open& parent = open_.back();
  if (auto* const list = std::get_if<TemplateValue::List>(&parent.value.state)) {
    list->push_back(std::move(value));
  } else {
    std::get_if<TemplateValue::Map>(&parent.value.state)
        ->emplace_back(std::move(parent.key), std::move(value));
    parent.key.clear();
  }
  return true;
}

bool Receiver::integer(int64_t value) {
  if (table_ == Table::pieces) return score(static_cast<double>(value));
  if (table_ != Table::vocabulary) return scalar(value);
  document.ids.push_back(value);
  return true;
}

bool Receiver::score(double value) {
  if (inner_ == 0 || inner_items_ != 1) return fail("an entry of model.vocab is no [text, score]");
  ++inner_items_;
  document.scores.push_back(value);
  return true;
}

bool Receiver::string(string_t& value) {
  if (table_ == Table::none) return scalar(std::move(value));
  if (table_ == Table::pieces) {
    if (inner_ == 0 || inner_items_ != 0)
      return fail("an entry of model.vocab is no [text, score]");
    document.texts.push_back(value);
  } else if (table_ == Table::merges) {
    (inner_ > 0 ? document.merge_parts : document.merges).push_back(value);
  } else {
    return fail("the id of a token in model.vocab is a string");
  }
  ++inner_items_;
  return true;
}

bool Receiver::key(string_t& value) {
  if (table_ == Table::none) {
    open_.back().key = std::move(value);
  } else {
    document.texts.push_back(value);
  }
  return true;
}

}  // namespace

Result<TokenizerDocument> read_tokenizer_document(std::string_view json) {
  Receiver receiver;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &receiver))
    return Error{Code::corrupt, "cannot read tokenizer.json: " + receiver.message};
  TokenizerDocument document = std::move(receiver.document);
  const size_t entries = document.ids.empty() ? document.scores.size() : document.ids.size();
  if (entries != document.texts.size())
    return Error{Code::corrupt, "cannot read tokenizer.json: model.vocab is there twice"};
  if (!document.merges.empty() && !document.merge_parts.empty())
    return Error{Code::corrupt, "cannot read tokenizer.json: model.merges mixes two forms"};
  return document;
}

}  // namespace sluice
