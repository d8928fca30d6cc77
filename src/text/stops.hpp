// The tokens that end a model's turn. Files state some of them by id; others are known by their
// text. Threads: functions without state.
#pragma once

#include <vector>

#include "text/token_index.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// The stop ids, sorted. `texts` finds tokens by their text as the file has it; the ids that
/// `vocabulary` names have been checked.
std::vector<TokenId> find_stops(const Vocabulary& vocabulary, const TokenIndex& texts);

}  // namespace sluice
