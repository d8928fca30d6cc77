// The pieces of the sampler that change logits: bias and penalties for what was said before. They
// work on a fresh list, in which candidate i is token i. Threads: functions without state.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/candidates.hpp"
#include "sluice/engine.hpp"

namespace sluice {

/// Adds each bias to the logit of its token; ids outside the list are left out.
void add_bias(Candidates& candidates, std::span<const LogitBias> biases);

/// How much a token that has been said loses.
struct Penalties {
  float repeat = 1;  ///< a positive logit is divided by it, another multiplied (Keskar et al. 2019)
  float frequency = 0;  ///< subtracted once for each time it was said
  float presence = 0;   ///< subtracted once

  bool change_nothing() const { return repeat == 1 && frequency == 0 && presence == 0; }
};

/// Penalises each token of `said` once, by how often it occurs there. `said` is reordered.
/// Source: llama.cpp, llama_sampler_penalties_apply.
void penalise(Candidates& candidates, std::span<TokenId> said, const Penalties& penalties);

}  // namespace sluice
