#include "engine/sampler.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

Sampler::Sampler(size_t vocabulary) : vocabulary_(vocabulary) { candidates_.reserve(vocabulary); }

void Sampler::configure(const SamplingOptions& options) {
  options_ = options;
  random_ = Random(options.seed);
}

TokenId Sampler::greedy(std::span<const float> logits) const {
  const size_t count = std::min(vocabulary_, logits.size());
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.begin() + count) -
                              logits.begin());
}

// Leaves the candidates that top-k, top-p and min-p keep, by falling logit. Probabilities are taken
// at temperature 1 over what the step before kept.
void Sampler::cut(std::span<const float> logits) {
  const size_t count = std::min(vocabulary_, logits.size());
  candidates_.clear();
  for (size_t i = 0; i < count; ++i) candidates_.push_back({logits[i], static_cast<TokenId>(i)});
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  };
  if (options_.top_k > 0 && static_cast<size_t>(options_.top_k) < count) {
    const auto end = candidates_.begin() + options_.top_k;
    std::partial_sort(candidates_.begin(), end, candidates_.end(), better);
    candidates_.erase(end, candidates_.end());
  } else {
    std::sort(candidates_.begin(), candidates_.end(), better);
  }
  const double top = candidates_.front().logit;
  if (options_.top_p < 1) {
    double sum = 0;
    for (const Candidate& c : candidates_) sum += std::exp(c.logit - top);
    double reached = 0;
    size_t keep = 0;
    while (keep < candidates_.size() && reached < options_.top_p * sum) {
      reached += std::exp(candidates_[keep++].logit - top);
    }
    candidates_.erase(candidates_.begin() + std::max<ptrdiff_t>(static_cast<ptrdiff_t>(keep), 1),
                      candidates_.end());
  }
  if (options_.min_p > 0) {
    size_t keep = 1;
    while (keep < candidates_.size() &&
           std::exp(candidates_[keep].logit - top) >= options_.min_p) {
      ++keep;
    }
    candidates_.erase(candidates_.begin() + static_cast<ptrdiff_t>(keep), candidates_.end());
  }
}

TokenId Sampler::sample(std::span<const float> logits) {
  if (options_.greedy || options_.temperature <= 0) return greedy(logits);
  cut(logits);
  const double top = candidates_.front().logit;
  double sum = 0;
  for (const Candidate& c : candidates_) sum += std::exp((c.logit - top) / options_.temperature);
  double left = random_.uniform() * sum;
  for (const Candidate& c : candidates_) {
    left -= std::exp((c.logit - top) / options_.temperature);
    if (left < 0) return c.id;
  }
  return candidates_.back().id;
}

}  // namespace sluice
