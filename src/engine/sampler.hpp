// Chooses the next token from logits: a chain of pieces (sampler_penalties.hpp, sampler_cuts.hpp)
// in the order of llama.cpp's default chain. docs/sampling.md says what each does. Threads: one at
// a time. Cost: one pass over the vocabulary and a partial sort; memory is allocated at creation
// and at configure(), none per token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "engine/candidates.hpp"
#include "sluice/engine.hpp"

namespace sluice {

/// Whether these options make sense for a vocabulary. Errors: invalid, naming the option.
Result<void> check_sampling(const SamplingOptions& options, size_t vocabulary);

class Sampler {
 public:
  /// `vocabulary`: ids at or above it are padding and never chosen.
  explicit Sampler(size_t vocabulary) : candidates_(vocabulary) {}

  /// Begins anew with checked options. `context_tokens` is the most that sample() gets to see.
  void configure(const SamplingOptions& options, size_t context_tokens);
  /// The next token after `context`: bias, penalties, top-k, typical, top-p, min-p, temperature,
  /// draw. Greedy: bias, penalties, then the largest logit, of equal ones the lower id. Errors:
  /// invalid (the bias forbids every token).
  Result<TokenId> sample(std::span<const float> logits, std::span<const TokenId> context);

  /// At most; the tokens of the context included, which the session keeps for it.
  static uint64_t memory_bytes(size_t vocabulary, size_t context_tokens) {
    return vocabulary * sizeof(Candidate) + 2 * context_tokens * sizeof(TokenId);
  }

 private:
  void change_logits(std::span<const TokenId> context);

  SamplingOptions options_;
  Random random_{0};
  Candidates candidates_;
  size_t window_ = 0;          // how many tokens at the end of the context are penalised
  std::vector<TokenId> said_;  // these tokens, to be sorted
};

}  // namespace sluice
