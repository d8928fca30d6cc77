// The pipeline of a vocabulary that does not spell it out: what GGUF's tokenizer.ggml.model, pre
// and token types stand for. Threads: functions without state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"

namespace sluice {

/// The types of the tokens where the file has none: what can be told from their texts.
std::vector<TokenType> guess_types(const Vocabulary& vocabulary);

/// `vocabulary` has types, and its ids are within the table.
Pipeline implied_pipeline(const Vocabulary& vocabulary);

/// The number of a token such as "<0x41>".
std::optional<uint8_t> parse_byte_token(std::string_view text);

}  // namespace sluice
