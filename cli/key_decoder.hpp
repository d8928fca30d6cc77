// Bytes from a terminal to keys: characters, editing keys, pasted text as one piece. Threads: one
// at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::cli {

enum class Key {
  text,   ///< characters typed
  paste,  ///< a pasted text, line feeds and all
  enter,
  new_line,  ///< Alt-Enter: a line feed in the text
  tab,
  left,
  right,
  up,
  down,
  word_left,
  word_right,
  line_start,
  line_end,
  erase_left,
  erase_right,
  kill_word_left,
  kill_blank_word_left,
  kill_word_right,
  kill_line_left,
  kill_line_right,
  yank,
  clear_screen,
  interrupt,     ///< Ctrl-C
  end_of_input,  ///< Ctrl-D; at a text it erases to the right
  suspend,       ///< Ctrl-Z
  unknown,
};

struct KeyPress {
  Key key = Key::unknown;
  std::string text;  ///< UTF-8, of text and paste
};

class KeyDecoder {
 public:
  void push(std::string_view bytes) { bytes_ += bytes; }
  /// The next complete key; typed characters that came together are one.
  std::optional<KeyPress> next();
  /// True if bytes wait for the rest of a sequence, which a lone Escape key never gets.
  bool waits() const { return !bytes_.empty() && !pasting_; }
  /// Gives up on the rest: what waits is taken for what it is.
  void give_up() { given_up_ = true; }

 private:
  std::optional<KeyPress> next_paste();
  std::optional<KeyPress> next_escape();
  std::optional<KeyPress> next_sequence();
  std::optional<KeyPress> next_text();
  KeyPress take(size_t bytes, Key key);

  std::string bytes_;
  std::string pasted_;
  bool pasting_ = false;
  bool given_up_ = false;
};

}  // namespace sluice::cli
