#include "text/template_value.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "text/utf8.hpp"

namespace sluice {

namespace {

constexpr int kDepthMax = 200;

class JsonReader {
 public:
  explicit JsonReader(std::string_view json) : json_(json) {}

  Result<TemplateValue> document() {
    SLUICE_LET(TemplateValue value, this->value(0));
    skip_blanks();
    if (at_ != json_.size()) return error("more text behind the value");
    return value;
  }

 private:
  Error error(std::string_view what) const {
    return {Code::invalid,
            "invalid JSON at byte " + std::to_string(at_) + ": " + std::string(what)};
  }

  char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  void skip_blanks() {
    at_ = std::min(json_.find_first_not_of(" \t\n\r", at_), json_.size());
  }

  bool take(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<TemplateValue> value(int depth) {
    if (depth > kDepthMax) return error("nested too deeply");
    skip_blanks();
    if (peek() == '{') return map(depth);
    if (peek() == '[') return list(depth);
    if (peek() == '"') {
      SLUICE_LET(std::string text, string());
      return TemplateValue(std::move(text));
    }
    if (take("null")) return TemplateValue();
    if (take("true")) return TemplateValue(true);
    if (take("false")) return TemplateValue(false);
    if (take("NaN")) return TemplateValue(std::numeric_limits<double>::quiet_NaN());
    if (take("Infinity")) return TemplateValue(std::numeric_limits<double>::infinity());
    if (take("-Infinity")) return TemplateValue(-std::numeric_limits<double>::infinity());
    return number();
  }

  Result<TemplateValue> list(int depth) {
    ++at_;
    TemplateValue::List items;
    skip_blanks();
    if (take("]")) return TemplateValue(std::move(items));
    while (true) {
      SLUICE_LET(TemplateValue item, value(depth + 1));
      items.push_back(std::move(item));
      skip_blanks();
      if (take("]")) return TemplateValue(std::move(items));
      if (!take(",")) return error("expected ',' or ']'");
    }
  }

  // Looking every key up would make a large map quadratic: sorting finds those that come twice.
  static TemplateValue without_duplicates(TemplateValue::Map entries) {
    std::vector<size_t> order(entries.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return entries[a].first < entries[b].first;
    });
    std::vector<bool> gone(entries.size(), false);
    for (size_t i = 0, first = 0; i < order.size(); ++i) {
      if (i == 0 || entries[order[i]].first != entries[order[first]].first) {
        first = i;
      } else {
        entries[order[first]].second = std::move(entries[order[i]].second);
        gone[order[i]] = true;
      }
    }
    TemplateValue::Map kept;
    for (size_t i = 0; i < entries.size(); ++i)
      if (!gone[i]) kept.push_back(std::move(entries[i]));
    return TemplateValue(std::move(kept));
  }

  Result<TemplateValue> map(int depth) {
    ++at_;
    TemplateValue::Map entries;
    skip_blanks();
    if (take("}")) return TemplateValue(std::move(entries));
    while (true) {
      skip_blanks();
      if (peek() != '"') return error("expected a key");
      SLUICE_LET(std::string key, string());
      skip_blanks();
      if (!take(":")) return error("expected ':'");
      SLUICE_LET(TemplateValue item, value(depth + 1));
      entries.emplace_back(std::move(key), std::move(item));
      skip_blanks();
      if (take("}")) return without_duplicates(std::move(entries));
      if (!take(",")) return error("expected ',' or '}'");
    }
  }

  Result<TemplateValue> number() {
    const size_t begin = at_;
    take("-");
    const size_t digits = at_;
    skip_digits();
    if (at_ == digits || (at_ > digits + 1 && json_[digits] == '0'))
      return at_ = begin, error("expected a value");
    bool real = false;
    if (peek() == '.' && is_digit(at_ + 1)) {
      real = true;
      ++at_;
      skip_digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      const bool sign = at_ + 1 < json_.size() && (json_[at_ + 1] == '+' || json_[at_ + 1] == '-');
      if (is_digit(at_ + (sign ? 2 : 1))) {
        real = true;
        at_ += sign ? 2 : 1;
        skip_digits();
      }
    }
    return number_of(json_.substr(begin, at_ - begin), real);
  }

  static TemplateValue number_of(std::string_view text, bool real) {
    const char* const end = text.data() + text.size();
    if (int64_t whole = 0; !real) {
      if (std::from_chars(text.data(), end, whole).ec == std::errc()) return TemplateValue(whole);
      return TemplateValue(TemplateValue::BigInteger{std::string(text)});
    }
    double value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc::result_out_of_range) {
      const size_t mark = text.find_first_of("eE");
      const bool tiny = mark != text.npos && text[mark + 1] == '-';
      value = tiny ? 0 : std::numeric_limits<double>::infinity();
      if (text[0] == '-') value = -value;
    }
    return TemplateValue(value);
  }

  bool is_digit(size_t at) const {
    return at < json_.size() && json_[at] >= '0' && json_[at] <= '9';
  }
  void skip_digits() {
    while (is_digit(at_)) ++at_;
  }

  Result<std::string> string() {
    std::string text;
    for (++at_; at_ < json_.size(); ++at_) {
      const char c = json_[at_];
      if (c == '"') return ++at_, text;
      if (static_cast<unsigned char>(c) < 0x20) return error("a control character in a string");
      if (c != '\\') {
        text.push_back(c);
        continue;
      }
      ++at_;
      SLUICE_TRY(escape(text));
    }
    return error("a string without end");
  }

  // One escape, up to its last character.
  Result<void> escape(std::string& text) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const size_t known = kLetters.find(peek());
    if (at_ < json_.size() && known != kLetters.npos) {
      text.push_back(kMeanings[known]);
      return {};
    }
    if (peek() != 'u') return error("an unknown escape");
    SLUICE_LET(char32_t code, unit(at_ + 1));
    at_ += 4;
    if (code >= 0xD800 && code < 0xDC00 && json_.substr(at_ + 1, 2) == "\\u") {
      SLUICE_LET(const char32_t low, unit(at_ + 3));
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at_ += 6;
      }
    }
    append_utf8(text, code);
    return {};
  }

  Result<char32_t> unit(size_t at) const {
    uint32_t code = 0;
    const std::string_view digits = json_.substr(std::min(at, json_.size()), 4);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() != 4 || read.ptr != digits.data() + 4)
      return error("a \\u needs four digits");
    return char32_t{code};
  }

  std::string_view json_;
  size_t at_ = 0;
};

}  // namespace

const TemplateValue* TemplateValue::find(std::string_view key) const {
  const Map* const entries = map();
  if (entries == nullptr) return nullptr;
  for (const auto& [name, value] : *entries)
    if (name == key) return &value;
  return nullptr;
}

void TemplateValue::set(std::string_view key, TemplateValue value) {
  if (map() == nullptr) state = Map();
  Map& entries = *std::get_if<Map>(&state);
  for (auto& [name, old] : entries) {
    if (name != key) continue;
    old = std::move(value);
    return;
  }
  entries.emplace_back(std::string(key), std::move(value));
}

Result<TemplateValue> TemplateValue::parse(std::string_view json) {
  return JsonReader(json).document();
}

}  // namespace sluice
