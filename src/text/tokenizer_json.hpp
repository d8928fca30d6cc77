// The vocabulary of a Hugging Face folder: tokenizer.json with the files beside it that name
// special tokens, as the plain data that the tokenizer takes. What tokenizer.json asks for and
// nobody here does is an error; nothing is guessed. Threads: functions without state.
// Cost: see text/tokenizer_document.hpp.
#pragma once

#include <string>

#include "sluice/error.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// The contents of the files; empty where there is none.
struct TokenizerFiles {
  std::string tokenizer;           ///< tokenizer.json, the only one that must be there
  std::string tokenizer_config;    ///< tokenizer_config.json: bos_token and the like
  std::string special_tokens_map;  ///< special_tokens_map.json: the same, older
  std::string generation_config;   ///< generation_config.json: eos_token_id
  std::string config;              ///< config.json: the same, if generation_config.json has none
};

/// Models "gpt2" (BPE over bytes), "bpe" (over characters) and "unigram". Errors: corrupt (no JSON,
/// tables or ids that contradict each other), unsupported (a step, option or expression that is not
/// known, naming it).
Result<Vocabulary> read_tokenizer_json(TokenizerFiles files);

}  // namespace sluice
