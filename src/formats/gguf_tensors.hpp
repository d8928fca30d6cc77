// The list of tensors in the header of a GGUF file.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/gguf_header.hpp"
#include "formats/header_input.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// A tensor of one dimension with a name of one byte: length, name, dimensions, size, type, offset.
inline constexpr uint64_t kGgufTensorBytesMin = 8 + 1 + 4 + 8 + 4 + 8;

/// Reads `count` tensor descriptions; `offset` of each is still what the file says, relative to the
/// start of the weights. Errors: corrupt (name, shape, truncated), unsupported (type), io.
Result<std::vector<TensorInfo>> read_gguf_tensors(HeaderInput& input, uint64_t count);

/// Turns the offsets into absolute ones of file `index`, after checking that each tensor is
/// aligned, lies inside the file and shares no byte with another. Errors: corrupt.
Result<void> place_gguf_tensors(HeaderInput& input, GgufHeader& header, FileIndex index);

}  // namespace sluice
