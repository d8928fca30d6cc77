#include "text/word_edges.hpp"

#include <utf8proc.h>

#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

bool is_word(const CodePoint& point) {
  if (!point.valid) return false;
  const char32_t code = point.code;
  if ((class_of(code) & (kLetter | kMark)) != 0) return true;
  // Symbols that are alphabetic all the same: letters in circles and squares.
  if ((code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
      (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189))
    return true;
  if (code == 0x200C || code == 0x200D) return true;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_PC;
}

// The last character; `text` is not empty.
CodePoint last_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  const size_t most = text.size() < 4 ? text.size() : 4;
  for (size_t bytes = 2; bytes <= most; ++bytes) {
    const CodePoint point = decode_utf8(end - bytes, end);
    if (point.valid && point.bytes == bytes) return point;
  }
  return decode_utf8(end - 1, end);
}

}  // namespace

bool starts_with_word(std::string_view text) {
  return !text.empty() && is_word(decode_utf8(text.data(), text.data() + text.size()));
}

bool ends_with_word(std::string_view text) {
  return !text.empty() && is_word(last_of(text));
}

size_t blanks_at_start(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  while (at < end) {
    const CodePoint point = decode_utf8(at, end);
    if (!point.valid || (class_of(point.code) & kBlank) == 0) break;
    at += point.bytes;
  }
  return static_cast<size_t>(at - text.data());
}

size_t blanks_at_end(std::string_view text) {
  size_t bytes = 0;
  while (bytes < text.size()) {
    const CodePoint point = last_of(text.substr(0, text.size() - bytes));
    if (!point.valid || (class_of(point.code) & kBlank) == 0) break;
    bytes += point.bytes;
  }
  return bytes;
}

}  // namespace sluice
