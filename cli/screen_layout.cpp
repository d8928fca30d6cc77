#include "cli/screen_layout.hpp"

#include <algorithm>

#include "cli/text_width.hpp"

namespace sluice::cli {

namespace {

// In a window narrower than this the prompt goes: every column is needed.
constexpr size_t kNarrow = 10;

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = next_character(text, at);
    columns += character_columns(text.substr(at, end - at));
    at = end;
  }
  return columns;
}

ScreenRow begin_row(const std::string& prompt, size_t columns) {
  ScreenRow row;
  if (columns < kNarrow) return row;
  row.text = prompt;
  row.columns = columns_of(prompt);
  return row;
}

}  // namespace

ScreenLayout lay_out(std::string_view text, size_t cursor, const Prompt& prompt, size_t columns) {
  const size_t limit = std::max<size_t>(columns, 3) - 1;
  ScreenLayout layout;
  layout.rows.push_back(begin_row(prompt.first, columns));
  const auto place_cursor = [&layout] {
    layout.cursor_row = layout.rows.size() - 1;
    layout.rows.back().to_cursor = layout.rows.back().text;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = next_character(text, at);
    const std::string_view character = text.substr(at, end - at);
    const size_t width = character_columns(character);
    const bool wraps = layout.rows.back().columns + width > limit;
    if (wraps) layout.rows.push_back(begin_row(prompt.other, columns));
    if (at == cursor) place_cursor();
    layout.rows.back().text += drawn_character(character);
    layout.rows.back().columns += width;
    if (character == "\n") layout.rows.push_back(begin_row(prompt.other, columns));
    at = end;
  }
  if (cursor >= text.size()) place_cursor();
  return layout;
}

size_t rows_above_after_resize(const std::vector<ScreenRow>& rows, size_t row, size_t columns) {
  columns = std::max<size_t>(columns, 1);
  size_t above = 0;
  for (size_t i = 0; i < row && i < rows.size(); ++i) {
    above += std::max<size_t>(1, (rows[i].columns + columns - 1) / columns);
  }
  if (row < rows.size()) above += columns_of(rows[row].to_cursor) / columns;
  return above;
}

}  // namespace sluice::cli
