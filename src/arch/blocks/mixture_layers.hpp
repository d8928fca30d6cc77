// The plain mixture layer: x += attention(norm(x)); x += sum of routed experts of norm(x), and
// where the model has one, sigmoid(gate) times a shared expert that every token uses. Attention and
// shared expert are resident, experts are streamed. Threads: driven by the step's caller.
#pragma once

#include <memory>
#include <string_view>

#include "arch/binder.hpp"
#include "arch/blocks/attention.hpp"
#include "arch/blocks/decoder.hpp"
#include "arch/blocks/feed_forward.hpp"
#include "arch/blocks/mixture.hpp"
#include "arch/blocks/rope.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct MixtureHyper {
  ModelShape shape;
  AttentionRules attention;
  RopeTable rope;
  size_t window = 0;  ///< of every layer; 0: none
  MixtureRules mixture;
  FeedForwardRules shared;  ///< inner 0: there is no shared expert
};

/// Reads what all plain mixture models have in common; `normalise` as for read_mixture.
/// Errors: corrupt, unsupported.
Result<MixtureHyper> read_mixture_model(const Metadata& metadata, std::string_view prefix,
                                        bool normalise);
/// Binds a model of such layers. Errors: as the binder's.
Result<std::unique_ptr<Model>> make_mixture_model(Binder& binder, const MixtureHyper& hyper);

}  // namespace sluice
