// The pieces that the pre-tokenizers' regular expressions are made of, as functions over pointers.
// A match function returns the end of the match that begins at `at`, or `at` if there is none.
// Alternatives are tried in the order of the expression and runs are greedy, so that the result is
// that of a backtracking engine, without backtracking. Internal to src/text.
#pragma once

#include "text/pretokenizer.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::patterns {

/// A code point with its classes; at the end of the text `classes` is kEnd and `bytes` 0.
struct Character {
  char32_t code;
  ClassBits classes;
  uint8_t bytes;

  bool is(ClassBits any_of) const { return (classes & any_of) != 0; }
};

inline Character read(const char* at, const char* end) {
  if (at == end) return {0, kEnd, 0};
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) return {byte, kAsciiClass[byte], 1};
  const CodePoint point = decode_beyond_ascii(at, end);
  return {point.code, class_beyond_ascii(point.code), point.bytes};
}

/// The end of the run of characters that have any of the bits.
inline const char* skip(const char* at, const char* end, ClassBits any_of) {
  for (Character c = read(at, end); c.is(any_of); c = read(at, end)) at += c.bytes;
  return at;
}
/// The end of the run of characters that have none of the bits; pass kEnd among them.
inline const char* skip_others(const char* at, const char* end, ClassBits none_of) {
  for (Character c = read(at, end); !c.is(none_of); c = read(at, end)) at += c.bytes;
  return at;
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`, the first alternative only if `newlines`. A run of blanks ends after
/// its last newline, else before its last character (which goes with the word behind it), else is
/// taken whole: at the end of the text, or a single one.
template <bool newlines>
const char* match_blanks(const char* at, const char* end) {
  const char* last = at;
  const char* newline_end = nullptr;
  const char* next = at;
  for (Character c = read(next, end); c.is(kBlank); c = read(next, end)) {
    last = next;
    next += c.bytes;
    if (c.is(kNewline)) newline_end = next;
  }
  if (newlines && newline_end != nullptr) return newline_end;
  return next == end || last == at ? next : last;
}

/// `\p{N}{1,most}`.
template <int most>
const char* match_number(const char* at, const char* end) {
  for (int i = 0; i < most; ++i) {
    const Character c = read(at, end);
    if (!c.is(kNumber)) break;
    at += c.bytes;
  }
  return at;
}

/// `'s|'t|'re|'ve|'m|'ll|'d`. Without case, U+017F (long s) is an s as well.
const char* match_contraction(const char* at, const char* end, bool ignore_case);

/// The first match of `match` anywhere in [at, end).
template <const char* (*match)(const char*, const char*)>
Match find(const char* at, const char* end) {
  while (at < end) {
    const char* const match_end = match(at, end);
    if (match_end != at) return {at, match_end};
    at += read(at, end).bytes;
  }
  return {end, end};
}

/// `\p{N}{1,most}`, the first one anywhere.
template <int most>
Match find_number(const char* at, const char* end) {
  at = skip_others(at, end, kNumber | kEnd);
  return {at, match_number<most>(at, end)};
}

Match find_deepseek_han(const char* at, const char* end);
Match find_deepseek_word(const char* at, const char* end);
Match find_deepseek_llm_newline(const char* at, const char* end);
Match find_deepseek_llm_latin(const char* at, const char* end);
Match find_deepseek_llm_punctuation(const char* at, const char* end);
Match find_deepseek_llm_last_blanks(const char* at, const char* end);
Match find_deepseek_llm_asian(const char* at, const char* end);

/// Code points from `first` to `last`.
struct CodeRange {
  uint32_t first;
  uint32_t last;
};
/// The letters of find_deepseek_llm_latin, in order.
std::span<const CodeRange> deepseek_llm_latin();

}  // namespace sluice::patterns
