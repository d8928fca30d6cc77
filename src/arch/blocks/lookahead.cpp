#include "arch/blocks/lookahead.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

namespace {
// All of these were chosen in docs/experiments/2026-11-21-lookahead.md.
// Read in vain, as a share of what is demanded: below the 3 % that lookahead may add, because a
// wrong guess can also push out a unit that is wanted later.
constexpr float kVainShare = 0.025f;
// What the account holds at most, in units: the most that can be read in vain in a row.
constexpr float kCreditMost = 24;
// A guess is read if it comes true this often, when the account is empty and when it is full.
constexpr float kSureWhenEmpty = 0.98f;
constexpr float kSureWhenFull = 0.8f;
// What a layer has not seen itself, it believes all layers; they count as so many observations.
constexpr float kBelief = 8;
// Observations that a record holds before it forgets half.
constexpr float kSeenMost = 256;
// Margins are told apart in half octaves from here on.
constexpr float kLeastMargin = 1.0f / 32;
// A chunk whose routes outnumber the experts this many times wants them all.
constexpr size_t kSureOfAll = 4;
}  // namespace

void Lookahead::lay_out(Scratch& scratch, size_t layers, size_t experts, size_t top_k) {
  experts_ = experts;
  top_k_ = top_k;
  layers_ = layers;
  const size_t guesses = std::min(top_k + 1, experts);
  logits_ = scratch.rows(1, experts);
  guessed_.experts = scratch.take<uint32_t>(guesses);
  guessed_.weights = scratch.take<float>(guesses);
  absent_ = scratch.take<bool>(top_k);
  records_ = scratch.take<Record>((layers + 1) * kMargins);
  units_ = scratch.take<UnitIndex>(experts);
  guessed_layer_ = kNoLayer;
  if (records_ != nullptr) std::fill_n(records_, (layers + 1) * kMargins, Record());
}

// The class of log(probability of this rank / probability of the first left out).
size_t Lookahead::margin_of(size_t rank) const {
  if (guessed_.top_k == top_k_) return kMargins - 1;  // none is left out
  const float out = guessed_.weights[top_k_];
  const float margin = out > 0 ? std::log(guessed_.weights[rank] / out) : 1e9f;
  if (!(margin > kLeastMargin)) return 0;
  const float half_octaves = 2 * std::log2(margin / kLeastMargin);
  return static_cast<size_t>(std::clamp(half_octaves, 0.0f, float{kMargins - 1}));
}

float Lookahead::precision(size_t layer, size_t margin) const {
  const Record& all = records_[layers_ * kMargins + margin];
  const Record& own = records_[layer * kMargins + margin];
  const float common = (all.right + 1) / (all.seen + 2);
  return (own.right + kBelief * common) / (own.seen + kBelief);
}

void Lookahead::learn(size_t layer, const Routes& routes) {
  if (routes.tokens != 1) opened_ = false;  // what chunks demand earns nothing
  if (layer != guessed_layer_ || routes.tokens != 1) return;
  guessed_layer_ = kNoLayer;
  const uint32_t* begin = routes.experts;
  const uint32_t* end = begin + routes.top_k;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    if (!absent_[rank]) continue;
    const bool right = std::find(begin, end, guessed_.experts[rank]) != end;
    const size_t margin = margin_of(rank);
    for (const size_t row : {layer, layers_}) {
      Record& record = records_[row * kMargins + margin];
      if (record.seen >= kSeenMost) record = {record.seen / 2, record.right / 2};
      record.seen += 1;
      record.right += right ? 1.0f : 0.0f;
    }
  }
}

// Brings the account up to date. A unit that was read on a guess is paid for at once and paid back
// when it is demanded.
void Lookahead::settle(const Store& store) {
  const StoreStats& stats = store.stats();
  const uint64_t demanded = stats.misses + stats.hint_used;
  const uint64_t unused = stats.hint_reads - stats.hint_used;
  if (opened_) {
    const auto paid = static_cast<float>(static_cast<int64_t>(unused - unused_));
    credit_ += kVainShare * static_cast<float>(demanded - demanded_) - paid;
    credit_ = std::min(credit_, kCreditMost);
  }
  demanded_ = demanded;
  unused_ = unused;
  opened_ = true;
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
  settle(store);
  const Product product[] = {{router, logits_}};
  ops.matmul(in, product);
  ops.route(logits_, {std::min(top_k_ + 1, experts_), false, 1}, guessed_);
  guessed_layer_ = layer;
  const float full = std::clamp(credit_ / kCreditMost, 0.0f, 1.0f);
  const float sure = kSureWhenEmpty + full * (kSureWhenFull - kSureWhenEmpty);
  size_t count = 0;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    const UnitIndex unit = experts.unit(guessed_.experts[rank]);
    absent_[rank] = !store.resident(unit);
    if (!absent_[rank] || static_cast<float>(count + 1) > credit_) continue;
    if (precision(layer, margin_of(rank)) >= sure) units_[count++] = unit;
  }
  return {units_, count};
}

}  // namespace sluice
