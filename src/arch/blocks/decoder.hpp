// The frame of a decoder: embedding, a stack of layers that advances the residual stream, final
// norm and output matrix. What a layer is, the architecture says. Tied output where the file has no
// output.weight. Threads: driven by the step's caller.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arch/model.hpp"
#include "device/scratch.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Layers go through a chunk in blocks of at most so many tokens wherever the tokens of a chunk
/// need not be together, so that a long chunk, which reads a unit once for all its tokens, needs
/// little more memory than its residual stream. Source:
/// docs/experiments/2026-11-21-prefill-reads.md.
inline constexpr size_t kBlockTokens = 128;

/// The layers of an architecture.
class Layers {
 public:
  virtual ~Layers() = default;

  /// Lays out scratch for chunks of at most `chunk_tokens` tokens.
  virtual void lay_out(Scratch& scratch, size_t chunk_tokens) = 0;
  /// Before the first layer of each step: demands what all layers will use.
  virtual Result<void> begin(Store& store) = 0;
  /// Takes x [tokens, width] through layer `index`. Errors: io or corrupt (a unit cannot be read; a
  /// NaN, with the layer or the unit).
  virtual Result<void> run(size_t index, const Step& step, Rows x) = 0;
  /// As Model::describe.
  virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
};

struct DecoderRules {
  ModelShape shape;       ///< the vocabulary is taken from the embedding
  float epsilon = 1e-6f;  ///< of the final norm
  float embedding_scale = 1;
  float softcap = 0;  ///< logits become cap * tanh(logit / cap); 0: they stay
};

/// Binds embedding, final norm and output matrix and puts the frame around `layers`, which are
/// bound already. Errors: as the binder's.
Result<std::unique_ptr<Model>> make_decoder(Binder& binder, const DecoderRules& rules,
                                            std::unique_ptr<Layers> layers);

/// The error that a NaN or an infinity deserves: "FILE: WHERE produced ...".
Error damaged(const std::string& file, const std::string& where);

}  // namespace sluice
