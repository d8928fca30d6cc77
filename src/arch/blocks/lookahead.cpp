#include "arch/blocks/lookahead.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "arch/blocks/decoder.hpp"

namespace sluice {

namespace {
// All of these were chosen in docs/experiments/2026-11-21-lookahead.md.
// Read in vain, as a share of what is demanded: below the 3 % that lookahead may add, because a
// wrong guess can also push out a unit that is wanted later.
constexpr float kVainShare = 0.02f;
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
// An expert is read for the next layer of a chunk if so many with its votes were wanted.
constexpr float kSureInChunk = 0.97f;

// Votes are told apart by their logarithm.
size_t class_of(uint32_t votes) {
  return std::min<size_t>(std::bit_width(votes), 15);
}
}  // namespace

void Lookahead::lay_out(Scratch& scratch, size_t chunk_tokens, size_t layers, size_t experts,
                        size_t top_k) {
  experts_ = experts;
  top_k_ = top_k;
  layers_ = layers;
  const size_t block = std::min(chunk_tokens, kBlockTokens);
  const size_t records = (layers + 1) * kMargins;
  logits_ = scratch.rows(block, experts);
  block_routes_.experts = scratch.take<uint32_t>(block * top_k);
  block_routes_.weights = scratch.take<float>(block * top_k);
  chunk_records_.resize(records);
  for (Guess& guess : guesses_) {
    guess.layer = kNoLayer;
    guess.routes.experts = scratch.take<uint32_t>(std::min(top_k + 1, experts));
    guess.routes.weights = scratch.take<float>(std::min(top_k + 1, experts));
    guess.absent = scratch.take<bool>(top_k);
    guess.records.resize(records);
  }
  votes_ = scratch.take<uint32_t>(experts);
  wanted_ = scratch.take<bool>(experts);
  units_ = scratch.take<UnitIndex>(experts);
  guessed_chunk_layer_ = kNoLayer;
}

// The class of log(probability of this rank / probability of the first left out).
size_t Lookahead::margin_of(const Guess& guess, size_t rank) const {
  if (guess.routes.top_k == top_k_) return kMargins - 1;  // none is left out
  const float out = guess.routes.weights[top_k_];
  const float margin = out > 0 ? std::log(guess.routes.weights[rank] / out) : 1e9f;
  if (!(margin > kLeastMargin)) return 0;
  const float half_octaves = 2 * std::log2(margin / kLeastMargin);
  return static_cast<size_t>(std::clamp(half_octaves, 0.0f, float{kMargins - 1}));
}

float Lookahead::precision(const std::vector<Record>& records, size_t layer, size_t margin) const {
  const Record& all = records[layers_ * kMargins + margin];
  const Record& own = records[layer * kMargins + margin];
  const float common = (all.right + 1) / (all.seen + 2);
  return (own.right + kBelief * common) / (own.seen + kBelief);
}

void Lookahead::observe(std::vector<Record>& records, size_t layer, size_t margin, bool right) {
  for (const size_t row : {layer, layers_}) {
    Record& record = records[row * kMargins + margin];
    if (record.seen >= kSeenMost) record = {record.seen / 2, record.right / 2};
    record.seen += 1;
    record.right += right ? 1.0f : 0.0f;
  }
}

void Lookahead::learn(size_t layer, const Routes& routes) {
  if (routes.tokens != 1) opened_ = false;  // what chunks demand earns nothing
  if (layer == guessed_chunk_layer_ && routes.tokens != 1) learn_chunk(layer, routes);
  guessed_chunk_layer_ = kNoLayer;
  for (Guess& guess : guesses_) {
    if (layer == guess.layer && routes.tokens == 1) learn_token(guess, routes);
    guess.layer = kNoLayer;
  }
}

void Lookahead::learn_token(Guess& guess, const Routes& routes) {
  const uint32_t* begin = routes.experts;
  const uint32_t* end = begin + routes.top_k;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    if (!guess.absent[rank]) continue;
    const bool right = std::find(begin, end, guess.routes.experts[rank]) != end;
    observe(guess.records, guess.layer, margin_of(guess, rank), right);
  }
}

void Lookahead::learn_chunk(size_t layer, const Routes& routes) {
  std::fill_n(wanted_, experts_, false);
  for (size_t i = 0; i < routes.tokens * routes.top_k; ++i) wanted_[routes.experts[i]] = true;
  for (size_t e = 0; e < experts_; ++e) {
    if (votes_[e] > 0) observe(chunk_records_, layer, class_of(votes_[e]), wanted_[e]);
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

std::span<const UnitIndex> Lookahead::guess(const Next& next) {
  // Nothing is left to read where every unit has its slot.
  if (next.store.slots() >= layers_ * experts_ && next.store.empty_slots() == 0) return {};
  return next.in.x.count == 1 ? guess_token(next) : guess_chunk(next);
}

std::span<const UnitIndex> Lookahead::guess_token(const Next& next) {
  settle(next.store);
  Guess& guess = guesses_[static_cast<size_t>(next.moment)];
  guess.layer = next.layer;
  const Rows logits = logits_.first(1);
  const Product product[] = {{next.router, logits}};
  next.ops.matmul(next.in, product);
  next.ops.route(logits, {std::min(top_k_ + 1, experts_), false, 1}, guess.routes);
  const float full = std::clamp(credit_ / kCreditMost, 0.0f, 1.0f);
  const float sure = kSureWhenEmpty + full * (kSureWhenFull - kSureWhenEmpty);
  size_t count = 0;
  for (size_t rank = 0; rank < top_k_; ++rank) {
    const UnitIndex unit = next.experts.unit(guess.routes.experts[rank]);
    guess.absent[rank] = !next.store.resident(unit);
    if (!guess.absent[rank] || static_cast<float>(count + 1) > credit_) continue;
    const float likely = precision(guess.records, next.layer, margin_of(guess, rank));
    if (likely >= sure) units_[count++] = unit;
  }
  return {units_, count};
}

// In ascending order, which is that of the file and of the layer's own demand.
std::span<const UnitIndex> Lookahead::guess_chunk(const Next& next) {
  guessed_chunk_layer_ = next.layer;
  std::fill_n(votes_, experts_, 0u);
  for (size_t begin = 0; begin < next.in.x.count; begin += kBlockTokens) {
    const size_t tokens = std::min(kBlockTokens, next.in.x.count - begin);
    Activations block = next.in.slice(begin, tokens);
    block.quantised = next.in.quantised;
    const Rows logits = logits_.first(tokens);
    const Product product[] = {{next.router, logits}};
    next.ops.matmul(block, product);
    next.ops.route(logits, {top_k_, false, 1}, block_routes_);
    for (size_t i = 0; i < tokens * top_k_; ++i) ++votes_[block_routes_.experts[i]];
  }
  size_t count = 0;
  for (uint32_t expert = 0; expert < experts_; ++expert) {
    if (votes_[expert] == 0) continue;
    const float sure = precision(chunk_records_, next.layer, class_of(votes_[expert]));
    if (sure >= kSureInChunk) units_[count++] = next.experts.unit(expert);
  }
  return {units_, count};
}

}  // namespace sluice
