// What the files beside tokenizer.json say about single tokens: which begins and ends a text.
// Threads: functions without state.
#pragma once

#include "sluice/error.hpp"
#include "text/tokenizer_json.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// Fills bos, eos, unknown, padding, add_bos and more_stops of a vocabulary with tokens.
/// Errors: corrupt (no JSON, a name that is no token).
Result<void> read_special_tokens(const TokenizerFiles& files, Vocabulary& vocabulary);

}  // namespace sluice
