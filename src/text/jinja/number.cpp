#include "text/jinja/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace sluice::jinja {

namespace {

constexpr double kIntegerLimit = 0x1p127;

std::string_view trim_ascii(std::string_view text) {
  static constexpr std::string_view kBlanks = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Removes the underscores that Python allows between digits; nothing if one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string plain;
  const auto digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain.push_back(text[i]);
    } else if (i == 0 || i + 1 == text.size() || !digit(text[i - 1]) || !digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return plain;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

// Takes "0x" and the like away and returns the base they name, or `base` if there is none.
int take_prefix(std::string& digits, int base) {
  const char letter = digits.size() > 2 && digits[0] == '0' ? static_cast<char>(digits[1] | 32) : 0;
  const int named = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  if (named == 0 || (base != 0 && base != named)) return base == 0 ? 10 : base;
  digits.erase(0, digits[2] == '_' ? 3 : 2);
  return named;
}

}  // namespace

std::string to_text(Integer value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string text;
  for (; value != 0; value /= 10) {
    const int digit = static_cast<int>(value % 10);
    text.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  if (negative) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

std::string to_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view shortest(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t mark = shortest.find('e');
  int exponent = 0;
  const char* const number = shortest.data() + mark + (shortest[mark + 1] == '+' ? 2 : 1);
  std::from_chars(number, end.ptr, exponent);
  // Python switches to an exponent below 1e-4 and from 1e16 on.
  if (exponent < -4 || exponent >= 16) return std::string(shortest);
  std::string digits;
  for (const char c : shortest.substr(0, mark))
    if (c >= '0' && c <= '9') digits.push_back(c);
  std::string text = std::signbit(value) ? "-" : "";
  if (exponent < 0)
    return text + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return text + digits + std::string(whole - digits.size(), '0') + ".0";
  return text + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<Integer> whole_number(double value) {
  if (!(std::fabs(value) < kIntegerLimit) || std::trunc(value) != value) return std::nullopt;
  return static_cast<Integer>(value);
}

std::optional<Integer> parse_integer(std::string_view text, int base) {
  text = trim_ascii(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  auto digits = without_underscores(text);
  if (!digits) return std::nullopt;
  base = take_prefix(*digits, base);
  if (digits->empty()) return std::nullopt;
  Integer value = 0;
  for (const char c : *digits) {
    const int digit = digit_value(c);
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, Integer{base}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, Integer{digit}, &value)) return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<double> parse_real(std::string_view text) {
  const auto plain = without_underscores(trim_ascii(text));
  if (!plain || plain->empty()) return std::nullopt;
  std::string_view digits = *plain;
  const bool plus = digits[0] == '+';
  if (plus) digits.remove_prefix(1);
  if (digits.empty() || (plus && digits[0] == '-')) return std::nullopt;
  // from_chars reads "nan(...)", which Python does not know.
  if (digits.find('(') != digits.npos) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ptr != digits.data() + digits.size()) return std::nullopt;
  if (read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) {
    const size_t mark = digits.find_first_of("eE");
    const bool tiny = mark != digits.npos && mark + 1 < digits.size() && digits[mark + 1] == '-';
    value = tiny ? 0 : std::numeric_limits<double>::infinity();
    if (digits[0] == '-') value = -value;
  }
  return value;
}

std::optional<int> compare_numbers(const Value& left, const Value& right) {
  const auto sign = [](auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; };
  const auto a = left.as_integer();
  const auto b = right.as_integer();
  if (a && b) return sign(*a, *b);
  if (!a && !b) {
    if (std::isnan(left.real()) || std::isnan(right.real())) return std::nullopt;
    return sign(left.real(), right.real());
  }
  if (!a) {
    const auto other = compare_numbers(right, left);
    return other ? std::optional<int>(-*other) : std::nullopt;
  }
  // An integer against a float: by the float's whole part first, so that nothing is rounded.
  const double real = right.real();
  if (std::isnan(real)) return std::nullopt;
  if (real >= kIntegerLimit) return -1;
  if (real < -kIntegerLimit) return 1;
  const double whole = std::trunc(real);
  const int order = sign(*a, static_cast<Integer>(whole));
  return order != 0 ? order : sign(whole, real);
}

std::string fixed_text(double value, int places) {
  // 309 digits before the point, `places` behind it, sign and point.
  std::string text(static_cast<size_t>(places) + 320, '\0');
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, places);
  text.resize(static_cast<size_t>(end.ptr - text.data()));
  return text;
}

}  // namespace sluice::jinja
