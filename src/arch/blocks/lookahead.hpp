// Guesses which units the next layer will want, so that the store can read them while the disk
// would idle. A guess changes when bytes arrive, never which bytes are used. For one token a
// layer's router is applied twice before its turn: to the router input of the layer before, so that
// reads fill the time in which that layer's experts are computed, and to what enters the layer
// itself, so that surer ones fill the time of its attention. How sure a guess is tells its margin:
// by how many times its probability exceeds that of the first expert that is not guessed; what
// margins were worth lately is measured for each layer and moment. In a chunk the tokens vote once,
// and the number of votes says how sure it is that any of them wants an expert.
//
// Bytes: a guess that is read and not used is bought from an account that earns a fiftieth of what
// decoding demands, so the account bounds them, whatever the guesses are worth; the emptier it is,
// the surer a guess must be. Source: the router lookahead of Eliseev and Mazur 2023 (arXiv
// 2312.17238); margins and account are ours (docs/experiments/2026-11-21-lookahead.md). Threads:
// the step's caller.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "device/scratch.hpp"
#include "store/store.hpp"

namespace sluice {

class Lookahead {
 public:
  /// Lays out for chunks of `chunk_tokens` and `layers` mixture layers of `experts`, `top_k` of
  /// them used. Again for other chunks: what was learned stays.
  void lay_out(Scratch& scratch, size_t chunk_tokens, size_t layers, size_t experts, size_t top_k);

  /// When a layer is guessed.
  enum class Moment { layer_before, own_attention };

  /// Tells what layer `layer` really wanted: its guesses, if there were some, are judged.
  void learn(size_t layer, const Routes& routes);

  /// What a guess is made from.
  struct Next {
    Moment moment;
    size_t layer;
    const MatrixView& router;  ///< of the layer that is guessed
    const ExpertLayer& experts;
    Activations& in;  ///< as near to the router's input as is known
    Ops& ops;
    const Store& store;
  };
  /// The units to hint for a layer. The span lives until the next call.
  std::span<const UnitIndex> guess(const Next& next);

 private:
  static constexpr size_t kNoLayer = ~size_t{0};
  static constexpr size_t kMoments = 2;
  static constexpr size_t kMargins = 16;

  /// What guesses of one layer and margin came to; old ones fade.
  struct Record {
    float seen = 0;
    float right = 0;
  };

  // The guess for one token at one moment.
  struct Guess {
    size_t layer = kNoLayer;  // none, once judged
    Routes routes;            // top_k and the first that is left out
    bool* absent = nullptr;   // [top_k] the guess of this rank was not in memory
    // [layers + 1, kMargins] of guesses that were absent; the last: all
    std::vector<Record> records;
  };

  std::span<const UnitIndex> guess_token(const Next& next);
  std::span<const UnitIndex> guess_chunk(const Next& next);
  void learn_chunk(size_t layer, const Routes& routes);
  void learn_token(Guess& guess, const Routes& routes);
  size_t margin_of(const Guess& guess, size_t rank) const;
  float precision(const std::vector<Record>& records, size_t layer, size_t margin) const;
  void observe(std::vector<Record>& records, size_t layer, size_t margin, bool right);
  void settle(const Store& store);

  size_t experts_ = 0;
  size_t top_k_ = 0;
  Rows logits_;  // [block, experts]
  std::array<Guess, kMoments> guesses_;
  Routes block_routes_;                // of a block of a chunk
  std::vector<Record> chunk_records_;  // [layers + 1, kMargins] by logarithm of votes
  uint32_t* votes_ = nullptr;          // [experts] of the chunk's tokens
  bool* wanted_ = nullptr;             // [experts] scratch
  size_t layers_ = 0;
  UnitIndex* units_ = nullptr;  // [experts]
  size_t guessed_chunk_layer_ = kNoLayer;

  // The account, in units: what may yet be read in vain.
  float credit_ = 0;
  uint64_t demanded_ = 0;  // units that decoding would have read without any guess
  uint64_t unused_ = 0;    // units read on a guess and not demanded yet
  bool opened_ = false;    // the two above are of now
};

}  // namespace sluice
