// Python's two ways of filling in a string: "%s" % value and "{}".format(value).
// Threads: functions without state. Cost: linear in what they make.
#pragma once

#include "text/jinja/builtin.hpp"

namespace sluice::jinja {

/// A tuple gives several values, a dict named ones. Errors: unsupported (wrong format or values).
Result<MarkedText> format_percent(Runtime& runtime, const MarkedText& format, const Value& values);
Result<MarkedText> format_braces(Runtime& runtime, const MarkedText& format,
                                 const Arguments& arguments);

/// How a value is to be written: what stands behind the colon of "{:>8.2f}".
struct FormatSpec {
  std::string fill = " ";
  char align = 0;  ///< '<', '>', '^', '='; 0 for the type's own
  char sign = 0;  ///< '+', '-', ' '; 0 if none is named
  bool alternate = false;
  bool zeros = false;
  size_t width = 0;
  char grouping = 0;  ///< ',' or '_'
  std::optional<size_t> precision;
  char type = 0;
};

Result<FormatSpec> parse_format_spec(std::string_view text);
Result<MarkedText> format_value(Runtime& runtime, const Value& value, const FormatSpec& spec);

}  // namespace sluice::jinja
