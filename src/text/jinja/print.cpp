// Values as Python prints them: str() for what a template puts out, repr() inside lists and dicts.
#include <cstdio>

#include "text/jinja/number.hpp"
#include "text/jinja/runtime.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

constexpr int kPrintDepth = 100;

bool is_printable(char32_t code) {
  return code == ' ' ||
         (class_of(code) & (kLetter | kMark | kNumber | kPunctuation | kSymbol)) != 0;
}

std::string escaped(char32_t code, char quote) {
  switch (code) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\\': return "\\\\";
    default: break;
  }
  if (code == static_cast<char32_t>(quote)) return std::string("\\") + quote;
  char digits[16];
  const char* const form = code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
  std::snprintf(digits, sizeof digits, form, static_cast<unsigned>(code));
  return digits;
}

// A string as a Python literal. Escapes of a marked character are marked, the quotes are not.
void print_quoted(MarkedText& out, const MarkedText& text) {
  const std::string_view bytes = text.bytes();
  const bool single = bytes.find('\'') != bytes.npos;
  const char quote = single && bytes.find('"') == bytes.npos ? '"' : '\'';
  if (text.safe()) out.append("Markup(", false);
  out.append({&quote, 1}, false);
  size_t plain = 0;
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    const bool as_is = point.code != '\\' && point.code != static_cast<char32_t>(quote) &&
                       (!point.valid || is_printable(point.code));
    if (!as_is) {
      out.append(text, plain, at);
      out.append(escaped(point.code, quote), text.is_data(at));
      plain = at + point.bytes;
    }
    at += point.bytes;
  }
  out.append(text, plain, bytes.size());
  out.append({&quote, 1}, false);
  if (text.safe()) out.append(")", false);
}

Result<void> literal_at(Runtime& runtime, MarkedText& out, const Value& value, int depth);

struct Brackets {
  std::string_view open;
  std::string_view close;
};

Brackets brackets(Flavor flavor) {
  switch (flavor) {
    case Flavor::tuple: return {"(", ")"};
    case Flavor::keys: return {"dict_keys([", "])"};
    case Flavor::values: return {"dict_values([", "])"};
    case Flavor::items: return {"dict_items([", "])"};
    default: return {"[", "]"};
  }
}

Result<void> print_array(Runtime& runtime, MarkedText& out, const Array& array, int depth) {
  if (array.flavor == Flavor::generator) {
    out.append("<generator object>", false);
    return {};
  }
  if (array.flavor == Flavor::range) {
    std::string text = "range(" + to_text(array.range[0]) + ", " + to_text(array.range[1]);
    if (array.range[2] != 1) text += ", " + to_text(array.range[2]);
    out.append(text + ")", false);
    return {};
  }
  const Brackets pair = brackets(array.flavor);
  out.append(pair.open, false);
  for (size_t i = 0; i < array.items.size(); ++i) {
    if (i > 0) out.append(", ", false);
    SLUICE_TRY(literal_at(runtime, out, array.items[i], depth));
  }
  if (array.flavor == Flavor::tuple && array.items.size() == 1) out.append(",", false);
  out.append(pair.close, false);
  return {};
}

Result<void> print_dict(Runtime& runtime, MarkedText& out, const Dict& dict, int depth) {
  out.append("{", false);
  bool first = true;
  for (const auto& [key, value] : dict.entries) {
    if (!first) out.append(", ", false);
    first = false;
    SLUICE_TRY(literal_at(runtime, out, key, depth));
    out.append(": ", false);
    SLUICE_TRY(literal_at(runtime, out, value, depth));
  }
  out.append("}", false);
  return {};
}

Result<void> print_object(Runtime& runtime, MarkedText& out, const Object& object, int depth) {
  if (object.type != Object::Type::space) {
    out.append("<function>", false);
    return {};
  }
  out.append("<Namespace ", false);
  SLUICE_TRY(print_dict(runtime, out, *static_cast<const Space&>(object).attributes, depth));
  out.append(">", false);
  return {};
}

Result<void> literal_at(Runtime& runtime, MarkedText& out, const Value& value, int depth) {
  if (depth == 0) return too_deep();
  const size_t before = out.size();
  switch (value.kind()) {
    case Kind::undefined: out.append("Undefined", false); break;
    case Kind::none: out.append("None", false); break;
    case Kind::boolean: out.append(value.boolean() ? "True" : "False", false); break;
    case Kind::integer: out.append(to_text(value.integer()), false); break;
    case Kind::real: out.append(to_text(value.real()), false); break;
    case Kind::string: print_quoted(out, value.text()); break;
    case Kind::array: SLUICE_TRY(print_array(runtime, out, value.array(), depth - 1)); break;
    case Kind::dict: SLUICE_TRY(print_dict(runtime, out, value.dict(), depth - 1)); break;
    case Kind::object: SLUICE_TRY(print_object(runtime, out, value.object(), depth - 1)); break;
  }
  if (!runtime.spend_bytes(out.size() - before + 1)) return runtime.exhausted();
  return {};
}

}  // namespace

Result<void> print_literal(Runtime& runtime, MarkedText& out, const Value& value) {
  return literal_at(runtime, out, value, kPrintDepth);
}

Result<void> print(Runtime& runtime, MarkedText& out, const Value& value) {
  if (value.is(Kind::undefined)) return {};
  if (!value.is(Kind::string)) return print_literal(runtime, out, value);
  out.append(value.text());
  if (!runtime.spend_bytes(value.text().size())) return runtime.exhausted();
  return {};
}

Result<MarkedText> printed(Runtime& runtime, const Value& value) {
  if (value.is(Kind::string)) return value.text();
  MarkedText out;
  SLUICE_TRY(print(runtime, out, value));
  return out;
}

}  // namespace sluice::jinja
