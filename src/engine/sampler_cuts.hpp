// The pieces of the sampler that forget candidates, and the draw. Each keeps at least one.
// Probabilities are taken over the candidates that the pieces before have left, at temperature 1.
// Threads: functions without state. Cost: one pass over the candidates and, for top-k and top-p, a
// sort of no more than what is kept (twice that at most); typical sorts all of them.
#pragma once

#include "engine/candidates.hpp"

namespace sluice {

/// Keeps the k best (Fan, Lewis, Dauphin 2018). 0: all.
void keep_top_k(Candidates& candidates, size_t k);

/// Keeps those whose surprise is nearest to the expected surprise, the fewest whose probabilities
/// exceed p (Meister et al. 2022, "Locally typical sampling"). 1: all. Source: llama.cpp,
/// llama_sampler_typical_apply.
void keep_typical(Candidates& candidates, float p);

/// Keeps the best, the fewest whose probabilities reach p (Holtzman et al. 2019). 1: all.
void keep_top_p(Candidates& candidates, float p);

/// Keeps those with at least p times the probability of the best (Nguyen et al. 2024). 0: all.
void keep_min_p(Candidates& candidates, float p);

/// Draws one: `uniform` in [0, 1) picks it from the probabilities at `temperature` (above 0), in
/// the order of the list.
TokenId draw(Candidates& candidates, float temperature, double uniform);

}  // namespace sluice
