// Llama 2 and 3.x, Mistral, and what else was published in their shape: GGUF architecture "llama"
// (and "mistral", should a file say so). With experts it is Mixtral (mixtral.cpp).
// Source of truth: transformers, models/llama/modeling_llama.py and models/mistral (revision 5.23);
// the permutation is that of llama.cpp's converter.
// Peculiarities: rows of the query and key matrices are permuted in GGUF files, so that RoPE
// rotates pairs (2i, 2i + 1); Llama 3.1 and later carry divisors of the RoPE frequencies in
// rope_freqs.weight; Mistral 0.1 has a window in every layer, which converters leave out of the
// file.
#include "arch/blocks/dense_layers.hpp"
#include "arch/blocks/hyper.hpp"

namespace sluice {

extern const Architecture mixtral;

namespace {

Result<DenseHyper> read_hyper(const Metadata& metadata, std::string_view name) {
  SLUICE_LET(DenseHyper hyper, read_dense(metadata, name));
  hyper.attention.interleaved = true;
  SLUICE_LET(hyper.window, read_window(metadata, name));
  return hyper;
}

Result<std::unique_ptr<Model>> create(const Metadata& metadata, Binder& binder) {
  const std::string_view name = metadata.text("general.architecture").value_or("llama");
  const std::string experts = std::string(name) + ".expert_count";
  if (metadata.unsigned_integer(experts).value_or(0) > 0) return mixtral.create(metadata, binder);
  SLUICE_LET(const DenseHyper hyper, read_hyper(metadata, name));
  return make_dense(binder, hyper);
}

}  // namespace

extern const Architecture llama;
const Architecture llama = {"llama", &create};

extern const Architecture mistral;
const Architecture mistral = {"mistral", &create};

}  // namespace sluice
