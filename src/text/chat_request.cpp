#include "text/chat_request.hpp"

#include <cstdio>
#include <string>

namespace sluice {

namespace {

Error wrong(std::string_view field, std::string_view wanted) {
  return {Code::invalid,
          std::string("the conversation's \"").append(field).append("\" is not ").append(wanted)};
}

// A list, or null where the field is missing.
Result<TemplateValue> optional_list(const TemplateValue& request, std::string_view field) {
  const TemplateValue* const value = request.find(field);
  if (value == nullptr || value->is_null()) return TemplateValue();
  if (value->list() == nullptr) return wrong(field, "a list");
  return *value;
}

// A time as ISO 8601 writes it, without a zone.
Result<TemplateTime> read_time(const TemplateValue& value) {
  TemplateTime time;
  int end = 0;
  const std::string text = value.text() == nullptr ? "" : *value.text();
  const int fields = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &time.year, &time.month,
                                 &time.day, &time.hour, &time.minute, &time.second, &end);
  const bool whole = fields == 6 && static_cast<size_t>(end) == text.size();
  const bool valid = time.year >= 1 && time.month >= 1 && time.month <= 12 && time.day >= 1 &&
                     time.day <= 31 && time.hour >= 0 && time.hour < 24 && time.minute >= 0 &&
                     time.minute < 60 && time.second >= 0 && time.second <= 60;
  if (!whole || !valid) return wrong("now", "a time as 2026-02-03T04:05:06");
  return time;
}

}  // namespace

Result<TemplateValue::Map> read_template_arguments(std::string_view json) {
  SLUICE_LET(const TemplateValue arguments, TemplateValue::parse(json));
  if (arguments.map() == nullptr) {
    return Error{Code::invalid, "template arguments are a JSON object, as {\"name\": value}"};
  }
  return *arguments.map();
}

Result<TemplateInput> read_chat_request(std::string_view json) {
  SLUICE_LET(const TemplateValue request, TemplateValue::parse(json));
  if (request.map() == nullptr) {
    return Error{Code::invalid, "a conversation is a JSON object with \"messages\""};
  }
  TemplateInput input;
  SLUICE_LET(input.messages, optional_list(request, "messages"));
  if (input.messages.is_null()) return wrong("messages", "there");
  for (const TemplateValue& message : *input.messages.list()) {
    if (message.map() == nullptr) return wrong("messages", "a list of objects");
  }
  SLUICE_LET(input.tools, optional_list(request, "tools"));
  SLUICE_LET(input.documents, optional_list(request, "documents"));
  input.add_generation_prompt = true;
  if (const TemplateValue* const wanted = request.find("add_generation_prompt")) {
    const bool* const flag = std::get_if<bool>(&wanted->state);
    if (flag == nullptr) return wrong("add_generation_prompt", "true or false");
    input.add_generation_prompt = *flag;
  }
  if (const TemplateValue* const arguments = request.find("kwargs");
      arguments != nullptr && !arguments->is_null()) {
    if (arguments->map() == nullptr) return wrong("kwargs", "an object");
    input.arguments = *arguments->map();
  }
  if (const TemplateValue* const now = request.find("now"); now != nullptr && !now->is_null()) {
    SLUICE_LET(input.now, read_time(*now));
  }
  return input;
}

}  // namespace sluice
