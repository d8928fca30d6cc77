// The methods of str.
#include <algorithm>

#include "text/jinja/builtin.hpp"
#include "text/jinja/format.hpp"
#include "text/jinja/letter_case.hpp"
#include "text/jinja/text_tools.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

const MarkedText& self(const Call& call) { return call.subject.text(); }

Value as_list(Runtime& runtime, std::vector<MarkedText> parts, Flavor flavor = Flavor::list) {
  std::vector<Value> items;
  for (MarkedText& part : parts) items.push_back(runtime.string(std::move(part)));
  return runtime.array(std::move(items), flavor);
}

// An optional argument that is a string, or none.
Result<std::optional<std::string>> optional_text(const Call& call, size_t position) {
  if (!call.has(position) || call.value(position).is(Kind::none))
    return std::optional<std::string>();
  SLUICE_LET(const MarkedText text, call.text(position));
  return std::optional<std::string>(text.bytes());
}

template <Side side>
Result<Value> strip(Call& call) {
  SLUICE_LET(const std::optional<std::string> set, optional_text(call, 0));
  return call.runtime.string(stripped(self(call), set, side));
}

template <bool from_right>
Result<Value> split_method(Call& call) {
  SLUICE_LET(const std::optional<std::string> separator, optional_text(call, 0));
  SLUICE_LET(const Integer limit, call.integer(1, -1));
  if (separator && separator->empty()) return fail("an empty separator cannot split a string");
  return as_list(call.runtime, split(self(call), separator, limit, from_right));
}

template <bool from_right>
Result<Value> partition(Call& call) {
  SLUICE_LET(const MarkedText separator, call.text(0));
  if (separator.empty()) return fail("an empty separator cannot split a string");
  const MarkedText& text = self(call);
  const size_t at = from_right ? find_last_text(text.bytes(), separator.bytes())
                               : find_text(text.bytes(), separator.bytes());
  std::vector<MarkedText> parts(3);
  if (at == std::string_view::npos) {
    parts[from_right ? 2 : 0] = text;
  } else {
    const size_t end = at + separator.size();
    parts = {text.slice(0, at), text.slice(at, end), text.slice(end, text.size())};
  }
  return as_list(call.runtime, std::move(parts), Flavor::tuple);
}

Result<Value> lines(Call& call) {
  SLUICE_LET(const Integer keeps_ends, call.integer(0, 0));
  return as_list(call.runtime, split_lines(self(call), keeps_ends != 0));
}

// The bytes between two positions given in characters, as the methods that search take them.
struct Range {
  size_t begin = 0;
  size_t end = 0;
  size_t first_point = 0;  ///< of `begin`
  bool valid = true;       ///< false if the range begins behind the text or its own end
};

Result<Range> searched_range(const Call& call) {
  const std::string_view bytes = self(call).bytes();
  if (!call.has(1) && !call.has(2)) return Range{0, bytes.size(), 0, true};
  const std::vector<size_t> offsets = point_offsets(bytes);
  const Integer points = Integer(offsets.size()) - 1;
  Integer bounds[2] = {0, points};
  for (size_t i = 0; i < 2; ++i) {
    if (!call.has(i + 1) || call.value(i + 1).is(Kind::none)) continue;
    SLUICE_LET(bounds[i], call.integer(i + 1, 0));
    if (bounds[i] < 0) bounds[i] = std::max<Integer>(0, bounds[i] + points);
  }
  bounds[1] = std::min(bounds[1], points);
  if (bounds[0] > bounds[1]) return Range{0, 0, 0, false};
  const auto first = static_cast<size_t>(bounds[0]);
  return Range{offsets[first], offsets[static_cast<size_t>(bounds[1])], first, true};
}

template <bool at_end>
Result<Value> has_affix(Call& call) {
  SLUICE_LET(const Range range, searched_range(call));
  const std::string_view text = self(call).bytes().substr(range.begin, range.end - range.begin);
  const auto matches = [&](const Value& affix) -> Result<bool> {
    if (!affix.is(Kind::string)) return fail("a string can only begin or end with a string");
    return range.valid &&
           (at_end ? text.ends_with(affix.bytes()) : text.starts_with(affix.bytes()));
  };
  const Value affix = call.value(0);
  if (!affix.is(Kind::array) || affix.array().flavor != Flavor::tuple) {
    SLUICE_LET(const bool found, matches(affix));
    return Value(found);
  }
  for (const Value& candidate : affix.array().items) {
    SLUICE_LET(const bool found, matches(candidate));
    if (found) return Value(true);
  }
  return Value(false);
}

template <bool last, bool must_exist>
Result<Value> find_method(Call& call) {
  SLUICE_LET(const MarkedText part, call.text(0));
  SLUICE_LET(const Range range, searched_range(call));
  const std::string_view text = self(call).bytes().substr(range.begin, range.end - range.begin);
  const size_t at = !range.valid ? std::string_view::npos
                    : last       ? find_last_text(text, part.bytes())
                                 : find_text(text, part.bytes());
  if (at != std::string_view::npos)
    return Value(Integer(range.first_point + count_points(text.substr(0, at))));
  if (must_exist) return fail("substring not found");
  return Value(Integer{-1});
}

Result<Value> count_method(Call& call) {
  SLUICE_LET(const MarkedText part, call.text(0));
  SLUICE_LET(const Range range, searched_range(call));
  if (!range.valid) return Value(Integer{0});
  const std::string_view text = self(call).bytes().substr(range.begin, range.end - range.begin);
  if (part.empty()) return Value(Integer(count_points(text) + 1));
  Integer count = 0;
  for (size_t at = find_text(text, part.bytes()); at != std::string_view::npos;
       at = find_text(text, part.bytes(), at + part.size()))
    ++count;
  return Value(count);
}

Result<Value> replace_method(Call& call) {
  SLUICE_LET(MarkedText old_part, call.text(0));
  SLUICE_LET(MarkedText new_part, call.text(1));
  SLUICE_LET(const Integer limit, call.integer(2, -1));
  if (self(call).safe()) new_part = html_escaped(new_part);
  SLUICE_LET(MarkedText text, replaced(call.runtime, self(call), old_part, new_part, limit));
  return call.runtime.string(std::move(text));
}

Result<Value> join_method(Call& call) {
  SLUICE_LET(const std::vector<Value> items, all_items(call.runtime, call.value(0)));
  MarkedText out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is(Kind::string)) return fail("join needs strings");
    if (i > 0) out.append(self(call));
    out.append(self(call).safe() ? html_escaped(items[i].text()) : items[i].text());
    if (!call.runtime.spend_bytes(self(call).size() + items[i].text().size()))
      return call.runtime.exhausted();
  }
  out.set_safe(self(call).safe());
  return call.runtime.string(std::move(out));
}

template <MarkedText (*map)(const MarkedText&)>
Result<Value> mapped(Call& call) {
  return call.runtime.string(map(self(call)));
}

template <Side text_side>
Result<Value> pad(Call& call) {
  SLUICE_LET(const size_t width, call.count(0, 0));
  SLUICE_LET(const MarkedText fill, call.text(1, " "));
  if (count_points(fill.bytes()) != 1) return fail("a string is filled with one character");
  SLUICE_LET(MarkedText text, padded(call.runtime, self(call), width, text_side, fill.bytes()));
  return call.runtime.string(std::move(text));
}

Result<Value> zero_fill(Call& call) {
  SLUICE_LET(const size_t width, call.count(0, 0));
  const MarkedText& text = self(call);
  const bool sign = !text.empty() && (text.bytes()[0] == '-' || text.bytes()[0] == '+');
  const size_t shorter = width > 0 && sign ? width - 1 : width;
  SLUICE_LET(const MarkedText digits, padded(call.runtime, text.slice(sign ? 1 : 0, text.size()),
                                             shorter, Side::right, "0"));
  MarkedText out = text.slice(0, sign ? 1 : 0);
  out.append(digits);
  return call.runtime.string(std::move(out));
}

template <bool at_end>
Result<Value> without_affix(Call& call) {
  SLUICE_LET(const MarkedText affix, call.text(0));
  const MarkedText& text = self(call);
  const bool there = at_end ? text.bytes().ends_with(affix.bytes())
                            : text.bytes().starts_with(affix.bytes());
  if (!there) return call.subject;
  const size_t rest = text.size() - affix.size();
  return call.runtime.string(at_end ? text.slice(0, rest) : text.slice(affix.size(), text.size()));
}

Result<Value> format_method(Call& call) {
  SLUICE_LET(MarkedText text, format_braces(call.runtime, self(call), call.arguments));
  return call.runtime.string(std::move(text));
}

// Whether every character is of a class, and there is one.
template <bool (*is_member)(char32_t)>
Result<Value> all_of_class(Call& call) {
  const std::string_view bytes = self(call).bytes();
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    if (!is_member(point.code)) return Value(false);
    at += point.bytes;
  }
  return Value(!bytes.empty());
}

bool is_letter(char32_t code) { return (class_of(code) & kLetter) != 0; }
bool is_digit(char32_t code) { return (class_of(code) & kNumber) != 0; }
bool is_letter_or_digit(char32_t code) { return is_letter(code) || is_digit(code); }

// Whether all cased characters are of one case, and there is one.
template <bool upper>
Result<Value> all_in_case(Call& call) {
  const std::string_view bytes = self(call).bytes();
  bool found = false;
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    if (upper ? is_lower_case(point.code) : is_upper_case(point.code)) return Value(false);
    found = found || (upper ? is_upper_case(point.code) : is_lower_case(point.code));
    at += point.bytes;
  }
  return Value(found);
}

constexpr Builtin kMethods[] = {
    {"capitalize", "", mapped<capitalized>},
    {"casefold", "", mapped<to_lower>},
    {"center", "width fillchar?", pad<Side::both>},
    {"count", "sub start? end?", count_method},
    {"encode", "*", nullptr},
    {"endswith", "suffix start? end?", has_affix<true>},
    {"expandtabs", "*", nullptr},
    {"find", "sub start? end?", find_method<false, false>},
    {"format", "*", format_method},
    {"format_map", "*", nullptr},
    {"index", "sub start? end?", find_method<false, true>},
    {"isalnum", "", all_of_class<is_letter_or_digit>},
    {"isalpha", "", all_of_class<is_letter>},
    {"isascii", "",
     [](Call& call) -> Result<Value> { return Value(is_ascii(self(call).bytes())); }},
    {"isdecimal", "", all_of_class<is_digit>},
    {"isdigit", "", all_of_class<is_digit>},
    {"isidentifier", "*", nullptr},
    {"islower", "", all_in_case<false>},
    {"isnumeric", "", all_of_class<is_digit>},
    {"isprintable", "*", nullptr},
    {"isspace", "", all_of_class<is_blank>},
    {"istitle", "*", nullptr},
    {"isupper", "", all_in_case<true>},
    {"join", "iterable", join_method},
    {"ljust", "width fillchar?", pad<Side::left>},
    {"lower", "", mapped<to_lower>},
    {"lstrip", "chars?", strip<Side::left>},
    {"maketrans", "*", nullptr},
    {"partition", "sep", partition<false>},
    {"removeprefix", "prefix", without_affix<false>},
    {"removesuffix", "suffix", without_affix<true>},
    {"replace", "old new count?", replace_method},
    {"rfind", "sub start? end?", find_method<true, false>},
    {"rindex", "sub start? end?", find_method<true, true>},
    {"rjust", "width fillchar?", pad<Side::right>},
    {"rpartition", "sep", partition<true>},
    {"rsplit", "sep? maxsplit?", split_method<true>},
    {"rstrip", "chars?", strip<Side::right>},
    {"split", "sep? maxsplit?", split_method<false>},
    {"splitlines", "keepends?", lines},
    {"startswith", "prefix start? end?", has_affix<false>},
    {"strip", "chars?", strip<Side::both>},
    {"swapcase", "", mapped<with_swapped_case>},
    {"title", "", mapped<to_title>},
    {"translate", "*", nullptr},
    {"upper", "", mapped<to_upper>},
    {"zfill", "width", zero_fill},
};

}  // namespace

std::span<const Builtin> text_methods() { return kMethods; }

}  // namespace sluice::jinja
