#include "cli/key_decoder.hpp"

#include <algorithm>
#include <utility>

#include "cli/text_width.hpp"

namespace sluice::cli {

namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kPasteBegin = "\x1b[200~";
constexpr std::string_view kPasteEnd = "\x1b[201~";
// No sequence of a key is longer; more of it is noise.
constexpr size_t kLongestSequence = 32;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

Key control_key(char c) {
  switch (c) {
    case '\r':
    case '\n': return Key::enter;
    case '\t': return Key::tab;
    case 0x01: return Key::line_start;
    case 0x02: return Key::left;
    case 0x03: return Key::interrupt;
    case 0x04: return Key::end_of_input;
    case 0x05: return Key::line_end;
    case 0x06: return Key::right;
    case 0x08:
    case 0x7F: return Key::erase_left;
    case 0x0B: return Key::kill_line_right;
    case 0x0C: return Key::clear_screen;
    case 0x0E: return Key::down;
    case 0x10: return Key::up;
    case 0x15: return Key::kill_line_left;
    case 0x17: return Key::kill_blank_word_left;
    case 0x19: return Key::yank;
    case 0x1A: return Key::suspend;
    default: return Key::unknown;
  }
}

// A key with Alt, which comes as Escape and the key.
Key alt_key(char c) {
  switch (c) {
    case '\r':
    case '\n': return Key::new_line;
    case 'b': return Key::word_left;
    case 'f': return Key::word_right;
    case 'd': return Key::kill_word_right;
    case 0x08:
    case 0x7F: return Key::kill_word_left;
    default: return Key::unknown;
  }
}

// ESC [ parameters final, or ESC O final; a parameter ";5" is Ctrl, ";3" Alt.
Key sequence_key(std::string_view parameters, char final) {
  const bool by_word = parameters.ends_with(";5") || parameters.ends_with(";3");
  switch (final) {
    case 'A': return Key::up;
    case 'B': return Key::down;
    case 'C': return by_word ? Key::word_right : Key::right;
    case 'D': return by_word ? Key::word_left : Key::left;
    case 'F': return Key::line_end;
    case 'H': return Key::line_start;
    case '~': break;
    default: return Key::unknown;
  }
  const std::string_view number = parameters.substr(0, parameters.find(';'));
  if (number == "1" || number == "7") return Key::line_start;
  if (number == "4" || number == "8") return Key::line_end;
  if (number == "3") return by_word ? Key::kill_word_right : Key::erase_right;
  return Key::unknown;
}

// Pasted text: any line end is a line feed; characters that control a terminal stay, and are drawn
// as what they are.
std::string pasted_text(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\r') {
      text += raw[i];
    } else if (i + 1 == raw.size() || raw[i + 1] != '\n') {
      text += '\n';
    }
  }
  return well_formed(text);
}

// Bytes at the end that begin a character of UTF-8.
size_t incomplete_bytes(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::optional<KeyPress> KeyDecoder::next() {
  if (pasting_) return next_paste();
  const bool whole = std::exchange(given_up_, false);
  if (bytes_.empty()) return std::nullopt;
  if (bytes_[0] == kEscape) {
    auto key = next_escape();
    if (!key && !pasting_ && whole) key = take(bytes_.size(), Key::unknown);
    return key;
  }
  if (is_control(bytes_[0])) return take(1, control_key(bytes_[0]));
  auto text = next_text();
  if (!text && whole) text = KeyPress{Key::text, well_formed(std::exchange(bytes_, {}))};
  return text;
}

KeyPress KeyDecoder::take(size_t bytes, Key key) {
  bytes_.erase(0, bytes);
  return {key, {}};
}

std::optional<KeyPress> KeyDecoder::next_text() {
  const auto end = std::find_if(bytes_.begin(), bytes_.end(), is_control);
  size_t length = static_cast<size_t>(end - bytes_.begin());
  if (end == bytes_.end()) length -= incomplete_bytes(bytes_);
  if (length == 0) return std::nullopt;
  KeyPress press{Key::text, well_formed(std::string_view(bytes_).substr(0, length))};
  bytes_.erase(0, length);
  return press;
}

std::optional<KeyPress> KeyDecoder::next_escape() {
  if (bytes_.size() < 2) return std::nullopt;
  if (bytes_.starts_with(kPasteBegin)) {
    bytes_.erase(0, kPasteBegin.size());
    pasting_ = true;
    return next_paste();
  }
  if (bytes_[1] == '[' || bytes_[1] == 'O') return next_sequence();
  // Escape twice: the second may begin a sequence.
  if (bytes_[1] == kEscape) return take(1, Key::unknown);
  const auto byte = static_cast<unsigned char>(bytes_[1]);
  if (byte >= 0x80) return take(1, Key::unknown);
  return take(2, alt_key(bytes_[1]));
}

std::optional<KeyPress> KeyDecoder::next_sequence() {
  for (size_t i = 2; i < bytes_.size(); ++i) {
    const char c = bytes_[i];
    if (c == kEscape) return take(i, Key::unknown);
    if (c < '@' || c > '~') {
      if (i < kLongestSequence) continue;
      return take(i, Key::unknown);
    }
    const std::string parameters = bytes_.substr(2, i - 2);
    return take(i + 1, sequence_key(parameters, c));
  }
  return std::nullopt;
}

std::optional<KeyPress> KeyDecoder::next_paste() {
  const size_t end = bytes_.find(kPasteEnd);
  if (end == std::string::npos) {
    // The beginning of the mark may be at the end of what has come.
    const size_t keep = std::min(bytes_.size(), kPasteEnd.size() - 1);
    pasted_ += bytes_.substr(0, bytes_.size() - keep);
    bytes_.erase(0, bytes_.size() - keep);
    return std::nullopt;
  }
  pasted_ += bytes_.substr(0, end);
  bytes_.erase(0, end + kPasteEnd.size());
  pasting_ = false;
  return KeyPress{Key::paste, pasted_text(std::exchange(pasted_, {}))};
}

}  // namespace sluice::cli
