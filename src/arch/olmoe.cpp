// OLMoE (1B-7B): GGUF architecture "olmoe".
// Source of truth: transformers, models/olmoe/modeling_olmoe.py (revision 5.23), and Muennighoff et
// al. 2024 (arXiv 2409.02060).
// Peculiarities: RMSNorm over the whole query and key projections, before they are split into
// heads; then, where the file says so, queries, keys and values are clamped; softmax over all
// experts, the top k of them, weights not divided by their sum; every layer is a mixture.
#include "arch/blocks/mixture_layers.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "olmoe";

Result<MixtureHyper> read_hyper(const Metadata& metadata) {
  SLUICE_LET(MixtureHyper hyper, read_mixture_model(metadata, kName, false));
  hyper.attention.norm = HeadNorm::whole;
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const MixtureHyper hyper, read_hyper(metadata));
  return make_mixture_model(binder, hyper);
}

}  // namespace

extern const Architecture olmoe;
const Architecture olmoe = {kName, &create};

}  // namespace sluice
