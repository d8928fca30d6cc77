// Numbers as Python reads and writes them. Threads: functions without state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/jinja/value.hpp"

namespace sluice::jinja {

/// The largest magnitude an Integer takes here: Python's ints go on, ours are an error beyond.
std::string to_text(Integer value);
/// Python's repr of a float: the shortest digits that read back, "1.0", "1e+16", "inf", "nan".
std::string to_text(double value);
/// The float as an integer, if it is one and fits.
std::optional<Integer> whole_number(double value);

/// int(text, base): blanks around, a sign, underscores between digits, prefixes 0b 0o 0x where the
/// base allows. Nothing if it is no number or does not fit.
std::optional<Integer> parse_integer(std::string_view text, int base);
/// float(text), with "inf" and "nan".
std::optional<double> parse_real(std::string_view text);

/// Less than zero, zero, more than zero; exact between int and float. Nothing with a NaN.
std::optional<int> compare_numbers(const Value& left, const Value& right);

/// `value` with `places` digits behind the point, correctly rounded, as printf writes it.
std::string fixed_text(double value, int places);

}  // namespace sluice::jinja
