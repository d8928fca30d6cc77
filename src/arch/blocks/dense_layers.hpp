// The plain dense layer: x += attention(norm(x)); x += feed_forward(norm(x)). Streamed, a layer
// being a unit. Threads: driven by the step's caller.
#pragma once

#include <memory>
#include <string_view>

#include "arch/binder.hpp"
#include "arch/blocks/attention.hpp"
#include "arch/blocks/decoder.hpp"
#include "arch/blocks/feed_forward.hpp"
#include "arch/blocks/rope.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct DenseHyper {
  ModelShape shape;
  AttentionRules attention;
  RopeTable rope;
  size_t window = 0;  ///< of every layer; 0: none
  FeedForwardRules feed_forward;
};

/// Reads what all plain dense models have in common. Errors: corrupt, unsupported.
Result<DenseHyper> read_dense(const Metadata& metadata, std::string_view prefix);
/// Binds a model of such layers. Errors: as the binder's.
Result<std::unique_ptr<Model>> make_dense(Binder& binder, const DenseHyper& hyper);

}  // namespace sluice
