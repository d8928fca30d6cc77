// Qwen2 and Qwen2.5, dense: GGUF architecture "qwen2".
// Source of truth: transformers, models/qwen2/modeling_qwen2.py (revision 5.23), and the Qwen2
// technical report (arXiv 2407.10671).
// Peculiarities: biases on queries, keys and values, none on the output; RoPE rotates (i, i +
// half).
#include "arch/blocks/dense_layers.hpp"

namespace sluice {

namespace {

constexpr std::string_view kName = "qwen2";

Result<DenseHyper> read_hyper(const Metadata& metadata) {
  SLUICE_LET(DenseHyper hyper, read_dense(metadata, kName));
  hyper.attention.biases = true;
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  SLUICE_LET(const DenseHyper hyper, read_hyper(metadata));
  return make_dense(binder, hyper);
}

}  // namespace

extern const Architecture qwen2;
const Architecture qwen2 = {kName, &create};

}  // namespace sluice
