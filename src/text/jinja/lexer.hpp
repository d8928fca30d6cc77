// A template's source as tokens, with Jinja's rules about blanks around tags applied.
// Threads: functions without state. Cost: linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "text/jinja/value.hpp"

namespace sluice::jinja {

enum class TokenKind {
  text,            ///< between tags, and within raw
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  string,
  integer,
  real,
  symbol,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  ///< of a string: its value, escapes done
  uint32_t at = 0;
  Value number;
};

/// Tokens of `source`, whose line ends are "\n" only; the last one is `end`.
/// Errors: corrupt, with line and column.
Result<std::vector<Token>> tokenize(const std::string& source);

/// Line ends made "\n", and one at the end of the text dropped.
std::string normalized_source(std::string_view source);

}  // namespace sluice::jinja
