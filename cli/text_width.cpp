#include "cli/text_width.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace sluice::cli {

namespace {

constexpr utf8proc_int32_t kEmojiVariation = 0xFE0F;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kTab = "    ";
// A cluster can be of any length; nobody sees more than this of one.
constexpr size_t kClusterBytes = 256;
// The longest text that is searched backwards for the beginning of a character.
constexpr size_t kLookBack = 2 * kClusterBytes;

struct Decoded {
  utf8proc_int32_t code = -1;  // -1: not UTF-8
  size_t bytes = 1;
};

Decoded decode(std::string_view text, size_t at) {
  Decoded decoded;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at);
  const auto left = static_cast<utf8proc_ssize_t>(std::min<size_t>(text.size() - at, 4));
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, left, &decoded.code);
  if (length > 0) {
    decoded.bytes = static_cast<size_t>(length);
  } else {
    decoded.code = -1;
  }
  return decoded;
}

bool is_control(utf8proc_int32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

}  // namespace

size_t next_character(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  const Decoded first = decode(text, at);
  size_t end = at + first.bytes;
  if (first.code < 0 || is_control(first.code)) return end;
  utf8proc_int32_t state = 0;
  utf8proc_int32_t previous = first.code;
  while (end < text.size() && end - at < kClusterBytes) {
    const Decoded next = decode(text, end);
    if (next.code < 0 || is_control(next.code)) break;
    if (utf8proc_grapheme_break_stateful(previous, next.code, &state)) break;
    previous = next.code;
    end += next.bytes;
  }
  return end;
}

size_t previous_character(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  if (at == 0) return 0;
  // Clusters are defined forwards: begin at the line, or far enough back.
  size_t begin = text.rfind('\n', at - 1);
  begin = begin == std::string_view::npos ? 0 : begin == at - 1 ? at - 1 : begin + 1;
  if (at - begin > kLookBack) {
    begin = at - kLookBack;
    while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80 && begin + 1 < at) ++begin;
  }
  for (;;) {
    const size_t next = next_character(text, begin);
    if (next >= at) return begin;
    begin = next;
  }
}

size_t character_columns(std::string_view character) {
  const Decoded first = decode(character, 0);
  if (character == "\t") return kTab.size();
  if (first.code < 0) return 1;
  if (is_control(first.code)) return first.code == '\n' ? 0 : 2;
  int columns = utf8proc_charwidth(first.code);
  for (size_t at = first.bytes; at < character.size();) {
    const Decoded next = decode(character, at);
    if (next.code == kEmojiVariation) return 2;
    if (next.code >= 0) columns = std::max(columns, utf8proc_charwidth(next.code));
    at += next.bytes;
  }
  return static_cast<size_t>(std::max(columns, 0));
}

std::string drawn_character(std::string_view character) {
  if (character == "\t") return std::string(kTab);
  const Decoded first = decode(character, 0);
  if (first.code < 0) return std::string(kReplacement);
  if (!is_control(first.code)) return std::string(character);
  if (first.code == '\n') return {};
  return {'^', first.code == 0x7F ? '?' : static_cast<char>('@' + (first.code & 0x1F))};
}

std::string safe_for_terminal(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    const std::string_view piece = text.substr(at, next.bytes);
    const bool plain = next.code >= 0 && (!is_control(next.code) || piece == "\n" || piece == "\t");
    safe += plain ? std::string(piece) : drawn_character(piece);
    at += next.bytes;
  }
  return safe;
}

std::string well_formed(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    result += next.code < 0 ? kReplacement : text.substr(at, next.bytes);
    at += next.bytes;
  }
  return result;
}

}  // namespace sluice::cli
