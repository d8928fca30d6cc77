// Filters over strings and numbers, and tojson.
#include <algorithm>
#include <cmath>

#include "text/jinja/arithmetic.hpp"
#include "text/jinja/builtin.hpp"
#include "text/jinja/format.hpp"
#include "text/jinja/json.hpp"
#include "text/jinja/letter_case.hpp"
#include "text/jinja/number.hpp"
#include "text/jinja/text_tools.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

template <MarkedText (*map)(const MarkedText&)>
Result<Value> mapped(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  return call.runtime.string(map(text));
}

Result<Value> trim(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  if (!call.has(0) || call.value(0).is(Kind::none))
    return call.runtime.string(stripped(text, std::nullopt, Side::both));
  SLUICE_LET(const MarkedText set, call.text(0));
  return call.runtime.string(stripped(text, set.bytes(), Side::both));
}

// Words begin after blanks, dashes and opening brackets, so that "they're" stays one.
MarkedText title_words(const MarkedText& text) {
  MarkedText out;
  const std::string_view bytes = text.bytes();
  size_t word = 0;
  const auto flush = [&](size_t end) {
    if (end == word) return;
    const size_t second =
        word + decode_utf8(bytes.data() + word, bytes.data() + bytes.size()).bytes;
    out.append(to_upper(text.slice(word, second)));
    out.append(to_lower(text.slice(second, end)));
  };
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    if (is_blank(point.code) ||
        std::u32string_view(U"-({[<").find(point.code) != std::u32string_view::npos) {
      flush(at);
      out.append(text, at, at + point.bytes);
      word = at + point.bytes;
    }
    at += point.bytes;
  }
  flush(bytes.size());
  return out;
}

Result<Value> replace(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  SLUICE_LET(const MarkedText old_part, printed(call.runtime, call.value(0)));
  SLUICE_LET(const MarkedText new_part, printed(call.runtime, call.value(1)));
  Integer limit = -1;
  if (call.has(2) && !call.value(2).is(Kind::none)) {
    SLUICE_LET(limit, call.integer(2, -1));
  }
  SLUICE_LET(MarkedText out, replaced(call.runtime, text, old_part, new_part, limit));
  out.set_safe(false);
  return call.runtime.string(std::move(out));
}

Result<Value> center(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  SLUICE_LET(const size_t width, call.count(0, 80));
  SLUICE_LET(MarkedText out, padded(call.runtime, text, width, Side::both));
  return call.runtime.string(std::move(out));
}

Result<Value> indent(Call& call) {
  if (!call.subject.is(Kind::string)) return fail("indent needs a string");
  MarkedText text = call.subject.text();
  SLUICE_LET(const MarkedText blank, repeated(call.runtime, MarkedText(" "), 1));
  MarkedText indention;
  if (call.has(0) && call.value(0).is(Kind::string)) {
    indention = call.value(0).text();
  } else {
    SLUICE_LET(const size_t width, call.count(0, 4));
    SLUICE_LET(indention, repeated(call.runtime, blank, Integer(width)));
  }
  text.append("\n", false);
  const bool blank_lines = call.truthy(2, false);
  const std::vector<MarkedText> lines = split_lines(text, false);
  MarkedText out;
  if (call.truthy(1, false)) out.append(indention);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append("\n", false);
    if (i > 0 && (blank_lines || !lines[i].empty())) out.append(indention);
    out.append(lines[i]);
    if (!call.runtime.spend_bytes(indention.size())) return call.runtime.exhausted();
  }
  out.set_safe(text.safe());
  return call.runtime.string(std::move(out));
}

// Lengths are compared and lists cut as Python does it: what is short enough passes, string or not.
Result<Value> truncate(Call& call) {
  Runtime& runtime = call.runtime;
  const Value length = call.value(0, Integer{255});
  const Value end = call.value(2, text_value("..."));
  const Value leeway = call.value(3).is(Kind::none) ? Value(Integer{5}) : call.value(3);
  SLUICE_LET(const Value end_size, apply_filter(runtime, "length", end, {}));
  SLUICE_LET(const Value size, apply_filter(runtime, "length", call.subject, {}));
  SLUICE_LET(const bool wide, compare(runtime, Operator::greater_equal, length, end_size));
  if (!wide) return fail("truncate needs a length of at least that of its end");
  SLUICE_LET(const bool lenient,
             compare(runtime, Operator::greater_equal, leeway, Value(Integer{0})));
  if (!lenient) return fail("truncate needs a leeway of at least 0");
  SLUICE_LET(const Value most, arithmetic(runtime, Operator::add, length, leeway));
  SLUICE_LET(const bool fits, compare(runtime, Operator::less_equal, size, most));
  if (fits) return call.subject;
  SLUICE_LET(const Value kept, arithmetic(runtime, Operator::subtract, length, end_size));
  SLUICE_LET(Value part, get_slice(runtime, call.subject, {None{}, kept, None{}}));
  if (!call.truthy(1, false)) {
    if (!part.is(Kind::string)) return fail("truncate finds words in a string only");
    const size_t blank = part.bytes().rfind(' ');
    if (blank != std::string_view::npos) part = runtime.string(part.text().slice(0, blank));
  }
  return arithmetic(runtime, Operator::add, part, end);
}

Result<Value> word_count(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  Integer count = 0;
  bool inside = false;
  const std::string_view bytes = text.bytes();
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    const bool word = point.code == '_' || (class_of(point.code) & (kLetter | kNumber)) != 0;
    if (word && !inside) ++count;
    inside = word;
    at += point.bytes;
  }
  return Value(count);
}

Result<Value> string(Call& call) {
  SLUICE_LET(MarkedText text, subject_text(call));
  return call.runtime.string(std::move(text));
}

Result<Value> safe(Call& call) {
  SLUICE_LET(MarkedText text, subject_text(call));
  return call.runtime.string(std::move(text.set_safe(true)));
}

Result<Value> force_escape(Call& call) {
  SLUICE_LET(MarkedText text, subject_text(call));
  return call.runtime.string(html_escaped(text.set_safe(false)));
}

Result<Value> format(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  Arguments& given = call.arguments;
  if (!given.named.empty() && !given.positional.empty())
    return fail("format takes values by position or by name, not both");
  Value values = call.runtime.array(std::move(given.positional), Flavor::tuple);
  if (!given.named.empty()) {
    Dict* const named = call.runtime.dict();
    for (auto& [name, value] : given.named) call.runtime.set(*named, name, std::move(value));
    values = Value(named);
  }
  SLUICE_LET(MarkedText out, format_percent(call.runtime, text, values));
  return call.runtime.string(std::move(out));
}

// Percent escapes of everything but letters, digits and "_.-~/".
// As a path, which keeps slashes, or as a part of a query, in which a blank is a plus.
enum class Quoting { path, query };

void append_quoted(MarkedText& out, const MarkedText& text, Quoting quoting) {
  const std::string_view kept = quoting == Quoting::path ? "_.-~/" : "_.-~";
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::string_view bytes = text.bytes();
  for (size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    const bool plain = byte < 0x80 && ((class_of(byte) & (kLetter | kNumber)) != 0 ||
                                       kept.find(bytes[at]) != std::string_view::npos);
    std::string escape{'%', kDigits[byte >> 4], kDigits[byte & 15]};
    if (byte == ' ' && quoting == Quoting::query) escape = "+";
    out.append(plain ? bytes.substr(at, 1) : std::string_view(escape), text.is_data(at));
  }
}

Result<Value> url_encode(Call& call) {
  MarkedText out;
  std::vector<std::pair<Value, Value>> pairs;
  if (call.subject.is(Kind::dict)) {
    pairs = call.subject.dict().entries;
  } else if (call.subject.is(Kind::array)) {
    SLUICE_LET(const std::vector<Value> rows, all_items(call.runtime, call.subject));
    for (const Value& row : rows) {
      SLUICE_LET(std::vector<Value> parts, all_items(call.runtime, row));
      if (parts.size() != 2) return fail("urlencode takes a string, a dict or pairs");
      pairs.emplace_back(std::move(parts[0]), std::move(parts[1]));
    }
  } else {
    SLUICE_LET(const MarkedText text, subject_text(call));
    append_quoted(out, text, Quoting::path);
    return call.runtime.string(std::move(out));
  }
  for (const auto& [key, value] : pairs) {
    SLUICE_LET(const MarkedText key_text, printed(call.runtime, key));
    SLUICE_LET(const MarkedText value_text, printed(call.runtime, value));
    if (!out.empty()) out.append("&", false);
    append_quoted(out, key_text, Quoting::query);
    out.append("=", false);
    append_quoted(out, value_text, Quoting::query);
  }
  return call.runtime.string(std::move(out));
}

Result<Value> to_integer(Call& call) {
  const Value& subject = call.subject;
  // Only a string is read with a base; if that cannot be, it is read as a float.
  const auto base = call.value(1, Integer{10}).as_integer();
  const bool is_base = base && (*base == 0 || (*base >= 2 && *base <= 36));
  if (subject.is(Kind::undefined)) return fail(undefined_reason(subject));
  if (const auto whole = subject.as_integer()) return Value(*whole);
  std::optional<double> real;
  if (subject.is(Kind::string)) {
    const auto whole = is_base ? parse_integer(subject.bytes(), static_cast<int>(*base))
                               : std::nullopt;
    if (whole) return Value(*whole);
    real = parse_real(subject.bytes());
  } else if (subject.is(Kind::real)) {
    real = subject.real();
    if (std::isinf(*real)) return fail("int: the number is infinite");
  }
  if (real && std::isfinite(*real)) {
    if (const auto whole = whole_number(std::trunc(*real))) return Value(*whole);
    return fail("int: the number is beyond 127 bits");
  }
  return call.value(0, Integer{0});
}

Result<Value> to_real(Call& call) {
  const Value& subject = call.subject;
  if (subject.is(Kind::undefined)) return fail(undefined_reason(subject));
  std::optional<double> real = subject.as_real();
  if (subject.is(Kind::string)) real = parse_real(subject.bytes());
  return real ? Value(*real) : call.value(0, 0.0);
}

Result<Value> absolute(Call& call) {
  if (call.subject.is(Kind::real)) return Value(std::fabs(call.subject.real()));
  const auto whole = call.subject.as_integer();
  if (!whole) return fail("abs needs a number");
  return Value(*whole < 0 ? -*whole : *whole);
}

// round(none): to an int, halves to the even one.
Result<Value> rounded_whole(const Value& number) {
  if (const auto whole = number.as_integer()) return Value(*whole);
  const auto whole = number.is(Kind::real) ? whole_number(std::nearbyint(number.real()))
                                           : std::nullopt;
  return whole ? Result<Value>(Value(*whole)) : fail("round needs a finite number");
}

Result<Value> round_number(Call& call) {
  SLUICE_LET(const MarkedText method, call.text(1, "common"));
  if (method.bytes() == "common" && call.value(0, Integer{0}).is(Kind::none))
    return rounded_whole(call.subject);
  SLUICE_LET(const Integer places, call.integer(0, 0));
  const auto real = call.subject.as_real();
  if (!real) return fail("round needs a number");
  if (places < -300 || places > 300) return fail("round: that many digits are not supported");
  if (method.bytes() == "common") {
    if (places < 0) return fail("round: negative precision is not supported");
    // Python rounds an int to an int, whatever the precision.
    if (const auto whole = call.subject.as_integer()) return Value(*whole);
    if (!std::isfinite(*real)) return Value(*real);
    return Value(*parse_real(fixed_text(*real, static_cast<int>(places))));
  }
  if (method.bytes() != "ceil" && method.bytes() != "floor")
    return fail("round knows the methods common, ceil and floor");
  if (!std::isfinite(*real)) return fail("round needs a finite number");
  const double scale = std::pow(10.0, static_cast<double>(places));
  const double scaled = *real * scale;
  const double whole = method.bytes() == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  // Python rounds to an int, which has no negative zero.
  return Value((whole == 0 ? 0.0 : whole) / scale);
}

Result<void> set_indent(Call& call, JsonStyle& style) {
  const Value indent = call.value(1);
  if (indent.is(Kind::none)) return {};
  if (indent.is(Kind::string)) {
    style.indent = indent.text();
  } else {
    SLUICE_LET(const size_t width, call.count(1, 0));
    SLUICE_LET(style.indent, repeated(call.runtime, MarkedText(" "), Integer(width)));
  }
  style.item_separator = MarkedText(",");
  return {};
}

Result<void> set_separators(JsonStyle& style, const std::vector<Value>& pair) {
  if (!pair[0].is(Kind::string) || !pair[1].is(Kind::string))
    return fail("tojson: separators are two strings");
  style.item_separator = pair[0].text();
  style.key_separator = pair[1].text();
  return {};
}

Result<Value> to_json(Call& call) {
  JsonStyle style;
  style.ascii = call.truthy(0, false);
  style.sort_keys = call.truthy(3, false);
  // Python writes a string before it looks at the types of these two.
  const bool plain = call.subject.is(Kind::string);
  if (!plain) SLUICE_TRY(set_indent(call, style));
  if (const Value separators = call.value(2); !separators.is(Kind::none)) {
    SLUICE_LET(const std::vector<Value> pair, all_items(call.runtime, separators));
    if (pair.size() != 2) return fail("tojson: separators are two strings");
    if (!plain) SLUICE_TRY(set_separators(style, pair));
  }
  MarkedText out;
  SLUICE_TRY(write_json(call.runtime, out, call.subject, style));
  return call.runtime.string(std::move(out));
}

Result<Value> from_json(Call& call) {
  if (!call.subject.is(Kind::string)) return fail("from_json needs a string");
  return read_json(call.runtime, call.subject.text());
}

constexpr Builtin kFilters[] = {
    {"abs", "", absolute},
    {"capitalize", "", mapped<capitalized>},
    {"center", "width?", center},
    {"e", "", mapped<html_escaped>},
    {"escape", "", mapped<html_escaped>},
    {"float", "default?", to_real},
    {"forceescape", "", force_escape},
    {"format", "*", format},
    {"from_json", "", from_json},
    {"indent", "width? first? blank?", indent},
    {"int", "default? base?", to_integer},
    {"lower", "", mapped<to_lower>},
    {"replace", "old new count?", replace},
    {"round", "precision? method?", round_number},
    {"safe", "", safe},
    {"string", "", string},
    {"title", "", mapped<title_words>},
    {"tojson", "ensure_ascii? indent? separators? sort_keys?", to_json},
    {"trim", "chars?", trim},
    {"truncate", "length? killwords? end? leeway?", truncate},
    {"upper", "", mapped<to_upper>},
    {"urlencode", "", url_encode},
    {"wordcount", "", word_count},
};

}  // namespace

std::span<const Builtin> text_filters() { return kFilters; }

}  // namespace sluice::jinja
