#include <cctype>
#include <cmath>
#include <cstdlib>

#include "cli/args.hpp"

namespace sluice::cli {

bool parse_size(const std::string& text, uint64_t& bytes) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) == 0) return false;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  std::string unit;
  for (; *end != '\0'; ++end) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*end)));
  }
  if (unit == "b") unit.clear();
  double factor = 1;
  if (!unit.empty()) {
    const std::string letters = "kmgt";
    const size_t power = letters.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string::npos || (rest != "" && rest != "b" && rest != "ib")) return false;
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  const double value = number * factor;
  if (!(value >= 0 && value < 9.2e18)) return false;
  // Whole numbers of bytes stay exact beyond the 53 bits of a double.
  bytes = unit.empty() && text.find_first_of(".eE") == std::string::npos
              ? std::strtoull(text.c_str(), nullptr, 10)
              : static_cast<uint64_t>(std::llround(value));
  return true;
}

}  // namespace sluice::cli
