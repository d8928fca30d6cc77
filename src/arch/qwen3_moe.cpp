// Qwen3-MoE (Qwen3-30B-A3B, Qwen3-235B-A22B, Qwen3-Coder): GGUF architecture "qwen3moe".
// Source of truth: transformers, models/qwen3_moe/modeling_qwen3_moe.py (revision 5.23), and the
// Qwen3 technical report (arXiv 2505.09388).
// Peculiarities: RMSNorm on every query and key head before RoPE; no biases; no shared expert;
// softmax over all experts, the top k of them, weights divided by their sum; every layer is a
// mixture.
#include "arch/blocks/mixture_layers.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "qwen3moe";

Result<MixtureHyper> read_hyper(const Metadata& metadata) {
  SLUICE_LET(MixtureHyper hyper, read_mixture_model(metadata, kName, true));
  hyper.attention.norm = HeadNorm::each;
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const MixtureHyper hyper, read_hyper(metadata));
  return make_mixture_model(binder, hyper);
}

}  // namespace

extern const Architecture qwen3_moe;
const Architecture qwen3_moe = {kName, &create};

}  // namespace sluice
