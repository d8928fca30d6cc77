// Fuzz target: any bytes as the files of a Hugging Face folder and a text. The input is cut at the
// bytes 0xFF: tokenizer.json, tokenizer_config.json, generation_config.json, text. A file that
// cannot be read says why in one line; one that can makes a tokenizer that keeps its promises.
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "check_tokenizer.hpp"
#include "text/tokenizer_json.hpp"

namespace {

// Takes what stands before the next 0xFF.
std::string take(std::string_view& input) {
  const size_t end = std::min(input.find('\xFF'), input.size());
  std::string part(input.substr(0, end));
  input.remove_prefix(std::min(end + 1, input.size()));
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  sluice::TokenizerFiles files;
  files.tokenizer = take(input);
  files.tokenizer_config = take(input);
  files.generation_config = take(input);
  auto vocabulary = sluice::read_tokenizer_json(std::move(files));
  if (!vocabulary) {
    sluice::fuzz::check_error(vocabulary.error());
    return 0;
  }
  const auto unknown = vocabulary->unknown;
  sluice::fuzz::check_vocabulary(*std::move(vocabulary), input, unknown);
  return 0;
}
