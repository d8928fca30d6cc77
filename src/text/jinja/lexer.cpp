#include "text/jinja/lexer.hpp"

#include <algorithm>

#include "text/jinja/number.hpp"
#include "text/jinja/syntax.hpp"
#include "text/jinja/text_tools.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kNone = std::string::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) {
  return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c & 0x80) != 0;
}

class Lexer {
 public:
  explicit Lexer(const std::string& source) : source_(source) {}

  Result<std::vector<Token>> run() {
    while (at_ < source_.size()) {
      const size_t tag = next_tag();
      if (tag == kNone) {
        push_text(at_, source_.size());
        at_ = source_.size();
        break;
      }
      SLUICE_TRY(take_tag(tag));
    }
    push(TokenKind::end, at_);
    return std::move(tokens_);
  }

 private:
  Error error(std::string what, size_t at) const {
    return {Code::corrupt, position_text(source_, at) + ": " + std::move(what)};
  }

  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view text) const {
    return source_.compare(at_, text.size(), text) == 0;
  }

  Token& push(TokenKind kind, size_t at, std::string text = {}) {
    tokens_.push_back({kind, std::move(text), static_cast<uint32_t>(at), {}});
    return tokens_.back();
  }

  void push_text(size_t begin, size_t end) {
    if (begin < end) push(TokenKind::text, begin, source_.substr(begin, end - begin));
  }

  // The next "{%", "{{" or "{#".
  size_t next_tag() const {
    for (size_t at = source_.find('{', at_); at != kNone; at = source_.find('{', at + 1))
      if (at + 1 < source_.size() && std::string_view("%{#").find(source_[at + 1]) != kNone)
        return at;
    return kNone;
  }

  // How much of the text [begin, tag) stays: `sign` is what follows the two characters of the tag.
  size_t text_end(size_t begin, size_t tag, char sign) const {
    const std::string_view text = std::string_view(source_).substr(begin, tag - begin);
    if (sign == '-') {
      const MarkedText whole{std::string(text)};
      return begin + stripped(whole, std::nullopt, Side::right).size();
    }
    if (sign == '+' || source_[tag + 1] == '{') return tag;
    // lstrip_blocks: blanks between the begin of the line and the tag go.
    const size_t newline = text.rfind('\n');
    const size_t line = newline == std::string_view::npos ? begin : begin + newline + 1;
    const bool whole_line =
        newline != std::string_view::npos || begin == 0 || source_[begin - 1] == '\n';
    if (!whole_line) return tag;
    const MarkedText blanks{source_.substr(line, tag - line)};
    return stripped(blanks, std::nullopt, Side::both).empty() ? line : tag;
  }

  void skip_blanks() {
    while (at_ < source_.size()) {
      const CodePoint point = decode_utf8(source_.data() + at_, source_.data() + source_.size());
      if (!is_blank(point.code)) break;
      at_ += point.bytes;
    }
  }

  // Behind the end of a block or comment: `sign` stood before it.
  void after_block(char sign) {
    if (sign == '-') {
      skip_blanks();
    } else if (sign != '+' && peek() == '\n') {
      ++at_;  // trim_blocks
    }
  }

  Result<void> take_tag(size_t tag) {
    const char kind = source_[tag + 1];
    const char next = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    const char sign = next == '-' || next == '+' ? next : '\0';
    push_text(at_, text_end(at_, tag, sign));
    at_ = tag + (sign == '\0' ? 2 : 3);
    if (kind == '#') return comment(tag);
    if (kind == '%' && take_raw_begin()) return raw(tag);
    push(kind == '%' ? TokenKind::block_begin : TokenKind::variable_begin, tag);
    return code(kind == '%');
  }

  Result<void> comment(size_t tag) {
    const size_t end = source_.find("#}", at_);
    if (end == kNone) return error("a comment has no end", tag);
    const char sign = end > at_ ? source_[end - 1] : '\0';
    at_ = end + 2;
    after_block(sign);
    return {};
  }

  // "raw %}" behind "{%"; leaves the position alone if it is something else.
  bool take_raw_begin() {
    const size_t begin = at_;
    skip_blanks();
    if (!looking_at("raw")) return at_ = begin, false;
    at_ += 3;
    skip_blanks();
    const bool trims = looking_at("-%}");
    if (!trims && !looking_at("%}")) return at_ = begin, false;
    at_ += trims ? 3 : 2;
    if (trims) skip_blanks();
    return true;
  }

  Result<void> raw(size_t tag) {
    const size_t begin = at_;
    for (size_t end = source_.find("{%", at_); end != kNone; end = source_.find("{%", end + 1)) {
      at_ = end + 2;
      const char sign = peek() == '-' || peek() == '+' ? peek() : '\0';
      if (sign != '\0') ++at_;
      skip_blanks();
      if (!looking_at("endraw")) continue;
      at_ += 6;
      skip_blanks();
      const char end_sign = peek() == '-' || peek() == '+' ? peek() : '\0';
      if (end_sign != '\0') ++at_;
      if (!looking_at("%}")) continue;
      at_ += 2;
      push_text(begin, text_end(begin, end, sign));
      after_block(end_sign);
      return {};
    }
    return error("raw has no endraw", tag);
  }

  // Tokens up to the end of the tag.
  Result<void> code(bool block) {
    std::string brackets;
    const size_t begin = tokens_.back().at;
    while (true) {
      skip_blanks();
      if (at_ >= source_.size()) return error("a tag has no end", begin);
      if (brackets.empty() && take_end(block)) return {};
      if (is_digit(peek())) {
        SLUICE_TRY(number());
      } else if (is_name_byte(peek())) {
        SLUICE_TRY(name());
      } else if (peek() == '"' || peek() == '\'') {
        SLUICE_TRY(string());
      } else {
        SLUICE_TRY(symbol(brackets));
      }
    }
  }

  bool take_end(bool block) {
    const char sign = peek() == '-' || (block && peek() == '+') ? peek() : '\0';
    const size_t skip = sign == '\0' ? 0 : 1;
    if (source_.compare(at_ + skip, 2, block ? "%}" : "}}") != 0) return false;
    push(block ? TokenKind::block_end : TokenKind::variable_end, at_);
    at_ += skip + 2;
    if (block) {
      after_block(sign);
    } else if (sign == '-') {
      skip_blanks();
    }
    return true;
  }

  Result<void> name() {
    const size_t begin = at_;
    while (is_name_byte(peek())) ++at_;
    const std::string text = source_.substr(begin, at_ - begin);
    for (size_t i = 0; i < text.size();) {
      const CodePoint point = decode_utf8(text.data() + i, text.data() + text.size());
      const bool letter = (class_of(point.code) & (kLetter | kMark | kNumber)) != 0;
      if (!point.valid || (point.code >= 0x80 && !letter))
        return error("a character that cannot stand in a name", begin + i);
      i += point.bytes;
    }
    push(TokenKind::name, begin, text);
    return {};
  }

  size_t digits_end(size_t at) const {
    while (at < source_.size() &&
           (is_digit(source_[at]) ||
            (source_[at] == '_' && at + 1 < source_.size() && is_digit(source_[at + 1]))))
      ++at;
    return at;
  }
  bool digit_at(size_t at) const { return at < source_.size() && is_digit(source_[at]); }

  Result<void> number() {
    const size_t begin = at_;
    size_t end = digits_end(at_);
    bool real = false;
    // Behind a point, as in list.0.1, digits are always an index.
    const bool index = begin > 0 && source_[begin - 1] == '.';
    if (!index && end < source_.size() && source_[end] == '.' && digit_at(end + 1)) {
      real = true;
      end = digits_end(end + 1);
    }
    if (!index && end < source_.size() && (source_[end] | 32) == 'e') {
      const size_t sign =
          end + 1 < source_.size() && (source_[end + 1] == '-' || source_[end + 1] == '+');
      if (digit_at(end + 1 + sign)) {
        real = true;
        end = digits_end(end + 1 + sign);
      }
    }
    if (!real) return integer(begin, end);
    at_ = end;
    push(TokenKind::real, begin).number = Value(*parse_real(source_.substr(begin, end - begin)));
    return {};
  }

  Result<void> integer(size_t begin, size_t end) {
    const char letter = source_[begin] == '0' && begin + 1 < source_.size()
                            ? static_cast<char>(source_[begin + 1] | 32)
                            : '\0';
    if (letter == 'x' || letter == 'o' || letter == 'b') {
      end = begin + 2;
      while (end < source_.size() && is_name_byte(source_[end])) ++end;
    }
    const std::string text = source_.substr(begin, end - begin);
    const auto value = parse_integer(text, 0);
    const bool zeros = text.find_first_not_of("0_") == kNone;
    if (!value || (text.size() > 1 && text[0] == '0' && is_digit(text[1]) && !zeros))
      return error("'" + text + "' is no number, or has more than 127 bits", begin);
    at_ = end;
    push(TokenKind::integer, begin, text).number = Value(*value);
    return {};
  }

  Result<void> string() {
    const size_t begin = at_;
    const char quote = source_[at_++];
    std::string text;
    while (peek() != quote) {
      if (at_ >= source_.size()) return error("a string has no end", begin);
      if (peek() != '\\') {
        text.push_back(source_[at_++]);
        continue;
      }
      ++at_;
      SLUICE_TRY(escape(text, begin));
    }
    ++at_;
    push(TokenKind::string, begin, std::move(text));
    return {};
  }

  // What follows a backslash, as in Python's strings.
  Result<void> escape(std::string& text, size_t begin) {
    static constexpr std::string_view kLetters = "\\'\"abfnrtv";
    static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    if (at_ >= source_.size()) return error("a string has no end", begin);
    const char letter = source_[at_++];
    if (letter == '\n') return {};
    if (const size_t known = kLetters.find(letter); known != kNone) {
      text.push_back(kMeanings[known]);
    } else if (letter >= '0' && letter <= '7') {
      char32_t code = static_cast<char32_t>(letter - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
        code = code * 8 + static_cast<char32_t>(source_[at_++] - '0');
      append_utf8(text, code);
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
      const std::string hex = source_.substr(at_, digits);
      const bool all =
          hex.size() == digits && hex.find_first_not_of("0123456789abcdefABCDEF") == kNone;
      const auto code = all ? parse_integer(hex, 16) : std::nullopt;
      if (!code || *code > 0x10FFFF) return error("a string has a broken escape", at_ - 2);
      append_utf8(text, static_cast<char32_t>(*code));
      at_ += digits;
    } else if (letter == 'N') {
      return error("a string names a character, which is not supported", at_ - 2);
    } else {
      text += {'\\', letter};
    }
    return {};
  }

  Result<void> symbol(std::string& brackets) {
    static constexpr std::string_view kSymbols[] = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[",
        "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    const auto found = std::find_if(std::begin(kSymbols), std::end(kSymbols),
                                    [this](std::string_view symbol) { return looking_at(symbol); });
    if (found == std::end(kSymbols)) return error("a character that means nothing here", at_);
    const char c = found->size() == 1 ? (*found)[0] : '\0';
    const std::string_view open = "([{";
    const std::string_view close = ")]}";
    if (open.find(c) != std::string_view::npos && c != '\0') brackets.push_back(c);
    if (const size_t kind = close.find(c); kind != std::string_view::npos && c != '\0') {
      if (brackets.empty() || brackets.back() != open[kind])
        return error("'" + std::string(*found) + "' closes nothing", at_);
      brackets.pop_back();
    }
    push(TokenKind::symbol, at_, std::string(*found));
    at_ += found->size();
    return {};
  }

  const std::string& source_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::string normalized_source(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out.push_back(source[i]);
    } else {
      out.push_back('\n');
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string position_text(const std::string& source, size_t at) {
  at = std::min(at, source.size());
  const std::string_view before = std::string_view(source).substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t begin = before.rfind('\n') + 1;  // 0 if there is none
  return "line " + std::to_string(line) + ", column " +
         std::to_string(count_points(before.substr(begin)) + 1);
}

Result<std::vector<Token>> tokenize(const std::string& source) { return Lexer(source).run(); }

}  // namespace sluice::jinja
