#include "formats/shard_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice {

namespace {

constexpr size_t kDigits = 5;

/// Takes five digits from the end of `text`.
std::optional<uint64_t> take_number(std::string_view& text) {
  if (text.size() < kDigits) return std::nullopt;
  const std::string_view digits = text.substr(text.size() - kDigits);
  uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  text.remove_suffix(kDigits);
  return number;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::optional<ShardName> parse_shard_name(std::string_view path) {
  if (!take_suffix(path, ".gguf")) return std::nullopt;
  const auto count = take_number(path);
  if (!count || !take_suffix(path, "-of-")) return std::nullopt;
  const auto number = take_number(path);
  if (!number || !take_suffix(path, "-")) return std::nullopt;
  if (*number < 1 || *number > *count) return std::nullopt;
  return ShardName{std::string(path), *number, *count};
}

std::string format_shard_name(const ShardName& name) {
  return fmt::format("{}-{:05}-of-{:05}.gguf", name.prefix, name.number, name.count);
}

}  // namespace sluice
