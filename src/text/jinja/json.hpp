// JSON as Python's json module writes and reads it, with marks. Threads: functions without state.
// Cost: linear.
#pragma once

#include <optional>

#include "text/jinja/runtime.hpp"

namespace sluice::jinja {

struct JsonStyle {
  bool ascii = false;  ///< escape everything beyond ASCII
  std::optional<MarkedText> indent;
  MarkedText item_separator = MarkedText(", ");
  MarkedText key_separator = MarkedText(": ");
  bool sort_keys = false;
};

/// Escapes of a marked character are marked; quotes around a string are not.
/// Errors: unsupported (undefined, macros and other values without JSON), budget.
Result<void> write_json(Runtime& runtime, MarkedText& out, const Value& value,
                        const JsonStyle& style);

/// If any byte of the text is marked, every string of the result is. Errors: unsupported (no JSON).
Result<Value> read_json(Runtime& runtime, const MarkedText& text);

}  // namespace sluice::jinja
