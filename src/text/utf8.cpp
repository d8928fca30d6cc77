#include "text/utf8.hpp"

#include <algorithm>

namespace sluice {

namespace {

// What may follow a first byte. Second bytes are narrower than 80..BF after some first bytes, which
// excludes overlong forms, surrogates and code points beyond U+10FFFF (Unicode, table 3-7).
struct Form {
  uint8_t bytes;
  uint8_t second_low;
  uint8_t second_high;
};

Form form_of(unsigned char first) {
  if (first < 0xC2 || first > 0xF4) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {4, 0x80, 0xBF};
}

}  // namespace

CodePoint decode_rarer(const char* at, const char* end) {
  const auto first = static_cast<unsigned char>(*at);
  const Form form = form_of(first);
  if (form.bytes == 0) return {};
  char32_t code = first & (0x7Fu >> form.bytes);
  for (uint8_t i = 1; i < form.bytes; ++i) {
    if (at + i == end) return {kReplacement, i, false, true};
    const auto byte = static_cast<unsigned char>(at[i]);
    const uint8_t low = i == 1 ? form.second_low : 0x80;
    const uint8_t high = i == 1 ? form.second_high : 0xBF;
    if (byte < low || byte > high) return {kReplacement, i, false, false};
    code = code << 6 | (byte & 0x3Fu);
  }
  return {code, form.bytes, true, false};
}

void append_utf8(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return push(code);
  if (code < 0x800) {
    push(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      push(0xE0 | code >> 12);
    } else {
      push(0xF0 | code >> 18);
      push(0x80 | (code >> 12 & 0x3F));
    }
    push(0x80 | (code >> 6 & 0x3F));
  }
  push(0x80 | (code & 0x3F));
}

void append_well_formed(std::string& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    if (point.valid) {
      out.append(at, point.bytes);
    } else {
      append_utf8(out, kReplacement);
    }
    at += point.bytes;
  }
}

size_t incomplete_tail(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (size_t tail = 1; tail <= std::min<size_t>(3, text.size()); ++tail) {
    const auto byte = static_cast<unsigned char>(*(end - tail));
    if (byte < 0x80) return 0;
    if (byte < 0xC0) continue;
    const CodePoint point = decode_utf8(end - tail, end);
    return point.cut ? tail : 0;
  }
  return 0;
}

}  // namespace sluice
