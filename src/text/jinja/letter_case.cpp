#include "text/jinja/letter_case.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

// Letters whose upper case is several letters, as the sharp s; utf8proc maps one to one.
struct SpecialCase {
  char32_t code;
  const char* upper;
  const char* title;
};

#include "text/jinja/special_case.inc"

enum class Case { upper, lower, title };

const SpecialCase* special_case(char32_t code) {
  const auto at = std::lower_bound(
      std::begin(kSpecialCases), std::end(kSpecialCases), code,
      [](const SpecialCase& entry, char32_t wanted) { return entry.code < wanted; });
  return at != std::end(kSpecialCases) && at->code == code ? at : nullptr;
}

constexpr char32_t kSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kDottedI = 0x130;

bool is_cased(char32_t code) { return (class_of(code) & (kUpper | kLower | kTitle)) != 0; }

// Whether the sigma at [at, next) ends a word: a letter before it and none behind it.
bool is_final_sigma(std::string_view bytes, size_t at, size_t next) {
  const auto skipped = [](char32_t code) { return (class_of(code) & (kMark | kModifier)) != 0; };
  bool before = false;
  while (at > 0) {
    size_t begin = at - 1;
    while (begin > 0 && (bytes[begin] & 0xC0) == 0x80) --begin;
    const char32_t code = decode_utf8(bytes.data() + begin, bytes.data() + at).code;
    at = begin;
    before = is_cased(code);
    if (!skipped(code)) break;
  }
  while (before && next < bytes.size()) {
    const CodePoint point = decode_utf8(bytes.data() + next, bytes.data() + bytes.size());
    next += point.bytes;
    if (!skipped(point.code)) return !is_cased(point.code);
  }
  return before;
}

std::string mapped(char32_t code, Case to) {
  const auto plain = static_cast<utf8proc_int32_t>(code);
  std::string out;
  if (to == Case::lower) {
    if (code == kDottedI) return "i\xCC\x87";
    append_utf8(out, static_cast<char32_t>(utf8proc_tolower(plain)));
    return out;
  }
  if (const SpecialCase* const special = special_case(code))
    return to == Case::upper ? special->upper : special->title;
  const auto one = to == Case::upper ? utf8proc_toupper(plain) : utf8proc_totitle(plain);
  append_utf8(out, static_cast<char32_t>(one));
  return out;
}

// Maps every character as `choose(code, first)` says.
template <typename Choose>
MarkedText map_case(const MarkedText& text, Choose choose) {
  MarkedText out;
  const std::string_view bytes = text.bytes();
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
    const size_t next = at + point.bytes;
    const Case to = choose(point.code, at == 0);
    if (!point.valid) {
      out.append(text, at, next);
    } else if (to == Case::lower && point.code == kSigma && is_final_sigma(bytes, at, next)) {
      std::string sigma;
      append_utf8(sigma, kFinalSigma);
      out.append(sigma, text.is_data(at));
    } else {
      out.append(mapped(point.code, to), text.is_data(at));
    }
    at = next;
  }
  out.set_safe(text.safe());
  return out;
}

}  // namespace

bool is_upper_case(char32_t code) { return (class_of(code) & kUpper) != 0; }
bool is_lower_case(char32_t code) { return (class_of(code) & kLower) != 0; }

MarkedText to_upper(const MarkedText& text) {
  return map_case(text, [](char32_t, bool) { return Case::upper; });
}

MarkedText to_lower(const MarkedText& text) {
  return map_case(text, [](char32_t, bool) { return Case::lower; });
}

MarkedText to_title(const MarkedText& text) {
  bool inside = false;
  return map_case(text, [&inside](char32_t code, bool) {
    return std::exchange(inside, is_cased(code)) ? Case::lower : Case::title;
  });
}

MarkedText capitalized(const MarkedText& text) {
  return map_case(text, [](char32_t, bool first) { return first ? Case::title : Case::lower; });
}

MarkedText with_swapped_case(const MarkedText& text) {
  return map_case(text, [](char32_t code, bool) {
    return is_upper_case(code) ? Case::lower : Case::upper;
  });
}

}  // namespace sluice::jinja
