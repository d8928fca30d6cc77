// Values of a conversation as values of the template language, marked where they are data.
// Threads: functions without state. Cost: linear.
#pragma once

#include <functional>
#include <string_view>

#include "text/jinja/runtime.hpp"
#include "text/template_value.hpp"

namespace sluice::jinja {

/// Every string of the value is marked, if `data`. Errors: budget (nesting), unsupported (an
/// integer beyond 127 bits).
Result<Value> import_value(Runtime& runtime, const TemplateValue& value, bool data);

/// Decides for strings that are not data by their place, such as names and roles.
using IsControl = std::function<bool(std::string_view)>;

/// Messages, as apply_chat_template of transformers passes them on: the reasoning under each of its
/// names. Marked are contents, reasoning and the arguments of tool calls.
Result<Value> import_messages(Runtime& runtime, const TemplateValue& messages,
                              const IsControl& is_control);
/// Tools: descriptions are marked.
Result<Value> import_tools(Runtime& runtime, const TemplateValue& tools,
                           const IsControl& is_control);

}  // namespace sluice::jinja
