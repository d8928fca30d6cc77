// How text lies on a terminal: where its characters, as people see them, begin, and how many
// columns they take. Threads: functions without state. Cost: linear in what is looked at.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::cli {

/// The end of the character as people see it (a grapheme cluster: an emoji with its modifiers is
/// one) that begins at `at`; bytes that are not UTF-8 count one by one.
size_t next_character(std::string_view text, size_t at);
/// The beginning of the character that ends at `at`.
size_t previous_character(std::string_view text, size_t at);
/// Columns of one character: 0, 1 or 2. Terminals do not agree on all of them; whoever draws must
/// not rely on it for the position of the cursor.
size_t character_columns(std::string_view character);
/// What to draw for one character: itself; a tab as blanks; another control character, which could
/// change the terminal, as ^X.
std::string drawn_character(std::string_view character);

/// Text of a model for a terminal: control characters other than line feed and tab become visible.
std::string safe_for_terminal(std::string_view text);

/// The same text with what is not UTF-8 replaced by U+FFFD.
std::string well_formed(std::string_view text);

}  // namespace sluice::cli
