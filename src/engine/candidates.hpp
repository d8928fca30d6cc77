// The tokens that may come next, while the pieces of the sampler narrow them down. One list, filled
// once per token from the logits; every piece works in place. Threads: one at a time. Cost: memory
// for the whole vocabulary is reserved at creation, nothing is allocated after.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sluice/text.hpp"

namespace sluice {

struct Candidate {
  float logit;
  TokenId id;
  float score;  ///< scratch of the piece at work
};

class Candidates {
 public:
  /// `vocabulary`: ids at or above it are padding and never candidates.
  explicit Candidates(size_t vocabulary) : vocabulary_(vocabulary) { list_.reserve(vocabulary); }

  /// Every token of the vocabulary; the candidate of token i is list()[i].
  void fill(std::span<const float> logits);
  /// Forgets those that cannot be chosen: a logit of minus infinity.
  void drop_impossible();
  /// Brings the `count` best to the front, best first; of equal logits the lower id is better.
  void sort_best(size_t count);
  /// Orders all by rising score; of equal scores the better candidate first.
  void sort_by_score();
  /// Forgets all but the first `count`.
  void keep_first(size_t count);
  /// Forgets those below a logit; the others keep their order.
  void keep_from(float logit);
  /// The best; there must be one.
  const Candidate& best() const;

  std::span<Candidate> list() { return list_; }
  std::span<const Candidate> list() const { return list_; }
  size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }

 private:
  size_t vocabulary_;
  size_t sorted_ = 0;  // how many in front are known to be the best, best first
  std::vector<Candidate> list_;
};

}  // namespace sluice
