// Rotary frequencies from a file's metadata: plain, linearly scaled, YaRN, and the divisors that
// Llama 3 files carry as a tensor.
// Source: Su et al. 2021 (arXiv 2104.09864); Peng et al. 2023 (arXiv 2309.00071) in the form of
// transformers' modeling_rope_utils. Threads: values.
#pragma once

#include <string_view>
#include <vector>

#include "arch/binder.hpp"
#include "device/ops.hpp"
#include "formats/metadata.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct RopeTable {
  std::vector<float> frequencies;   ///< one per rotated pair
  const float* divisors = nullptr;  ///< resident, one per pair, or null
  float magnitude = 1;

  RopeOptions options(bool interleaved) const {
    return {frequencies.data(), divisors, frequencies.size(), interleaved, magnitude};
  }
};

/// Reads `<prefix>.rope.*` for heads of `head_dim`. Errors: corrupt (bounds), unsupported (a
/// scaling type that is not known).
Result<RopeTable> read_rope(const Metadata& metadata, std::string_view prefix, size_t head_dim);
/// The table of layers that see a window only, where these have one of their own: `freq_base_swa`,
/// not scaled. Errors: as read_rope.
Result<RopeTable> read_local_rope(const Metadata& metadata, std::string_view prefix,
                                  size_t head_dim);
/// Binds rope_freqs.weight, where the file has it, to the table, which must stay where it is.
/// Errors: as Binder::vector.
Result<void> bind_rope(Binder& binder, RopeTable& table);

}  // namespace sluice
