// Where the rows of an edited text lie in a terminal of a given width. Threads: functions without
// state. Cost: linear in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// What is drawn in front of the first row, and of each other.
struct Prompt {
  std::string first = "> ";
  std::string other = "  ";
};

struct ScreenRow {
  std::string text;         ///< drawn, with what stands in front
  std::string to_cursor;    ///< its part up to the cursor, if that is in this row
  size_t columns = 0;
};

struct ScreenLayout {
  std::vector<ScreenRow> rows;  ///< at least one
  size_t cursor_row = 0;
};

/// Breaks the text so that each row, and the cursor behind it, fits `columns`.
ScreenLayout lay_out(std::string_view text, size_t cursor, const Prompt& prompt, size_t columns);

/// How many rows of a terminal these rows take after it has become `columns` wide, if it breaks the
/// rows that are too long (most terminals do): rows above the cursor's place in `row`.
size_t rows_above_after_resize(const std::vector<ScreenRow>& rows, size_t row, size_t columns);

}  // namespace sluice::cli
