// Qwen1.5-MoE and Qwen2-MoE (A2.7B, 57B-A14B): GGUF architecture "qwen2moe".
// Source of truth: transformers, models/qwen2_moe/modeling_qwen2_moe.py (revision 5.23), and the
// Qwen2 technical report (arXiv 2407.10671).
// Peculiarities: biases on queries, keys and values; softmax over all experts, the top k of them,
// weights not divided by their sum; beside them a shared expert for every token, resident, times
// the sigmoid of a gate; every layer is a mixture.
#include "arch/blocks/hyper.hpp"
#include "arch/blocks/mixture_layers.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "qwen2moe";

Result<MixtureHyper> read_hyper(const Metadata& metadata) {
  SLUICE_LET(MixtureHyper hyper, read_mixture_model(metadata, kName, false));
  hyper.attention.biases = true;
  hyper.shared.width = hyper.shape.width;
  hyper.shared.suffix = "_shexp";
  SLUICE_LET(hyper.shared.inner,
             read_inner_width(metadata, kName, "expert_shared_feed_forward_length"));
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const MixtureHyper hyper, read_hyper(metadata));
  return make_mixture_model(binder, hyper);
}

}  // namespace

extern const Architecture qwen2_moe;
const Architecture qwen2_moe = {kName, &create};

}  // namespace sluice
