#include "cli/message_input.hpp"

namespace sluice::cli {

namespace {

constexpr std::string_view kQuotes = "\"\"\"";
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

}  // namespace

bool is_complete_message(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (!trimmed.starts_with(kQuotes)) return true;
  return trimmed.size() >= 2 * kQuotes.size() && trimmed.ends_with(kQuotes);
}

std::string message_text(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (!trimmed.starts_with(kQuotes)) return std::string(trimmed.empty() ? trimmed : text);
  std::string_view inside = trimmed.substr(kQuotes.size());
  if (inside.ends_with(kQuotes)) inside.remove_suffix(kQuotes.size());
  if (inside.starts_with('\n')) inside.remove_prefix(1);
  if (inside.ends_with('\n')) inside.remove_suffix(1);
  return std::string(inside);
}

}  // namespace sluice::cli
