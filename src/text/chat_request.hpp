// A conversation as chat APIs write it in JSON. Threads: functions without state.
#pragma once

#include <string_view>

#include "sluice/error.hpp"
#include "text/jinja_template.hpp"

namespace sluice {

/// Reads {"messages": [...], "tools": [...], "documents": [...], "add_generation_prompt": true,
/// "kwargs": {...}, "now": "2026-02-03T04:05:06"}; only messages are required. kwargs are further
/// variables of the template; now is what strftime_now sees instead of the local time.
/// Errors: invalid, naming the field.
Result<TemplateInput> read_chat_request(std::string_view json);

/// Reads the variables of a template, a JSON object. Errors: invalid.
Result<TemplateValue::Map> read_template_arguments(std::string_view json);

}  // namespace sluice
