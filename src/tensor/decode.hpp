// Dequantisation of every block type, plain and readable: the reference that fast kernels are
// compared with. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.hpp"

namespace sluice {

/// Decodes one block (dtype_info(type).block_length elements) into `out`.
using DecodeBlock = void (*)(const uint8_t* block, float* out);

/// The decoder of a type; null for integer types, F64 and the types that only exist at run time
/// (Q8_1, Q8_K).
DecodeBlock block_decoder(DType type);

/// Decodes `columns` elements, a multiple of the block length, starting at `row`.
void decode_row(DType type, const uint8_t* row, size_t columns, float* out);

}  // namespace sluice
