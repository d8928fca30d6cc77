// Rotary frequencies from a file's metadata: plain, linearly scaled and YaRN.
// Source: Su et al. 2021 (arXiv 2104.09864); Peng et al. 2023 (arXiv 2309.00071) in the form of
// transformers' modeling_rope_utils. Threads: values.
#pragma once

#include <string_view>
#include <vector>

#include "device/ops.hpp"
#include "formats/metadata.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct RopeTable {
  std::vector<float> frequencies;  ///< one per rotated pair
  float magnitude = 1;

  RopeOptions options(bool interleaved) const {
    return {frequencies.data(), frequencies.size(), interleaved, magnitude};
  }
};

/// Reads `<prefix>.rope.*` for heads of `head_dim`. Errors: corrupt (bounds), unsupported (a scaling
/// type that is not known).
Result<RopeTable> read_rope(const Metadata& metadata, std::string_view prefix, size_t head_dim);

}  // namespace sluice
