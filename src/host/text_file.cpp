#include "host/text_file.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

namespace sluice {

std::optional<std::string> read_text(const std::string& path) {
  // Streams cannot tell a folder, or a read that fails, from an empty file.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part;
  while (const size_t got = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), got);
  }
  if (std::ferror(file.get()) != 0) return std::nullopt;
  text.erase(text.find_last_not_of(" \n\t") + 1);
  return text;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<uint64_t> read_number(const std::string& path) {
  const auto text = read_text(path);
  return text ? parse_number(*text) : std::nullopt;
}

std::optional<std::string> find_line(std::string_view text, std::string_view key) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (line.substr(0, key.size()) == key) {
      const size_t value = line.find_first_not_of(" \t:", key.size());
      return std::string(value == std::string_view::npos ? "" : line.substr(value));
    }
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace sluice
