#include "engine/sampler_cuts.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

namespace {

// The first block that top-p sorts; most distributions reach p within it.
constexpr size_t kFirstBlock = 128;

// The sum of e^(logit - top) over all candidates.
double weight_sum(const Candidates& candidates, double top) {
  double sum = 0;
  for (const Candidate& candidate : candidates.list()) sum += std::exp(candidate.logit - top);
  return sum;
}

}  // namespace

void keep_top_k(Candidates& candidates, size_t k) {
  if (k == 0 || k >= candidates.size()) return;
  candidates.sort_best(k);
  candidates.keep_first(k);
}

void keep_typical(Candidates& candidates, float p) {
  if (p >= 1) return;
  const double top = candidates.best().logit;
  const double sum = weight_sum(candidates, top);
  const double log_sum = std::log(sum);
  // Surprise is -log(probability) = top + log_sum - logit; entropy is its expectation.
  double entropy = 0;
  for (const Candidate& candidate : candidates.list()) {
    const double surprise = top + log_sum - candidate.logit;
    entropy += std::exp(-surprise) * surprise;
  }
  for (Candidate& candidate : candidates.list()) {
    const double surprise = top + log_sum - candidate.logit;
    candidate.score = static_cast<float>(std::abs(surprise - entropy));
  }
  candidates.sort_by_score();
  double reached = 0;
  size_t keep = 0;
  while (keep < candidates.size() && reached <= p * sum) {
    reached += std::exp(candidates.list()[keep++].logit - top);
  }
  candidates.keep_first(std::max<size_t>(keep, 1));
}

void keep_top_p(Candidates& candidates, float p) {
  if (p >= 1) return;
  const double top = candidates.best().logit;
  const double wanted = p * weight_sum(candidates, top);
  double reached = 0;
  size_t keep = 0;
  for (size_t sorted = kFirstBlock; keep < candidates.size(); sorted *= 2) {
    candidates.sort_best(sorted);
    const size_t end = std::min(sorted, candidates.size());
    while (keep < end && reached < wanted) {
      reached += std::exp(candidates.list()[keep++].logit - top);
    }
    if (reached >= wanted) break;
  }
  candidates.keep_first(std::max<size_t>(keep, 1));
}

void keep_min_p(Candidates& candidates, float p) {
  if (p <= 0) return;
  const float top = candidates.best().logit;
  candidates.keep_from(std::min(top, top + std::log(p)));
}

TokenId draw(Candidates& candidates, float temperature, double uniform) {
  const double top = candidates.best().logit;
  double sum = 0;
  for (Candidate& candidate : candidates.list()) {
    candidate.score = static_cast<float>(std::exp((candidate.logit - top) / temperature));
    sum += candidate.score;
  }
  double left = uniform * sum;
  for (const Candidate& candidate : candidates.list()) {
    left -= candidate.score;
    if (left < 0) return candidate.id;
  }
  // Rounding may leave a rest; the best has weight 1 and is always possible.
  return candidates.best().id;
}

}  // namespace sluice
