// What stands at the edges of a text, for tokens that care about their neighbours: \w and \s at
// the start and at the end. Threads: functions without state. Cost: the characters looked at.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

/// `^\w` and `\w$`: a letter, mark, decimal digit, letter number, connector or joiner (Unicode
/// technical standard 18, annex C).
bool starts_with_word(std::string_view text);
bool ends_with_word(std::string_view text);
/// How many bytes of blanks (`\s`) there are.
size_t blanks_at_start(std::string_view text);
size_t blanks_at_end(std::string_view text);

}  // namespace sluice
