// Qwen3, dense: GGUF architecture "qwen3".
// Source of truth: transformers, models/qwen3/modeling_qwen3.py (revision 5.23), and the Qwen3
// technical report (arXiv 2505.09388).
// Peculiarities: RMSNorm on every query and key head before RoPE; no biases; the heads together may
// be wider or narrower than the residual stream; RoPE rotates (i, i + half).
#include "arch/blocks/dense_layers.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "qwen3";

Result<DenseHyper> read_hyper(const Metadata& metadata) {
  SLUICE_LET(DenseHyper hyper, read_dense(metadata, kName));
  hyper.attention.norm = HeadNorm::each;
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const DenseHyper hyper, read_hyper(metadata));
  return make_dense(binder, hyper);
}

}  // namespace

extern const Architecture qwen3;
const Architecture qwen3 = {kName, &create};

}  // namespace sluice
