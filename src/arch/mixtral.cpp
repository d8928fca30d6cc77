// Mixtral (8x7B, 8x22B): GGUF architecture "llama" with experts; llama.cpp hands over to this file.
// Source of truth: transformers, models/mixtral/modeling_mixtral.py (revision 5.23), and Jiang et
// al. 2024 (arXiv 2401.04088). Peculiarities: attention as Llama's, query and key rows permuted;
// softmax over all experts, the top k of them, weights divided by their sum; files of 2023 have a
// tensor for each expert.
#include "arch/blocks/hyper.hpp"
#include "arch/blocks/mixture_layers.hpp"

namespace sluice {

namespace {

Result<MixtureHyper> read_hyper(const Metadata& metadata, std::string_view name) {
  SLUICE_LET(MixtureHyper hyper, read_mixture_model(metadata, name, true));
  hyper.attention.interleaved = true;
  SLUICE_LET(hyper.window, read_window(metadata, name));
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  const std::string_view name = metadata.text("general.architecture").value_or("llama");
  SLUICE_LET(const MixtureHyper hyper, read_hyper(metadata, name));
  return make_mixture_model(binder, hyper);
}

}  // namespace

extern const Architecture mixtral;
const Architecture mixtral = {"mixtral", &create};

}  // namespace sluice
