#include "text/jinja/import.hpp"

#include "text/jinja/number.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kDepthMax = 200;

// Where a value stands in a conversation; decides what of it is data.
enum class Place {
  structure,    ///< names, roles, ids: no data
  data,         ///< all strings
  content,      ///< all strings but those under the key "type"
  message,
  tool_calls,   ///< a list of calls, or one
  tools,        ///< strings under "description" are data
};

Place place_of(Place outer, std::string_view key, const TemplateValue& value) {
  switch (outer) {
    case Place::structure:
    case Place::data: return outer;
    case Place::content: return key == "type" ? Place::structure : Place::content;
    case Place::message:
      if (key == "content" || key == "reasoning_content" || key == "thinking" || key == "reasoning")
        return Place::content;
      return key == "tool_calls" ? Place::tool_calls : Place::structure;
    case Place::tool_calls:
      if (key == "function") return Place::tool_calls;
      return key == "arguments" ? Place::content : Place::structure;
    case Place::tools:
      return key == "description" && value.text() != nullptr ? Place::data : Place::tools;
  }
  return Place::structure;
}

class Importer {
 public:
  Importer(Runtime& runtime, const IsControl& is_control)
      : runtime_(runtime), is_control_(is_control) {}

  Result<Value> import(const TemplateValue& value, Place place, size_t depth = 0) {
    if (depth > kDepthMax) return too_deep();
    if (value.is_null()) return Value(None{});
    if (const auto* const text = value.text()) return string(*text, place);
    if (const auto* const list = value.list()) {
      std::vector<Value> items;
      for (const TemplateValue& item : *list) {
        SLUICE_LET(Value made, import(item, place, depth + 1));
        items.push_back(std::move(made));
      }
      return runtime_.array(std::move(items));
    }
    if (const auto* const map = value.map()) {
      Dict* const made = runtime_.dict();
      for (const auto& [key, item] : *map) {
        SLUICE_LET(Value entry, import(item, place_of(place, key, item), depth + 1));
        const Place key_place = place == Place::data ? Place::data : Place::structure;
        SLUICE_TRY(runtime_.set(*made, string(key, key_place), std::move(entry)));
      }
      if (place == Place::message) name_reasoning(*made);
      return Value(made);
    }
    return number(value);
  }

 private:
  Value string(const std::string& text, Place place) {
    const bool data = place == Place::data || place == Place::content ||
                      (is_control_ && is_control_(text));
    return runtime_.string(MarkedText(text, data));
  }

  static Result<Value> number(const TemplateValue& value) {
    if (const auto* const flag = std::get_if<bool>(&value.state)) return Value(*flag);
    if (const auto* const whole = std::get_if<int64_t>(&value.state)) return Value(Integer{*whole});
    if (const auto* const real = std::get_if<double>(&value.state)) return Value(*real);
    const auto big =
        parse_integer(std::get_if<TemplateValue::BigInteger>(&value.state)->digits, 10);
    if (!big) return fail("an integer has more than 127 bits");
    return Value(*big);
  }

  // Models and clients call it by three names; templates read two of them.
  void name_reasoning(Dict& message) {
    for (const std::string_view name : {"reasoning_content", "thinking", "reasoning"}) {
      const Value* const found = message.find(name);
      if (found == nullptr || found->is(Kind::none)) continue;
      const Value reasoning = *found;
      runtime_.set(message, std::string_view("reasoning_content"), reasoning);
      const Value* const thinking = message.find("thinking");
      if (thinking == nullptr || thinking->is(Kind::none))
        runtime_.set(message, std::string_view("thinking"), reasoning);
      return;
    }
  }

  Runtime& runtime_;
  const IsControl& is_control_;
};

}  // namespace

Result<Value> import_value(Runtime& runtime, const TemplateValue& value, bool data) {
  const IsControl none;
  return Importer(runtime, none).import(value, data ? Place::data : Place::structure);
}

Result<Value> import_messages(Runtime& runtime, const TemplateValue& messages,
                              const IsControl& is_control) {
  return Importer(runtime, is_control).import(messages, Place::message);
}

Result<Value> import_tools(Runtime& runtime, const TemplateValue& tools,
                           const IsControl& is_control) {
  return Importer(runtime, is_control).import(tools, Place::tools);
}

}  // namespace sluice::jinja
