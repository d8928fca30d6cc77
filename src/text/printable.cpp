#include "text/printable.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace sluice {

std::string printable(std::string_view text) {
  constexpr size_t kBytesMost = 200;
  std::string line;
  append_well_formed(line, text.substr(0, kBytesMost));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
  if (text.size() > kBytesMost) line += "...";
  return line;
}

}  // namespace sluice
