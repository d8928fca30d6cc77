// One metadata value of a GGUF file, of any type the format defines.
#pragma once

#include "formats/header_input.hpp"
#include "formats/metadata.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Reads a value: its type id, then its content. Errors: corrupt (truncated, an undefined type, a
/// bool that is neither 0 nor 1), unsupported (arrays of arrays, array entries beyond 2^63), io.
Result<MetadataValue> read_gguf_value(HeaderInput& input);

}  // namespace sluice
