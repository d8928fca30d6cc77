// Guesses which units the next layer will want, so that the store can read them while the disk
// would idle. A guess changes when bytes arrive, never which bytes are used. For one token the next
// layer's router is applied to this layer's router input. How sure a guess is tells its margin: by
// how many times its probability exceeds that of the first expert that is not guessed; what margins
// were worth lately is measured for each layer. In a chunk the tokens vote, and the number of votes
// says how sure it is that any of them wants an expert.
//
// Bytes: a guess that is read and not used is bought from an account that earns a fiftieth of what
// decoding demands, so the account bounds them, whatever the guesses are worth; the emptier it is,
// the surer a guess must be. Source: the router lookahead of Eliseev and Mazur 2023 (arXiv
// 2312.17238); margins and account are ours (docs/experiments/2026-11-21-lookahead.md). Threads:
// the step's caller.
#pragma once

#include <cstdint>
#include <span>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "store/store.hpp"

namespace sluice {

class Lookahead {
 public:
  /// Lays out for chunks of `chunk_tokens` and `layers` mixture layers of `experts`, `top_k` of
  /// them used.
  void lay_out(Scratch& scratch, size_t chunk_tokens, size_t layers, size_t experts, size_t top_k);

  /// Tells what layer `layer` really wanted: its guess, if there was one, is judged.
  void learn(size_t layer, const Routes& routes);

  /// The units to hint for layer `layer`, whose router is `router`, from the layer before: `in` is
  /// that layer's router input. The span lives until the next call.
  std::span<const UnitIndex> guess(size_t layer, const MatrixView& router,
                                   const ExpertLayer& experts, Activations& in, Ops& ops,
                                   const Store& store);

 private:
  static constexpr size_t kNoLayer = ~size_t{0};
  static constexpr size_t kMargins = 16;

  /// What guesses of one layer and margin came to; old ones fade.
  struct Record {
    float seen = 0;
    float right = 0;
  };

  // What the guess of a layer is made from.
  struct Next {
    size_t layer;
    const MatrixView& router;
    const ExpertLayer& experts;
    Activations& in;
    Ops& ops;
    const Store& store;
  };

  std::span<const UnitIndex> guess_token(const Next& next);
  std::span<const UnitIndex> guess_chunk(const Next& next);
  void learn_chunk(size_t layer, const Routes& routes);
  size_t margin_of(size_t rank) const;
  float precision(const Record* records, size_t layer, size_t margin) const;
  void observe(Record* records, size_t layer, size_t margin, bool right);
  void settle(const Store& store);

  size_t experts_ = 0;
  size_t top_k_ = 0;
  Rows logits_;                // [block, experts]
  Routes guessed_;             // of one token: top_k and the first that is left out
  bool* absent_ = nullptr;     // [top_k] the guess of this rank was not in memory
  Record* records_ = nullptr;  // [layers + 1, kMargins] of guesses that were absent; the last: all
  Record* chunk_records_ = nullptr;  // the same by logarithm of votes, for chunks
  uint32_t* votes_ = nullptr;        // [experts] of the chunk's tokens
  bool* wanted_ = nullptr;           // [experts] scratch
  size_t layers_ = 0;
  UnitIndex* units_ = nullptr;  // [experts]
  size_t guessed_layer_ = kNoLayer;

  // The account, in units: what may yet be read in vain.
  float credit_ = 0;
  uint64_t demanded_ = 0;  // units that decoding would have read without any guess
  uint64_t unused_ = 0;    // units read on a guess and not demanded yet
  bool opened_ = false;    // the two above are of now
};

}  // namespace sluice
