// What must hold of every tokenizer that a fuzz target could create.
#pragma once

#include <string_view>

#include "text/tokenizer.hpp"

namespace sluice::fuzz {

/// Encodes and decodes `text`; a breach of what Tokenizer promises ends the process. `unknown` is
/// the id that may stand for any text.
void check_tokenizer(const Tokenizer& tokenizer, std::string_view text,
                     std::optional<TokenId> unknown);

/// An error is one line that says something.
void check_error(const Error& error);

}  // namespace sluice::fuzz
