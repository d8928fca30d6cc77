#include "formats/quote.hpp"

#include <fmt/format.h>

#include <iterator>

namespace sluice {

namespace {
constexpr size_t kShownBytes = 80;
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kShownBytes)) {
    if (c >= ' ' && c <= '~' && c != '\'' && c != '\\') {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (text.size() > kShownBytes) out += "...";
  out += "'";
  return out;
}

}  // namespace sluice
