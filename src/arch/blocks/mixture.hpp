// The streamed mixture of experts: from routes to the weighted sum of expert outputs, whatever the
// router was. Demands the routed units, computes on those that have arrived while others are in
// flight, and adds results in ascending order of expert index. That order is the same for one token
// and for a chunk of thousands, so the bits do not depend on chunking, slots or disk timing
// (docs/decisions/0003-order-of-expert-sums.md). Threads: driven by the step's caller.
#pragma once

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "sluice/error.hpp"
#include "store/store.hpp"

namespace sluice {

class Mixture {
 public:
  /// Lays out scratch for chunks of `chunk_tokens` tokens of `width`, experts of `inner`.
  void lay_out(Scratch& scratch, size_t chunk_tokens, size_t width, size_t inner, size_t experts,
               size_t top_k);

  /// Room for router logits [chunk_tokens, experts] and the choice made from them.
  Rows router_logits(size_t tokens) const { return logits_.first(tokens); }
  Routes& routes() { return routes_; }

  /// out [tokens, width] += sum over the routed experts of weight * expert(in). `in` holds the
  /// tokens that routes() was filled for. Errors: io, corrupt (unreadable unit; NaN from a unit).
  Result<void> run(const ExpertLayer& layer, Activations& in, Ops& ops, Store& store, Rows out);

 private:
  struct Group {                 // one distinct expert and the tokens routed to it
    std::span<const uint32_t> rows;
    std::span<const float> weights;
  };

  void group_by_expert(size_t experts);
  Group group(uint32_t expert) const;
  Result<Lease> compute_next(const ExpertLayer& layer, Activations& in, Ops& ops, Store& store,
                             size_t room);
  Rows partial(size_t room, size_t rows) const { return partials_.slice(room, rows); }

  Rows logits_;
  Routes routes_;
  ExpertScratch expert_scratch_;
  Rows partials_;                // [max(chunk, kPartialRows), width]
  uint32_t* group_begin_ = nullptr;  // [experts + 1] into group_rows_
  uint32_t* group_rows_ = nullptr;   // [chunk * top_k] tokens, by expert
  float* group_weights_ = nullptr;   // the same
  UnitIndex* units_ = nullptr;       // [experts] the wanted list
  uint32_t* room_of_ = nullptr;      // [experts] first partial row of an expert
  size_t unit_count_ = 0;
};

}  // namespace sluice
