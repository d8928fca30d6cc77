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

/// Decodes the code point at `at`; `at` must lie before `end`.
CodePoint decode_beyond_ascii(const char* at, const char* end);
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
