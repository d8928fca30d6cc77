// The steps of a tokenizer.json before and after its model: normalizer, pre_tokenizer, decoder and
// post_processor. Threads: functions without state.
#pragma once

#include <optional>

#include "sluice/error.hpp"
#include "text/template_value.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

struct TokenizerSteps {
  Pipeline pipeline;           ///< all but what the model and the added tokens say
  bool byte_level = false;     ///< text is cut into pieces and written in the byte alphabet
  std::optional<TokenId> bos;  ///< what the post-processor puts in front
};

/// `tree` is a tokenizer.json. Errors: unsupported, naming the step; corrupt.
Result<TokenizerSteps> read_tokenizer_steps(const TemplateValue& tree);

}  // namespace sluice
