// Byte-pair merging: the adjacent pair with the lowest rank merges, the leftmost of equals, until
// no pair has a rank. Source: Sennrich et al. 2016, "Neural machine translation of rare words with
// subword units", section 3.2, with the tie-break that all runtimes share.
// Threads: functions without state. Cost: n log n in the length of the piece, for any piece.
#pragma once

#include <vector>

#include "text/merge_table.hpp"

namespace sluice {

/// Merges the symbols in place. A negative id is a symbol that never merges.
void merge_symbols(const MergeTable& merges, std::vector<TokenId>& symbols);

}  // namespace sluice
