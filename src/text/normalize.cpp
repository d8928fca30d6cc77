#include "text/normalize.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

// Below U+0300 every character is in form C and none combines with the one before it.
constexpr char32_t kFirstCombining = 0x300;

// True if the character may combine or change places with what stands before it, so that a
// segment must not begin with it: marks, and the vowels and final consonants of Hangul.
bool joins_left(char32_t code) {
  if (code < kFirstCombining) return false;
  if ((code >= 0x1161 && code <= 0x1175) || (code >= 0x11A8 && code <= 0x11C2)) return true;
  return (class_of(code) & kMark) != 0;
}

// True for a character that, alone, is its own form C: it has no decomposition, or is a syllable
// of Hangul, which comes together again.
bool stable_alone(char32_t code) {
  if (code < kFirstCombining || (code >= 0xAC00 && code <= 0xD7A3)) return true;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->decomp_seqindex == UINT16_MAX;
}

// Normalises segments; the vectors are kept from one to the next.
class Composer {
 public:
  // The segment's code points in form C, valid until the next call.
  const std::vector<int32_t>& compose(const std::vector<char32_t>& segment) {
    points_.clear();
    for (const char32_t code : segment) decompose(static_cast<utf8proc_int32_t>(code));
    order_marks();
    // Composes in place; the input is decomposed and ordered already.
    const utf8proc_ssize_t count = utf8proc_normalize_utf32(
        points_.data(), static_cast<utf8proc_ssize_t>(points_.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (count >= 0) points_.resize(static_cast<size_t>(count));
    return points_;
  }

 private:
  void decompose(utf8proc_int32_t code) {
    // No canonical decomposition is longer than four; on an error the code point stays as it is.
    utf8proc_int32_t parts[16];
    int boundary = 0;
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(code, parts, 16, UTF8PROC_DECOMPOSE, &boundary);
    if (count < 1 || count > 16) return points_.push_back(code);
    points_.insert(points_.end(), parts, parts + count);
  }

  // Sorts every run of marks by combining class. utf8proc's own ordering swaps neighbours, which
  // is quadratic: a megabyte of marks would take hours.
  void order_marks() {
    const auto rank = [](int32_t code) { return utf8proc_get_property(code)->combining_class; };
    for (auto at = points_.begin(); at != points_.end();) {
      if (rank(*at) == 0) {
        ++at;
        continue;
      }
      const auto end = std::find_if(at, points_.end(), [&](int32_t c) { return rank(c) == 0; });
      std::stable_sort(at, end, [&](int32_t a, int32_t b) { return rank(a) < rank(b); });
      at = end;
    }
  }

  std::vector<int32_t> points_;
};

// Where the first segment begins that may change. Each one before it is a character alone; parts of
// characters are none and change nothing.
const char* skip_composed(const char* at, const char* end) {
  const char* last = at;
  while (at < end) {
    const CodePoint point = decode_utf8(at, end);
    if (point.valid && joins_left(point.code)) return last;
    if (point.valid && !stable_alone(point.code)) return at;
    last = point.valid ? at : at + point.bytes;
    at += point.bytes;
  }
  return end;
}

// Reads one segment, a character with all that may join it, and returns where it ends.
const char* read_segment(const char* at, const char* end, std::vector<char32_t>& segment) {
  segment.clear();
  while (at < end) {
    const CodePoint point = decode_utf8(at, end);
    if (!segment.empty() && !(point.valid && joins_left(point.code))) break;
    segment.push_back(point.code);
    at += point.bytes;
  }
  return at;
}

}  // namespace

std::string_view normalize_nfc(std::string_view text, std::string& storage) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* next = skip_composed(at, end);
  if (next == end) return text;
  storage.clear();
  storage.reserve(text.size());
  Composer composer;
  std::vector<char32_t> segment;
  while (next < end) {
    storage.append(at, next);
    at = read_segment(next, end, segment);
    for (const int32_t code : composer.compose(segment))
      append_utf8(storage, static_cast<char32_t>(code));
    next = skip_composed(at, end);
  }
  storage.append(at, next);
  return storage == text ? text : std::string_view(storage);
}

}  // namespace sluice
