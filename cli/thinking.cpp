#include "cli/thinking.hpp"

#include <algorithm>
#include <utility>

namespace sluice::cli {

namespace {

constexpr std::string_view kBegin = "<think>";
constexpr std::string_view kEnd = "</think>";
constexpr std::string_view kBlanks = " \t\r\n";

size_t skip_blanks(std::string_view text) {
  return std::min(text.find_first_not_of(kBlanks), text.size());
}

// The bytes at the end of `text` that may yet belong to the mark, with the blanks before them:
// those go when the mark comes.
size_t held_bytes(std::string_view text, std::string_view mark) {
  size_t held = 0;
  for (size_t bytes = std::min(mark.size() - 1, text.size()); bytes > 0 && held == 0; --bytes) {
    if (text.ends_with(mark.substr(0, bytes))) held = bytes;
  }
  while (held < text.size() &&
         kBlanks.find(text[text.size() - held - 1]) != std::string_view::npos) {
    ++held;
  }
  return held;
}

}  // namespace

Thinking::Thinking(bool begun, Sink sink)
    : sink_(std::move(sink)), part_(begun ? Part::before_thinking : Part::beginning) {}

void Thinking::push(std::string_view text) {
  pending_ += text;
  while (advance()) {
  }
}

void Thinking::finish() {
  if (part_ == Part::thinking) {
    think(true);
  } else if (!pending_.empty()) {
    sink_(false, std::exchange(pending_, {}));
  }
}

// Works on what is pending; true if another part has begun.
bool Thinking::advance() {
  switch (part_) {
    case Part::beginning:
      return begin();
    case Part::before_thinking:
      return skip_to(Part::thinking);
    case Part::thinking:
      return think(false);
    case Part::before_answer:
      return skip_to(Part::answer);
    case Part::answer:
      if (!pending_.empty()) sink_(false, std::exchange(pending_, {}));
      return false;
  }
  return false;
}

bool Thinking::skip_to(Part part) {
  pending_.erase(0, skip_blanks(pending_));
  if (pending_.empty()) return false;
  part_ = part;
  return true;
}

bool Thinking::begin() {
  const std::string_view text = std::string_view(pending_).substr(skip_blanks(pending_));
  if (text.size() < kBegin.size() && kBegin.starts_with(text)) return false;
  if (text.starts_with(kBegin)) {
    pending_ = std::string(text.substr(kBegin.size()));
    part_ = Part::before_thinking;
  } else {
    part_ = Part::answer;
  }
  return true;
}

bool Thinking::think(bool at_end) {
  const size_t end = pending_.find(kEnd);
  std::string_view shown(pending_);
  if (end != std::string::npos) {
    shown = shown.substr(0, end);
    shown = shown.substr(0, shown.find_last_not_of(kBlanks) + 1);
  } else if (!at_end) {
    shown.remove_suffix(held_bytes(pending_, kEnd));
  }
  if (!shown.empty()) sink_(true, shown);
  if (end != std::string::npos) {
    pending_.erase(0, end + kEnd.size());
    part_ = Part::before_answer;
    return true;
  }
  pending_.erase(0, shown.size());
  return false;
}

std::string opened_thinking(std::string_view prompt_end) {
  const size_t begin = prompt_end.rfind(kBegin);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = prompt_end.substr(begin + kBegin.size());
  return skip_blanks(rest) == rest.size() ? std::string(prompt_end.substr(begin)) : "";
}

}  // namespace sluice::cli
