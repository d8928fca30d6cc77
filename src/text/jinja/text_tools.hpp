// Python's operations on strings, by code point and keeping marks. Threads: functions without
// state. Cost: linear, replace and repeat in what they make.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "text/jinja/runtime.hpp"

namespace sluice::jinja {

/// str.isspace of one character.
bool is_blank(char32_t code);
size_t count_points(std::string_view bytes);
bool is_ascii(std::string_view bytes);
/// Where each code point begins, and the end of the text.
std::vector<size_t> point_offsets(std::string_view bytes);
/// Linear in both texts; npos if `part` is not there.
size_t find_text(std::string_view all, std::string_view part, size_t from = 0);
size_t find_last_text(std::string_view all, std::string_view part);

enum class Side { left, right, both };
/// Removes the characters of `set` from the ends, or blanks without one.
MarkedText stripped(const MarkedText& text, std::optional<std::string_view> set, Side side);

/// str.split and str.rsplit; without `separator` at runs of blanks. `limit` < 0 is none.
std::vector<MarkedText> split(const MarkedText& text, std::optional<std::string_view> separator,
                              Integer limit, bool from_right);
std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends);
/// str.replace; `limit` < 0 is none. Errors: budget.
Result<MarkedText> replaced(Runtime& runtime, const MarkedText& text, const MarkedText& old_part,
                            const MarkedText& new_part, Integer limit);
/// Errors: budget.
Result<MarkedText> repeated(Runtime& runtime, const MarkedText& text, Integer count);
/// Fills up to `width` characters. Errors: budget.
Result<MarkedText> padded(Runtime& runtime, const MarkedText& text, size_t width, Side text_side,
                          std::string_view fill = " ");

/// HTML escapes, as markupsafe.escape; a safe text stays as it is.
MarkedText html_escaped(const MarkedText& text);

}  // namespace sluice::jinja
