#include "cli/prompt_input.hpp"

#include <fmt/core.h>

#include <istream>

#include "cli/console.hpp"

namespace sluice::cli {

namespace {
constexpr size_t kLeastBytes = 64 << 10;
constexpr size_t kBytesPerToken = 16;

size_t context_of(const EngineOptions& options) {
  return options.context_tokens == 0 ? kDefaultContext : options.context_tokens;
}
}  // namespace

size_t longest_prompt(const EngineOptions& options) {
  return kLeastBytes + kBytesPerToken * context_of(options);
}

Error prompt_too_long(const std::string& where, const EngineOptions& options) {
  return {Code::invalid,
          fmt::format("{}: more than {} bytes: too long for a context of {} tokens; give it more "
                      "with --ctx",
                      where, longest_prompt(options), context_of(options))};
}

Result<std::string> read_prompt(const std::string& path, const EngineOptions& options) {
  auto text = read_input(path, longest_prompt(options));
  if (text || text.error().code != Code::invalid) return text;
  return prompt_too_long(path == "-" ? "standard input" : path, options);
}

LineEnd read_line(std::istream& input, size_t most_bytes, std::string& line) {
  line.clear();
  for (char c = 0; input.get(c) && c != '\n';) {
    if (line.size() == most_bytes) return LineEnd::too_long;
    line += c;
  }
  return input || !line.empty() ? LineEnd::line : LineEnd::input_ended;
}

}  // namespace sluice::cli
