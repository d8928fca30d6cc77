// Fuzz target: a vocabulary as GGUF's metadata states it, and a text. The input is lines, so that
// a mutation stays within a value: "tokens TEXT", "token_type 3" and "merges A B" append to a
// table, other lines set a key to a number, true, false or a text; after an empty line comes the
// text. What cannot be read says why in one line; what can makes a tokenizer that keeps its
// promises.
#include <charconv>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "check_tokenizer.hpp"
#include "engine/vocabulary_source.hpp"

namespace {

// Numbers as such, the rest as text.
sluice::MetadataValue value_of(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return std::string(text);
}

// The tables, and the keys that are none.
struct Keys {
  sluice::Metadata metadata;
  sluice::StringTable tokens, merges;
  std::vector<int64_t> types;
  std::vector<float> scores;

  void read(std::string_view line) {
    const size_t blank = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, blank);
    const std::string_view rest = line.substr(std::min(blank + 1, line.size()));
    if (key == "tokens") {
      tokens.push_back(rest);
    } else if (key == "merges") {
      merges.push_back(rest);
    } else if (key == "token_type") {
      types.push_back(std::atoi(std::string(rest).c_str()));
    } else if (key == "scores") {
      scores.push_back(std::strtof(std::string(rest).c_str(), nullptr));
    } else {
      insert(key, value_of(rest));
    }
  }

  void insert(std::string_view key, sluice::MetadataValue value) {
    metadata.insert("tokenizer.ggml." + std::string(key), std::move(value));
  }

  void finish() {
    insert("tokens", std::move(tokens));
    if (!merges.empty()) insert("merges", std::move(merges));
    if (!types.empty()) insert("token_type", std::move(types));
    if (!scores.empty()) insert("scores", std::move(scores));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Keys keys;
  while (!input.empty() && input[0] != '\n') {
    const size_t end = std::min(input.find('\n'), input.size());
    keys.read(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  keys.finish();
  auto vocabulary = sluice::read_vocabulary(keys.metadata);
  if (!vocabulary) {
    sluice::fuzz::check_error(vocabulary.error());
    return 0;
  }
  // SentencePiece's unknown token is 0 unless the file names another.
  const auto unknown =
      vocabulary->unknown ? vocabulary->unknown : std::optional<sluice::TokenId>(0);
  sluice::fuzz::check_vocabulary(*std::move(vocabulary), input, unknown);
  return 0;
}
