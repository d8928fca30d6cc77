// Regular expressions of tokenizer.json, recognised by their text: there is no expression engine
// here, but a matcher written by hand for each one that a known family publishes.
// Threads: functions without state. Cost: linear in the expression.
#pragma once

#include <string_view>

#include "sluice/error.hpp"
#include "text/pretokenizer.hpp"

namespace sluice {

inline constexpr std::string_view kGpt2Expression =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view kDigitExpression = R"(\p{N})";

struct Expression {
  FindPattern find = nullptr;
  bool covers_all = false;  ///< no text lies between its matches
};

/// Errors: unsupported, quoting the expression.
Result<Expression> find_expression(std::string_view text);

}  // namespace sluice
