#include "cli/edit_buffer.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "cli/text_width.hpp"

namespace sluice::cli {

namespace {

// Letters, digits, and everything beyond ASCII.
bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

void EditBuffer::set(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

void EditBuffer::insert(std::string_view text) {
  text_.insert(cursor_, text);
  cursor_ += text.size();
}

void EditBuffer::erase_left() {
  const size_t begin = previous_character(text_, cursor_);
  text_.erase(begin, cursor_ - begin);
  cursor_ = begin;
}

void EditBuffer::erase_right() { text_.erase(cursor_, next_character(text_, cursor_) - cursor_); }

void EditBuffer::left() { cursor_ = previous_character(text_, cursor_); }
void EditBuffer::right() { cursor_ = next_character(text_, cursor_); }

size_t EditBuffer::line_begin() const {
  if (cursor_ == 0) return 0;
  const size_t feed = text_.rfind('\n', cursor_ - 1);
  return feed == std::string::npos ? 0 : feed + 1;
}

size_t EditBuffer::line_end() const { return std::min(text_.find('\n', cursor_), text_.size()); }

size_t EditBuffer::word_start() const {
  size_t at = cursor_;
  while (at > 0 && !is_word(text_[at - 1])) --at;
  while (at > 0 && is_word(text_[at - 1])) --at;
  return at;
}

size_t EditBuffer::word_end() const {
  size_t at = cursor_;
  while (at < text_.size() && !is_word(text_[at])) ++at;
  while (at < text_.size() && is_word(text_[at])) ++at;
  return at;
}

size_t EditBuffer::column() const {
  size_t count = 0;
  for (size_t at = line_begin(); at < cursor_; at = next_character(text_, at)) ++count;
  return count;
}

void EditBuffer::go_to_column(size_t begin, size_t column) {
  cursor_ = begin;
  for (size_t i = 0; i < column && cursor_ < text_.size() && text_[cursor_] != '\n'; ++i) right();
}

bool EditBuffer::up() {
  const size_t begin = line_begin();
  if (begin == 0) return false;
  const size_t wanted = column();
  cursor_ = begin - 1;
  go_to_column(line_begin(), wanted);
  return true;
}

bool EditBuffer::down() {
  const size_t end = line_end();
  if (end == text_.size()) return false;
  go_to_column(end + 1, column());
  return true;
}

void EditBuffer::kill_line_right() {
  // At the end of a line: the line feed, so that the next line comes up.
  const size_t end = line_end();
  kill(cursor_, end == cursor_ && end < text_.size() ? end + 1 : end);
}

void EditBuffer::kill_blank_word_left() {
  size_t at = cursor_;
  while (at > 0 && is_blank(text_[at - 1])) --at;
  while (at > 0 && !is_blank(text_[at - 1])) --at;
  kill(at, cursor_);
}

void EditBuffer::kill(size_t begin, size_t end) {
  if (begin == end) return;
  killed_ = text_.substr(begin, end - begin);
  text_.erase(begin, end - begin);
  cursor_ = begin;
}

}  // namespace sluice::cli
