// The text being edited and the cursor in it; what each key does to them. Text is UTF-8 and may
// have several lines; the cursor stands between characters as people see them. Threads: one at a
// time.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

class EditBuffer {
 public:
  const std::string& text() const { return text_; }
  /// Byte offset.
  size_t cursor() const { return cursor_; }
  /// Replaces everything; the cursor goes to the end.
  void set(std::string text);

  void insert(std::string_view text);
  void erase_left();
  void erase_right();

  void left();
  void right();
  void word_left() { cursor_ = word_start(); }
  void word_right() { cursor_ = word_end(); }
  void line_start() { cursor_ = line_begin(); }
  void line_finish() { cursor_ = line_end(); }
  /// To the line above or below, at the same character; false if there is none.
  bool up();
  bool down();

  // These keep what they remove for yank().
  void kill_line_left() { kill(line_begin(), cursor_); }
  void kill_line_right();
  void kill_word_left() { kill(word_start(), cursor_); }
  /// Back to the last blank.
  void kill_blank_word_left();
  void kill_word_right() { kill(cursor_, word_end()); }
  void yank() { insert(killed_); }

 private:
  size_t line_begin() const;
  size_t line_end() const;
  size_t word_start() const;
  size_t word_end() const;
  size_t column() const;
  void go_to_column(size_t begin, size_t column);
  void kill(size_t begin, size_t end);

  std::string text_;
  std::string killed_;
  size_t cursor_ = 0;
};

}  // namespace sluice::cli
