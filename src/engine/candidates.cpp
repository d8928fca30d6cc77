#include "engine/candidates.hpp"

#include <algorithm>
#include <limits>

namespace sluice {

namespace {

bool better(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

}  // namespace

void Candidates::fill(std::span<const float> logits) {
  const size_t count = std::min(vocabulary_, logits.size());
  sorted_ = 0;
  list_.clear();
  for (size_t i = 0; i < count; ++i) list_.push_back({logits[i], static_cast<TokenId>(i), 0});
}

void Candidates::drop_impossible() {
  std::erase_if(list_, [](const Candidate& candidate) {
    return candidate.logit == -std::numeric_limits<float>::infinity();
  });
  sorted_ = 0;
}

void Candidates::sort_best(size_t count) {
  const size_t wanted = std::min(count, list_.size());
  if (wanted <= sorted_) return;
  const auto unsorted = list_.begin() + static_cast<ptrdiff_t>(sorted_);
  std::partial_sort(unsorted, list_.begin() + static_cast<ptrdiff_t>(wanted), list_.end(), better);
  sorted_ = wanted;
}

void Candidates::sort_by_score() {
  std::sort(list_.begin(), list_.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score < b.score : better(a, b);
  });
  sorted_ = 0;
}

void Candidates::keep_first(size_t count) {
  if (count >= list_.size()) return;
  list_.erase(list_.begin() + static_cast<ptrdiff_t>(count), list_.end());
  sorted_ = std::min(sorted_, count);
}

void Candidates::keep_from(float logit) {
  const size_t kept_sorted = static_cast<size_t>(
      std::count_if(list_.begin(), list_.begin() + static_cast<ptrdiff_t>(sorted_),
                    [logit](const Candidate& candidate) { return candidate.logit >= logit; }));
  std::erase_if(list_, [logit](const Candidate& candidate) { return candidate.logit < logit; });
  sorted_ = kept_sorted;
}

const Candidate& Candidates::best() const {
  if (sorted_ > 0) return list_.front();
  return *std::min_element(list_.begin(), list_.end(), better);
}

}  // namespace sluice
