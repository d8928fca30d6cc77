#include "text/jinja/text_tools.hpp"

#include <algorithm>
#include <cstring>

#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kNone = std::string_view::npos;

CodePoint point_at(std::string_view bytes, size_t at) {
  return decode_utf8(bytes.data() + at, bytes.data() + bytes.size());
}

// Where the code point before `end` begins. Ill-formed bytes are one character each.
size_t point_before(std::string_view bytes, size_t end) {
  for (size_t begin = end - 1;; --begin) {
    if ((bytes[begin] & 0xC0) != 0x80)
      return begin + point_at(bytes, begin).bytes == end ? begin : end - 1;
    if (begin == 0 || end - begin == 4) return end - 1;
  }
}

bool ends_line(char32_t code) {
  return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
         code == 0x2028 || code == 0x2029;
}

std::vector<MarkedText> split_at_blanks(const MarkedText& text, Integer limit) {
  std::vector<MarkedText> parts;
  const std::string_view bytes = text.bytes();
  size_t at = 0;
  const auto skip = [&](bool blank) {
    while (at < bytes.size()) {
      const CodePoint point = point_at(bytes, at);
      if (is_blank(point.code) != blank) break;
      at += point.bytes;
    }
  };
  for (skip(true); at < bytes.size(); skip(true)) {
    const size_t begin = at;
    if (limit >= 0 && Integer(parts.size()) == limit) {
      parts.push_back(text.slice(begin, bytes.size()));
      break;
    }
    skip(false);
    parts.push_back(text.slice(begin, at));
  }
  return parts;
}

std::vector<MarkedText> split_at_blanks_from_right(const MarkedText& text, Integer limit) {
  std::vector<MarkedText> parts;
  const std::string_view bytes = text.bytes();
  size_t end = bytes.size();
  const auto skip = [&](bool blank) {
    while (end > 0) {
      const size_t begin = point_before(bytes, end);
      if (is_blank(point_at(bytes, begin).code) != blank) break;
      end = begin;
    }
  };
  for (skip(true); end > 0; skip(true)) {
    const size_t part_end = end;
    if (limit >= 0 && Integer(parts.size()) == limit) {
      parts.push_back(text.slice(0, part_end));
      break;
    }
    skip(false);
    parts.push_back(text.slice(end, part_end));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

bool is_blank(char32_t code) {
  return (code >= 0x1C && code <= 0x1F) || (class_of(code) & kBlank) != 0;
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return (byte & 0x80) == 0; });
}

std::vector<size_t> point_offsets(std::string_view bytes) {
  std::vector<size_t> offsets;
  offsets.reserve(bytes.size() + 1);
  for (size_t at = 0; at < bytes.size(); at += point_at(bytes, at).bytes) offsets.push_back(at);
  offsets.push_back(bytes.size());
  return offsets;
}

size_t count_points(std::string_view bytes) {
  if (is_ascii(bytes)) return bytes.size();
  size_t count = 0;
  for (size_t at = 0; at < bytes.size(); at += point_at(bytes, at).bytes) ++count;
  return count;
}

size_t find_text(std::string_view all, std::string_view part, size_t from) {
  if (from > all.size()) return kNone;
  if (part.empty()) return from;
  const void* const found =
      memmem(all.data() + from, all.size() - from, part.data(), part.size());
  return found == nullptr ? kNone
                          : static_cast<size_t>(static_cast<const char*>(found) - all.data());
}

size_t find_last_text(std::string_view all, std::string_view part) {
  if (part.empty()) return all.size();
  // The last match of `part` is the first of its mirror image; searching that stays linear.
  const std::string mirrored(all.rbegin(), all.rend());
  const std::string wanted(part.rbegin(), part.rend());
  const size_t found = find_text(mirrored, wanted);
  return found == kNone ? kNone : all.size() - part.size() - found;
}

MarkedText stripped(const MarkedText& text, std::optional<std::string_view> set, Side side) {
  const std::string_view bytes = text.bytes();
  std::vector<char32_t> members;
  for (size_t at = 0; set && at < set->size();) {
    const CodePoint point = point_at(*set, at);
    members.push_back(point.code);
    at += point.bytes;
  }
  std::sort(members.begin(), members.end());
  const auto goes = [&](char32_t code) {
    return set ? std::binary_search(members.begin(), members.end(), code) : is_blank(code);
  };
  size_t begin = 0;
  size_t end = bytes.size();
  while (side != Side::right && begin < end && goes(point_at(bytes, begin).code))
    begin += point_at(bytes, begin).bytes;
  while (side != Side::left && begin < end) {
    const size_t last = point_before(bytes, end);
    if (!goes(point_at(bytes, last).code)) break;
    end = last;
  }
  return text.slice(begin, end);
}

std::vector<MarkedText> split(const MarkedText& text, std::optional<std::string_view> separator,
                              Integer limit, bool from_right) {
  if (!separator)
    return from_right ? split_at_blanks_from_right(text, limit) : split_at_blanks(text, limit);
  std::vector<size_t> cuts;
  const std::string_view bytes = text.bytes();
  for (size_t at = 0; limit < 0 || from_right || Integer(cuts.size()) < limit;) {
    at = find_text(bytes, *separator, at);
    if (at == kNone) break;
    cuts.push_back(at);
    at += separator->size();
  }
  if (from_right) {
    // From the right, overlapping matches are taken from the other end.
    cuts.clear();
    const std::string mirrored(bytes.rbegin(), bytes.rend());
    const std::string wanted(separator->rbegin(), separator->rend());
    for (size_t at = 0; limit < 0 || Integer(cuts.size()) < limit; at += wanted.size()) {
      at = find_text(mirrored, wanted, at);
      if (at == kNone) break;
      cuts.push_back(bytes.size() - at - wanted.size());
    }
    std::reverse(cuts.begin(), cuts.end());
  }
  std::vector<MarkedText> parts;
  size_t begin = 0;
  for (const size_t cut : cuts) {
    parts.push_back(text.slice(begin, cut));
    begin = cut + separator->size();
  }
  parts.push_back(text.slice(begin, bytes.size()));
  return parts;
}

std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends) {
  std::vector<MarkedText> lines;
  const std::string_view bytes = text.bytes();
  size_t begin = 0;
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = point_at(bytes, at);
    size_t next = at + point.bytes;
    if (ends_line(point.code)) {
      if (point.code == '\r' && next < bytes.size() && bytes[next] == '\n') ++next;
      lines.push_back(text.slice(begin, keep_ends ? next : at));
      begin = next;
    }
    at = next;
  }
  if (begin < bytes.size()) lines.push_back(text.slice(begin, bytes.size()));
  return lines;
}

Result<MarkedText> replaced(Runtime& runtime, const MarkedText& text, const MarkedText& old_part,
                            const MarkedText& new_part, Integer limit) {
  MarkedText out;
  const std::string_view bytes = text.bytes();
  size_t copied = 0;
  size_t at = 0;
  for (Integer count = 0; limit < 0 || count < limit; ++count) {
    at = find_text(bytes, old_part.bytes(), at);
    if (at == kNone) break;
    out.append(text, copied, at);
    out.append(new_part);
    if (!runtime.spend_bytes(new_part.size() + at - copied + 1)) return runtime.exhausted();
    copied = at + old_part.size();
    at = copied;
    if (!old_part.empty()) continue;
    // An empty part stands between all characters, and at both ends.
    if (at == bytes.size()) break;
    at += point_at(bytes, at).bytes;
  }
  out.append(text, copied, bytes.size());
  out.set_safe(text.safe());
  return out;
}

Result<MarkedText> repeated(Runtime& runtime, const MarkedText& text, Integer count) {
  MarkedText out;
  out.set_safe(text.safe());
  if (text.empty()) return out;
  for (Integer i = 0; i < count; ++i) {
    if (!runtime.spend_bytes(text.size())) return runtime.exhausted();
    out.append(text);
  }
  return out;
}

Result<MarkedText> padded(Runtime& runtime, const MarkedText& text, size_t width, Side text_side,
                          std::string_view fill) {
  const size_t points = count_points(text.bytes());
  const size_t missing = width > points ? width - points : 0;
  if (!runtime.spend_bytes(missing * fill.size())) return runtime.exhausted();
  // Python puts the odd blank of a centred text on the left if the width is odd, too.
  const size_t before = text_side == Side::left    ? 0
                        : text_side == Side::right ? missing
                                                   : missing / 2 + (missing & width & 1);
  MarkedText out;
  for (size_t i = 0; i < before; ++i) out.append(fill, false);
  out.append(text);
  for (size_t i = before; i < missing; ++i) out.append(fill, false);
  out.set_safe(text.safe());
  return out;
}

MarkedText html_escaped(const MarkedText& text) {
  if (text.safe()) return text;
  MarkedText out;
  const std::string_view bytes = text.bytes();
  size_t copied = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string_view escape;
    switch (bytes[at]) {
      case '&': escape = "&amp;"; break;
      case '<': escape = "&lt;"; break;
      case '>': escape = "&gt;"; break;
      case '\'': escape = "&#39;"; break;
      case '"': escape = "&#34;"; break;
      default: continue;
    }
    out.append(text, copied, at);
    out.append(escape, text.is_data(at));
    copied = at + 1;
  }
  out.append(text, copied, bytes.size());
  out.set_safe(true);
  return out;
}

}  // namespace sluice::jinja
