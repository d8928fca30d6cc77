// Upper and lower case as Python has them, on marked text. Threads: functions without state.
// Cost: linear.
#pragma once

#include "text/jinja/marked_text.hpp"

namespace sluice::jinja {

MarkedText to_upper(const MarkedText& text);
MarkedText to_lower(const MarkedText& text);
/// str.title: the first letter of every run of letters.
MarkedText to_title(const MarkedText& text);
/// str.capitalize: the first character in title case, the rest in lower case.
MarkedText capitalized(const MarkedText& text);
MarkedText with_swapped_case(const MarkedText& text);

bool is_upper_case(char32_t code);
bool is_lower_case(char32_t code);

}  // namespace sluice::jinja
