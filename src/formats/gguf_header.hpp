// Everything before the weights of one GGUF file, one shard or a whole model: checked, so that
// what it says about the weights can be believed.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/metadata.hpp"
#include "formats/tensor_index.hpp"
#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct GgufHeader {
  uint32_t version = 0;
  uint64_t alignment = 0;           ///< of the weights in the file, in bytes
  uint64_t data_start = 0;          ///< offset in the file that tensor offsets count from
  Metadata metadata;
  std::vector<TensorInfo> tensors;  ///< in file order; names may repeat, extents do not overlap
};

/// Reads and checks the header of `file`; its tensors are said to lie in file `index`.
/// Errors: as open_gguf, but for what concerns several shards.
Result<GgufHeader> read_gguf_header(const File& file, FileIndex index);

}  // namespace sluice
