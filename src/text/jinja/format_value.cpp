// One value written as a format asks: "{:>8.2f}".
#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/jinja/format.hpp"
#include "text/jinja/number.hpp"
#include "text/jinja/text_tools.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

// Nobody writes wider fields; Python would fill memory.
constexpr size_t kWidthMax = 1'000'000;
constexpr size_t kPrecisionMax = 1'000;

bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

Result<size_t> take_number(std::string_view& text, size_t limit) {
  size_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<size_t>(text[digits++] - '0');
    if (value > limit) return fail("a format asks for more than " + std::to_string(limit));
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

void take_fill_and_align(std::string_view& text, FormatSpec& spec) {
  if (text.empty()) return;
  const size_t first = decode_utf8(text.data(), text.data() + text.size()).bytes;
  if (first < text.size() && is_align(text[first])) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    text.remove_prefix(first + 1);
  } else if (is_align(text[0])) {
    spec.align = text[0];
    text.remove_prefix(1);
  }
}

Error bad_type(const Value& value, const FormatSpec& spec) {
  return fail("a " + std::string(value.type_name()) + " cannot be formatted as '" +
              std::string(1, spec.type) + "'");
}

// Groups the digits of a number without sign in threes from its point to the left.
std::string grouped(std::string digits, char separator, size_t group) {
  size_t end = digits.find_first_not_of("0123456789abcdefABCDEF");
  if (end == std::string::npos) end = digits.size();
  for (size_t at = end; at > group; at -= group) digits.insert(at - group, 1, separator);
  return digits;
}

std::string integer_digits(Integer value, char type) {
  const unsigned base = type == 'x' || type == 'X' ? 16 : type == 'o' ? 8 : type == 'b' ? 2 : 10;
  const std::string_view symbols = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  do {
    const int digit = static_cast<int>(value % base);
    digits.push_back(symbols[static_cast<size_t>(digit < 0 ? -digit : digit)]);
    value /= static_cast<int>(base);
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// The exponent form with at least two digits of exponent, as C and Python write it.
std::string real_digits(double value, char type, std::optional<size_t> precision) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return "inf";
  if (type == 0 && !precision) return to_text(value);
  const int places = static_cast<int>(precision.value_or(6));
  const char lower = static_cast<char>(type | 32);
  if (type == '%') return fixed_text(value * 100, places) + "%";
  if (lower == 'f') return fixed_text(value, places);
  const auto form = lower == 'e' ? std::chars_format::scientific : std::chars_format::general;
  std::string text(static_cast<size_t>(places) + 400, '\0');
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, form,
                                 lower == 'e' ? places : std::max(places, 1));
  text.resize(static_cast<size_t>(end.ptr - text.data()));
  // Without a type, Python keeps one digit behind the point.
  if (type == 0 && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// Sign, prefix and digits, filled to the width.
Result<MarkedText> assemble(Runtime& runtime, std::string sign, std::string digits,
                            const FormatSpec& spec) {
  const bool inside = spec.align == '=' || (spec.align == 0 && spec.zeros);
  const std::string fill = spec.zeros && spec.align == 0 ? "0" : spec.fill;
  if (!inside) {
    const Side side = spec.align == '<' ? Side::left : spec.align == '^' ? Side::both : Side::right;
    // Centred numbers have their odd blank on the right, unlike str.center.
    MarkedText text(sign + digits);
    const size_t missing = spec.width > text.size() ? spec.width - text.size() : 0;
    if (side == Side::both && missing % 2 == 1 && spec.width % 2 == 1) {
      SLUICE_LET(text, padded(runtime, text, spec.width - 1, side, fill));
      return padded(runtime, text, spec.width, Side::left, fill);
    }
    return padded(runtime, text, spec.width, side, fill);
  }
  const size_t rest = spec.width > sign.size() ? spec.width - sign.size() : 0;
  SLUICE_LET(const MarkedText body, padded(runtime, MarkedText(digits), rest, Side::right, fill));
  MarkedText text(std::move(sign));
  text.append(body);
  return text;
}

std::string sign_of(bool negative, const FormatSpec& spec) {
  if (negative) return "-";
  return spec.sign == '+' || spec.sign == ' ' ? std::string(1, spec.sign) : "";
}

Result<MarkedText> format_number(Runtime& runtime, const Value& value, const FormatSpec& spec) {
  const std::string_view integer_types = "bdoxXn";
  const auto whole = value.as_integer();
  const bool as_integer =
      whole && (spec.type == 0 || integer_types.find(spec.type) != std::string::npos);
  if (spec.type == 'c' && whole && *whole >= 0 && *whole < 0x110000) {
    std::string letter;
    append_utf8(letter, static_cast<char32_t>(*whole));
    return assemble(runtime, "", letter, spec);
  }
  if (as_integer) {
    if (spec.precision) return fail("a precision is not allowed for an int");
    std::string digits = integer_digits(*whole, spec.type);
    if (spec.grouping != 0)
      digits = grouped(digits, spec.grouping, spec.type == 0 || spec.type == 'd' ? 3 : 4);
    std::string sign = sign_of(*whole < 0, spec);
    if (spec.alternate && spec.type != 0 && spec.type != 'd' && spec.type != 'n')
      sign += std::string("0") + spec.type;
    return assemble(runtime, std::move(sign), std::move(digits), spec);
  }
  if (spec.type != 0 && std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos)
    return bad_type(value, spec);
  const double real = *value.as_real();
  std::string digits =
      real_digits(std::fabs(real), spec.type == 'n' ? 'g' : spec.type, spec.precision);
  if (spec.grouping != 0) digits = grouped(digits, spec.grouping, 3);
  if (spec.type == 'E' || spec.type == 'F' || spec.type == 'G')
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return assemble(runtime, sign_of(std::signbit(real) && !std::isnan(real), spec),
                  std::move(digits), spec);
}

Result<MarkedText> format_string(Runtime& runtime, const MarkedText& text, const FormatSpec& spec) {
  if (spec.align == '=') return fail("'=' cannot align a string");
  if (spec.sign != 0) return fail("a string takes no sign");
  MarkedText part = text;
  if (spec.precision) {
    const std::vector<size_t> offsets = point_offsets(text.bytes());
    part = text.slice(0, offsets[std::min(*spec.precision, offsets.size() - 1)]);
  }
  const std::string fill = spec.zeros && spec.align == 0 ? "0" : spec.fill;
  const Side side = spec.align == '>' ? Side::right : spec.align == '^' ? Side::both : Side::left;
  const size_t points = count_points(part.bytes());
  if (side == Side::both && spec.width > points && (spec.width - points) % 2 == 1) {
    SLUICE_LET(part, padded(runtime, part, spec.width - 1, side, fill));
    return padded(runtime, part, spec.width, Side::left, fill);
  }
  return padded(runtime, part, spec.width, side, fill);
}

}  // namespace

Result<FormatSpec> parse_format_spec(std::string_view text) {
  FormatSpec spec;
  take_fill_and_align(text, spec);
  if (!text.empty() && (text[0] == '+' || text[0] == '-' || text[0] == ' ')) {
    spec.sign = text[0];
    text.remove_prefix(1);
  }
  spec.alternate = take(text, '#');
  spec.zeros = take(text, '0');
  SLUICE_LET(spec.width, take_number(text, kWidthMax));
  if (!text.empty() && (text[0] == ',' || text[0] == '_')) {
    spec.grouping = text[0];
    text.remove_prefix(1);
  }
  if (take(text, '.')) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return fail("a format lacks its precision");
    SLUICE_LET(spec.precision, take_number(text, kWidthMax));
  }
  if (text.size() > 1) return fail("a format is invalid at '" + std::string(text) + "'");
  if (!text.empty()) spec.type = text[0];
  return spec;
}

Result<MarkedText> format_value(Runtime& runtime, const Value& value, const FormatSpec& spec) {
  if (value.is(Kind::string)) {
    if (spec.type != 0 && spec.type != 's') return bad_type(value, spec);
    return format_string(runtime, value.text(), spec);
  }
  if (!value.as_real()) {
    const bool plain = spec.width == 0 && spec.align == 0 && spec.type == 0 && !spec.precision &&
                       spec.sign == 0 && spec.grouping == 0 && !spec.alternate && !spec.zeros;
    if (plain) return printed(runtime, value);
    return fail("a " + std::string(value.type_name()) + " takes no format");
  }
  if (spec.precision.value_or(0) > kPrecisionMax) return fail("a format asks for too many digits");
  const bool plain_boolean = value.is(Kind::boolean) && spec.width == 0 && spec.type == 0 &&
                             spec.align == 0 && spec.sign == 0 && spec.grouping == 0;
  if (plain_boolean) return printed(runtime, value);
  return format_number(runtime, value, spec);
}

}  // namespace sluice::jinja
