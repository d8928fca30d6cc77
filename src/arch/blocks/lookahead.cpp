#include "arch/blocks/lookahead.hpp"

#include <algorithm>

namespace sluice {

namespace {
// A rank is hinted while this share of its absent guesses comes true. What the wrong ones cost is
// in docs/experiments/2026-11-21-lookahead.md.
constexpr float kWorthReading = 0.9f;
// Weight of the newest observation: about 32 tokens of memory.
constexpr float kNewest = 1.0f / 32;
// A chunk whose routes outnumber the experts this many times wants them all.
constexpr size_t kSureOfAll = 4;
}  // namespace

void Lookahead::lay_out(Scratch& scratch, size_t layers, size_t experts, size_t top_k) {
  experts_ = experts;
  top_k_ = top_k;
  logits_ = scratch.rows(1, experts);
  guessed_.experts = scratch.take<uint32_t>(top_k);
  guessed_.weights = scratch.take<float>(top_k);
  absent_ = scratch.take<bool>(top_k);
  precision_ = scratch.take<float>(layers * top_k);
  units_ = scratch.take<UnitIndex>(experts);
  guessed_layer_ = kNoLayer;
  if (precision_ != nullptr) std::fill_n(precision_, layers * top_k, 1.0f);
}

void Lookahead::learn(size_t layer, const Routes& routes) {
  if (layer != guessed_layer_ || routes.tokens != 1) return;
  guessed_layer_ = kNoLayer;
  const uint32_t* begin = routes.experts;
  const uint32_t* end = begin + routes.top_k;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    if (!absent_[rank]) continue;
    const bool right = std::find(begin, end, guessed_.experts[rank]) != end;
    float& precision = precision_[layer * top_k_ + rank];
    precision += kNewest * ((right ? 1.0f : 0.0f) - precision);
  }
}

std::span<const UnitIndex> Lookahead::everything(const ExpertLayer& experts) {
  for (uint32_t e = 0; e < experts.count; ++e) units_[e] = experts.unit(e);
  return {units_, experts.count};
}

std::span<const UnitIndex> Lookahead::guess(size_t layer, const MatrixView& router,
                                            const ExpertLayer& experts, Activations& in, Ops& ops,
                                            const Store& store) {
  guessed_layer_ = kNoLayer;
  if (in.x.count * top_k_ >= kSureOfAll * experts_) return everything(experts);
  if (in.x.count != 1) return {};
  const Product product[] = {{router, logits_}};
  ops.matmul(in, product);
  ops.route(logits_, {top_k_, false, 1}, guessed_);
  guessed_layer_ = layer;
  size_t count = 0;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    const UnitIndex unit = experts.unit(guessed_.experts[rank]);
    absent_[rank] = !store.resident(unit);
    if (absent_[rank] && precision_[layer * top_k_ + rank] >= kWorthReading) units_[count++] = unit;
  }
  return {units_, count};
}

}  // namespace sluice
