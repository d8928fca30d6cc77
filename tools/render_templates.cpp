// Renders templates given on standard input, for comparing with another engine
// (tools/fuzz_template_against_jinja.py). A line is {"template": ..., "context": {...}, "messages":
// [...], ...}; the answer is one line, {"text": ..., "data": [[begin, end], ...]} with the bytes
// that came from the conversation, or {"error": "compile" | "raise" | "runtime" | "limit",
// "message": ...}. "context" holds plain variables, "messages" and "tools" a conversation.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "text/jinja_template.hpp"

namespace {

using nlohmann::ordered_json;
using sluice::TemplateInput;
using sluice::TemplateValue;

TemplateValue template_value(const ordered_json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)
    return TemplateValue::BigInteger{value.dump()};
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    TemplateValue::List list;
    for (const ordered_json& item : value) list.push_back(template_value(item));
    return list;
  }
  if (!value.is_object()) return {};
  TemplateValue::Map map;
  for (const auto& [key, item] : value.items()) map.emplace_back(key, template_value(item));
  return map;
}

ordered_json failure(const char* kind, const sluice::Error& error) {
  return {{"error", kind}, {"message", error.message}};
}

ordered_json answer(const ordered_json& request) {
  const auto parsed = sluice::JinjaTemplate::parse(request["template"].get<std::string>());
  if (!parsed) return failure("compile", parsed.error());
  TemplateInput input;
  input.now = {2026, 2, 3, 4, 5, 6};
  if (request.contains("messages")) input.messages = template_value(request["messages"]);
  if (request.contains("tools")) input.tools = template_value(request["tools"]);
  input.add_generation_prompt = request.value("add_generation_prompt", false);
  if (request.contains("context")) {
    const TemplateValue context = template_value(request["context"]);
    if (context.map() != nullptr) input.arguments = *context.map();
  }
  const auto segments = parsed->render(input);
  if (!segments) {
    const sluice::Code code = segments.error().code;
    return failure(code == sluice::Code::invalid  ? "raise"
                   : code == sluice::Code::budget ? "limit"
                                                  : "runtime",
                   segments.error());
  }
  std::string text;
  ordered_json data = ordered_json::array();
  for (const sluice::Segment& segment : *segments) {
    if (!segment.markup) data.push_back({text.size(), text.size() + segment.text.size()});
    text += segment.text;
  }
  return {{"text", text}, {"data", data}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const ordered_json request = ordered_json::parse(line, nullptr, false);
    const ordered_json reply = request.is_object() && request.contains("template")
                                   ? answer(request)
                                   : ordered_json{{"error", "request"}};
    const std::string text = reply.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }
  return 0;
}
