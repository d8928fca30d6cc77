// UTF-8, taken apart without trust: ill-formed bytes are reported, never lost.
// Threads: functions without state. Cost: linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

inline constexpr char32_t kReplacement = 0xFFFD;

/// A decoded code point and the bytes it took. Ill-formed: `valid` is false, `code` is U+FFFD, and
/// `bytes` counts the longest part that could have begun a character (at least one), as the Unicode
/// standard recommends for replacement (section 3.9, "maximal subpart").
struct CodePoint {
  char32_t code = kReplacement;
  uint8_t bytes = 1;
  bool valid = false;
  bool cut = false;  ///< ill-formed only because the text ends: more bytes could complete it
};

/// What decode_beyond_ascii leaves over.
CodePoint decode_rarer(const char* at, const char* end);
/// Decodes the code point at `at`, which must lie before `end` and not be ASCII.
inline CodePoint decode_beyond_ascii(const char* at, const char* end) {
  // Nearly all characters have two or three bytes; the rest, and all that is wrong, is left over.
  const auto byte_at = [at](int i) { return char32_t{static_cast<unsigned char>(at[i])}; };
  const auto goes_on = [&](int i) { return (byte_at(i) & 0xC0) == 0x80; };
  const char32_t first = byte_at(0);
  if (first >= 0xC2 && first < 0xE0 && end - at > 1 && goes_on(1))
    return {(first & 0x1F) << 6 | (byte_at(1) & 0x3F), 2, true, false};
  if (first >= 0xE0 && first < 0xF0 && end - at > 2 && goes_on(1) && goes_on(2)) {
    const char32_t code = (first & 0x0F) << 12 | (byte_at(1) & 0x3F) << 6 | (byte_at(2) & 0x3F);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (code >= 0x800 && !surrogate) return {code, 3, true, false};
  }
  return decode_rarer(at, end);
}
inline CodePoint decode_utf8(const char* at, const char* end) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) return {byte, 1, true, false};
  return decode_beyond_ascii(at, end);
}

/// Appends `code` as UTF-8; a surrogate or a number beyond U+10FFFF as U+FFFD.
void append_utf8(std::string& out, char32_t code);

/// Appends `text` with every ill-formed part replaced by U+FFFD.
void append_well_formed(std::string& out, std::string_view text);

/// How many bytes at the end of `text` begin a character that is not complete: 0 to 3.
size_t incomplete_tail(std::string_view text);

}  // namespace sluice
