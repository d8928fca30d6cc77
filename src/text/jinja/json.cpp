#include "text/jinja/json.hpp"

#include <algorithm>
#include <cstdio>
#include <cmath>

#include "text/jinja/import.hpp"
#include "text/jinja/number.hpp"
#include "text/template_value.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kJsonDepth = 200;

std::string escaped_unit(unsigned unit) {
  char text[16];
  std::snprintf(text, sizeof text, "\\u%04x", unit);
  return text;
}

std::string escaped(char32_t code) {
  switch (code) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\b': return "\\b";
    case '\f': return "\\f";
    default: break;
  }
  if (code < 0x10000) return escaped_unit(code);
  return escaped_unit(0xD800 + ((code - 0x10000) >> 10)) + escaped_unit(0xDC00 + (code & 0x3FF));
}

class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, MarkedText& out, const JsonStyle& style)
      : runtime_(runtime), out_(out), style_(style) {}

  Result<void> write(const Value& value, size_t depth) {
    if (depth > kJsonDepth) return too_deep();
    const size_t before = out_.size();
    switch (value.kind()) {
      case Kind::none: out_.append("null", false); break;
      case Kind::boolean: out_.append(value.boolean() ? "true" : "false", false); break;
      case Kind::integer: out_.append(to_text(value.integer()), false); break;
      case Kind::real: out_.append(number(value.real()), false); break;
      case Kind::string: string(value.text()); break;
      case Kind::array: SLUICE_TRY(array(value, depth)); break;
      case Kind::dict: SLUICE_TRY(dict(value.dict(), depth)); break;
      default: return no_json(value);
    }
    if (!runtime_.spend_bytes(out_.size() - before + 1)) return runtime_.exhausted();
    return {};
  }

 private:
  static Error no_json(const Value& value) {
    return fail("tojson: a value of type " + std::string(value.type_name()) + " has no JSON form");
  }

  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return to_text(value);
  }

  void string(const MarkedText& text) {
    const std::string_view bytes = text.bytes();
    out_.append("\"", false);
    size_t plain = 0;
    for (size_t at = 0; at < bytes.size();) {
      const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
      const bool special = point.code < 0x20 || point.code == '"' || point.code == '\\' ||
                           (style_.ascii && point.code >= 0x7F);
      if (special) {
        out_.append(text, plain, at);
        out_.append(escaped(point.code), text.is_data(at));
        plain = at + point.bytes;
      }
      at += point.bytes;
    }
    out_.append(text, plain, bytes.size());
    out_.append("\"", false);
  }

  void new_line(size_t depth) {
    if (!style_.indent) return;
    out_.append("\n", false);
    for (size_t i = 0; i < depth && runtime_.spend_bytes(style_.indent->size()); ++i)
      out_.append(*style_.indent);
  }

  Result<void> array(const Value& value, size_t depth) {
    const Array& items = value.array();
    if (items.flavor != Flavor::list && items.flavor != Flavor::tuple) return no_json(value);
    out_.append("[", false);
    for (size_t i = 0; i < items.items.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      new_line(depth + 1);
      SLUICE_TRY(write(items.items[i], depth + 1));
    }
    if (!items.items.empty()) new_line(depth);
    out_.append("]", false);
    return {};
  }

  // Keys that are numbers, booleans or none become strings.
  Result<void> key(const Value& value) {
    if (value.is(Kind::string)) {
      string(value.text());
      return {};
    }
    const bool has_text = value.is(Kind::none) || value.as_real();
    if (!has_text) return fail("tojson: a key of type " + std::string(value.type_name()));
    out_.append("\"", false);
    SLUICE_TRY(write(value, 0));
    out_.append("\"", false);
    return {};
  }

  Result<void> dict(const Dict& dict, size_t depth) {
    std::vector<std::pair<Value, Value>> entries = dict.entries;
    if (style_.sort_keys) {
      std::optional<Error> failure;
      std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
        const Result<bool> before = less(runtime_, a.first, b.first);
        if (!before && !failure) failure = before.error();
        return before && *before;
      });
      if (failure) return *std::move(failure);
    }
    out_.append("{", false);
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      new_line(depth + 1);
      SLUICE_TRY(key(entries[i].first));
      out_.append(style_.key_separator);
      SLUICE_TRY(write(entries[i].second, depth + 1));
    }
    if (!entries.empty()) new_line(depth);
    out_.append("}", false);
    return {};
  }

  Runtime& runtime_;
  MarkedText& out_;
  const JsonStyle& style_;
};

}  // namespace

Result<void> write_json(Runtime& runtime, MarkedText& out, const Value& value,
                        const JsonStyle& style) {
  return JsonWriter(runtime, out, style).write(value, 0);
}

Result<Value> read_json(Runtime& runtime, const MarkedText& text) {
  if (!runtime.spend_bytes(text.size() * 16)) return runtime.exhausted();
  auto parsed = TemplateValue::parse(text.bytes());
  if (!parsed) return fail("from_json: " + parsed.error().message);
  return import_value(runtime, *parsed, !text.data().empty());
}

}  // namespace sluice::jinja
