// Guesses which units the next layer will want, so that the store can read them while the disk
// would idle. A guess changes when bytes arrive, never which bytes are used. For one token the next
// layer's router is applied to this layer's router input; ranks whose guesses have not been worth
// their bytes lately are left out, measured for each layer. For a long chunk every expert is sure
// to be wanted. Source: the router lookahead of Eliseev and Mazur 2023 (arXiv 2312.17238); the gate
// is ours (docs/experiments/2026-11-21-lookahead.md). Threads: the step's caller.
#pragma once

#include <span>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "store/store.hpp"

namespace sluice {

class Lookahead {
 public:
  /// Lays out for `layers` mixture layers of `experts`, `top_k` of them used.
  void lay_out(Scratch& scratch, size_t layers, size_t experts, size_t top_k);

  /// Tells what layer `layer` really wanted: its guess, if there was one, is judged.
  void learn(size_t layer, const Routes& routes);

  /// The units to hint for layer `layer`, whose router is `router`, from the layer before: `in` is
  /// that layer's router input. The span lives until the next call.
  std::span<const UnitIndex> guess(size_t layer, const MatrixView& router,
                                   const ExpertLayer& experts, Activations& in, Ops& ops,
                                   const Store& store);

 private:
  static constexpr size_t kNoLayer = ~size_t{0};

  std::span<const UnitIndex> everything(const ExpertLayer& experts);

  size_t experts_ = 0;
  size_t top_k_ = 0;
  Rows logits_;                 // [1, experts]
  Routes guessed_;              // one token
  bool* absent_ = nullptr;      // [top_k] the guess of this rank was not in memory
  float* precision_ = nullptr;  // [layers, top_k] how often absent guesses came true, decayed
  UnitIndex* units_ = nullptr;  // [experts]
  size_t guessed_layer_ = kNoLayer;
};

}  // namespace sluice
