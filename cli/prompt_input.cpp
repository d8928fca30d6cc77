#include "cli/prompt_input.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <istream>

#include "cli/console.hpp"
#include "cli/open_engine.hpp"

namespace sluice::cli {

namespace {
constexpr size_t kLeastBytes = 32 << 10;
constexpr size_t kBytesPerToken = 8;
// Of a text that is no prompt, if no budget was given.
constexpr size_t kLongestText = 256 << 20;

size_t context_of(const EngineOptions& options) {
  return options.context_tokens == 0 ? kDefaultContext : options.context_tokens;
}
}  // namespace

size_t longest_prompt(const EngineOptions& options) {
  return kLeastBytes + kBytesPerToken * context_of(options);
}

Error prompt_too_long(const std::string& where, const EngineOptions& options) {
  return {Code::invalid,
          fmt::format("{}: more than {} bytes, which is too long a prompt for {} tokens of context "
                      "(--ctx)",
                      where, longest_prompt(options), context_of(options))};
}

Result<std::string> read_prompt(const std::string& path, const EngineOptions& options) {
  SLUICE_LET(std::string text, read_input(path, longest_prompt(options)));
  if (text.size() > longest_prompt(options)) return prompt_too_long(input_name(path), options);
  return text;
}

Result<std::string> read_text(const std::string& path, EngineOptions& options) {
  std::error_code error;
  if (path != "-" && std::filesystem::is_regular_file(path, error)) {
    // How long it is, is known before it takes memory.
    options.text_bytes = std::filesystem::file_size(path, error);
    SLUICE_TRY(check_fits(options));
  }
  const size_t memory = options.memory_bytes;
  const size_t most = memory == 0 ? kLongestText : memory / kTextShare;
  SLUICE_LET(std::string text, read_input(path, most));
  if (text.size() > most) {
    return Error{Code::budget,
                 fmt::format("{}: more than {} bytes of text do not fit in {}; give it more with "
                             "--memory",
                             input_name(path), most,
                             memory == 0 ? "memory" : std::to_string(memory) + " bytes")};
  }
  options.text_bytes = text.size();
  return text;
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
