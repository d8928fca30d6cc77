// Chooses the next token from logits. Threads: one at a time. Cost: one pass over the vocabulary
// and a partial sort; memory is allocated at creation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "sluice/engine.hpp"

namespace sluice {

class Sampler {
 public:
  /// `vocabulary`: ids at or above it are padding and never chosen.
  explicit Sampler(size_t vocabulary);

  void configure(const SamplingOptions& options);
  /// Order: top-k, top-p, min-p, temperature, draw (the order of llama.cpp's default chain).
  /// Equal logits: the lower id first.
  TokenId sample(std::span<const float> logits);

  static uint64_t memory_bytes(size_t vocabulary) { return vocabulary * sizeof(Candidate); }

 private:
  struct Candidate {
    float logit;
    TokenId id;
  };

  TokenId greedy(std::span<const float> logits) const;
  void cut(std::span<const float> logits);

  SamplingOptions options_;
  size_t vocabulary_;
  Random random_{0};
  std::vector<Candidate> candidates_;
};

}  // namespace sluice
