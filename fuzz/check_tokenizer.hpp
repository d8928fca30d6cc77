// What must hold of every tokenizer that a fuzz target could create.
#pragma once

#include <string_view>

#include "text/tokenizer.hpp"

namespace sluice::fuzz {

/// Makes the tokenizer, if it can be made, and encodes and decodes `text` with it; a breach of what
/// Tokenizer promises ends the process. `unknown` is the id that may stand for any text.
void check_vocabulary(Vocabulary vocabulary, std::string_view text, std::optional<TokenId> unknown);

/// An error is one line that says something.
void check_error(const Error& error);

}  // namespace sluice::fuzz
