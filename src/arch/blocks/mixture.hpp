// The streamed mixture of experts: from routes to the weighted sum of expert outputs, whatever the
// router was. Demands the routed units, computes on those that have arrived while others are in
// flight, and adds results in ascending order of expert index. That order is the same for one token
// and for a chunk of thousands, so the bits do not depend on chunking, slots or disk timing
// (docs/decisions/0003-order-of-expert-sums.md). Threads: driven by the step's caller.
#pragma once

#include "arch/binder.hpp"
#include "arch/blocks/decoder.hpp"
#include "arch/model.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "sluice/error.hpp"
#include "store/store.hpp"

namespace sluice {

struct MixtureRules {
  size_t width = 0;
  size_t inner = 0;    ///< width of an expert
  size_t experts = 0;  ///< per layer
  RouterOptions router;
};

/// Number and width of experts, the former also into `shape`, and how they are chosen: top k and,
/// where the file says, whether their weights are divided by their sum and scaled. `normalise` is
/// what the architecture does where the file does not say. Errors: corrupt.
Result<MixtureRules> read_mixture(const Metadata& metadata, std::string_view prefix, bool normalise,
                                  ModelShape& shape);
/// Binds a layer's router [experts, width], resident, and its experts, streamed. `router` must stay
/// where it is. Errors: as the binder's.
Result<void> bind_mixture(Binder& binder, const std::string& prefix, const MixtureRules& rules,
                          MatrixView& router, ExpertLayer& experts);

class Mixture {
 public:
  /// Lays out scratch for chunks of `chunk_tokens` tokens.
  void lay_out(Scratch& scratch, size_t chunk_tokens, const MixtureRules& rules);

  /// Chooses the experts of in.x [tokens, width], at most kBlockTokens of them: the tokens of the
  /// chunk from `begin` on, those before being chosen for already.
  void route(const MatrixView& router, Activations& in, size_t begin, Ops& ops);
  /// The choice that route() made for the chunk.
  const Routes& routes() const { return routes_; }
  /// Demands the chosen ones: their reads start. `hints`: units that the next layer may want, read
  /// while nothing demanded is (Lookahead). Errors: as Store::want.
  Result<void> want(const ExpertLayer& layer, std::span<const UnitIndex> hints, Store& store);
  /// out [tokens, width] += sum over the chosen experts of weight * expert(in), with the `in` of
  /// route(), the whole chunk; they are demanded already. Errors: io, corrupt (unreadable unit; NaN
  /// from a unit).
  Result<void> run(const ExpertLayer& layer, Activations& in, const Step& step, Rows out);

 private:
  struct Group {  // one distinct expert and the tokens routed to it
    std::span<const uint32_t> rows;
    std::span<const float> weights;
  };

  void group_by_expert(size_t experts);
  bool apart() const;
  Group group(uint32_t expert) const;
  Result<void> run_apart(const ExpertLayer& layer, Activations& in, const Step& step, Rows out);
  Result<void> run_in_order(const ExpertLayer& layer, Activations& in, const Step& step, Rows out);

  RouterOptions router_;
  Rows logits_;  // [block, experts]
  Routes routes_;
  ExpertScratch expert_scratch_;
  Rows partials_;                    // [max(block, kPartialRows), width]
  uint32_t* group_begin_ = nullptr;  // [experts + 1] into group_rows_
  uint32_t* group_rows_ = nullptr;   // [chunk * top_k] tokens, by expert
  float* group_weights_ = nullptr;   // the same
  UnitIndex* units_ = nullptr;       // [experts] the wanted list
  uint32_t* room_of_ = nullptr;      // [experts] first partial row of an expert
  size_t unit_count_ = 0;
};

}  // namespace sluice
