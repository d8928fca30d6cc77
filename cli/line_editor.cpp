#include "cli/line_editor.hpp"

#include <algorithm>
#include <utility>

namespace sluice::cli {

namespace {

// How long the rest of a key's sequence may take to come; a lone Escape key has none.
constexpr int kSequenceMs = 50;

std::string up(size_t rows) {
  return rows == 0 ? "" : "\x1b[" + std::to_string(rows) + "A";
}

}  // namespace

EditResult LineEditor::read() {
  buffer_.set("");
  drawn_.clear();
  drawn_cursor_ = 0;
  recalled_ = history_.size();
  for (;;) {
    while (auto press = keys_.next()) {
      const auto end = handle(*press);
      if (!end) continue;
      finish_drawing();
      return {*end, *end == EditEnd::message ? buffer_.text() : ""};
    }
    draw();
    switch (terminal_.wait(keys_.waits() ? kSequenceMs : -1)) {
      case Wake::timeout:
        keys_.give_up();
        break;
      case Wake::resized:
        redraw_after_resize();
        break;
      case Wake::ended:
        return {EditEnd::input_ended, ""};
      case Wake::input: {
        const std::string_view bytes = terminal_.read();
        if (bytes.empty()) return {EditEnd::input_ended, ""};
        keys_.push(bytes);
      }
    }
  }
}

std::optional<EditEnd> LineEditor::handle(const KeyPress& press) {
  if (press.key == Key::text || press.key == Key::paste) {
    buffer_.insert(press.text);
    return std::nullopt;
  }
  if (edit(press.key)) return std::nullopt;
  return handle_control(press.key);
}

// Keys that only change the buffer.
bool LineEditor::edit(Key key) {
  switch (key) {
    case Key::new_line:
      buffer_.insert("\n");
      return true;
    case Key::left:
      buffer_.left();
      return true;
    case Key::right:
      buffer_.right();
      return true;
    case Key::word_left:
      buffer_.word_left();
      return true;
    case Key::word_right:
      buffer_.word_right();
      return true;
    case Key::line_start:
      buffer_.line_start();
      return true;
    case Key::line_end:
      buffer_.line_finish();
      return true;
    case Key::erase_left:
      buffer_.erase_left();
      return true;
    case Key::erase_right:
      buffer_.erase_right();
      return true;
    case Key::kill_word_left:
      buffer_.kill_word_left();
      return true;
    case Key::kill_blank_word_left:
      buffer_.kill_blank_word_left();
      return true;
    case Key::kill_word_right:
      buffer_.kill_word_right();
      return true;
    case Key::kill_line_left:
      buffer_.kill_line_left();
      return true;
    case Key::kill_line_right:
      buffer_.kill_line_right();
      return true;
    case Key::yank:
      buffer_.yank();
      return true;
    default:
      return false;
  }
}

std::optional<EditEnd> LineEditor::handle_control(Key key) {
  switch (key) {
    case Key::enter:
      return enter();
    case Key::up:
      if (!buffer_.up()) recall(true);
      break;
    case Key::down:
      if (!buffer_.down()) recall(false);
      break;
    case Key::tab:
      if (options_.complete) buffer_.set(options_.complete(buffer_.text()));
      break;
    case Key::clear_screen:
      terminal_.write("\x1b[H\x1b[2J");
      drawn_.clear();
      drawn_cursor_ = 0;
      break;
    case Key::interrupt:
      if (buffer_.text().empty()) return EditEnd::interrupted;
      finish_drawing();
      buffer_.set("");
      recalled_ = history_.size();
      break;
    case Key::end_of_input:
      if (buffer_.text().empty()) return EditEnd::input_ended;
      buffer_.erase_right();
      break;
    case Key::suspend:
      finish_drawing();
      terminal_.suspend();
      terminal_.edit();
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<EditEnd> LineEditor::enter() {
  const std::string& text = buffer_.text();
  const bool complete = !options_.is_complete || options_.is_complete(text);
  const bool goes_on = buffer_.cursor() > 0 && text[buffer_.cursor() - 1] == '\\';
  if (complete && !goes_on) return EditEnd::message;
  if (complete) buffer_.erase_left();
  buffer_.insert("\n");
  return std::nullopt;
}

// Goes through the entries that begin with what was typed.
void LineEditor::recall(bool older) {
  if (recalled_ >= history_.size()) {
    if (!older) return;
    draft_ = buffer_.text();
  }
  const auto found = older ? history_.before(recalled_, draft_) : history_.after(recalled_, draft_);
  if (found) {
    recalled_ = *found;
    buffer_.set(history_.entry(*found));
  } else if (!older) {
    recalled_ = history_.size();
    buffer_.set(draft_);
  }
}

// Draws in place. A row's place never depends on how wide the terminal thinks its characters are:
// rows are broken here, too long ones are cut, and the cursor is placed by writing what is before
// it.
void LineEditor::draw() {
  const TerminalSize size = terminal_.size();
  ScreenLayout layout = lay_out(buffer_.text(), buffer_.cursor(), options_.prompt, size.columns);
  if (layout.rows.size() > size.rows) {
    // Only what is around the cursor fits.
    const size_t last = std::min(layout.rows.size(), std::max(layout.cursor_row + 1, size.rows));
    layout.rows.erase(layout.rows.begin() + static_cast<ptrdiff_t>(last), layout.rows.end());
    const size_t first = last - size.rows;
    layout.rows.erase(layout.rows.begin(), layout.rows.begin() + static_cast<ptrdiff_t>(first));
    layout.cursor_row -= first;
  }
  std::string out = "\x1b[?25l\x1b[?7l\r" + up(drawn_cursor_) + "\x1b[J";
  for (size_t i = 0; i < layout.rows.size(); ++i)
    out += (i == 0 ? "" : "\r\n") + layout.rows[i].text;
  out += up(layout.rows.size() - 1 - layout.cursor_row);
  out += "\r" + layout.rows[layout.cursor_row].to_cursor + "\x1b[?7h\x1b[?25h";
  terminal_.write(out);
  drawn_ = std::move(layout.rows);
  drawn_cursor_ = layout.cursor_row;
}

void LineEditor::redraw_after_resize() {
  const TerminalSize size = terminal_.size();
  drawn_cursor_ =
      std::min(rows_above_after_resize(drawn_, drawn_cursor_, size.columns), size.rows - 1);
}

// Draws all of the text and goes to the line below.
void LineEditor::finish_drawing() {
  const std::string text = buffer_.text();
  buffer_.set(text);
  draw();
  terminal_.write("\r\n");
  drawn_.clear();
  drawn_cursor_ = 0;
}

}  // namespace sluice::cli
