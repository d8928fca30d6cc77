// The element types of tensors: GGML's ids, block lengths and block sizes
// (ggml.h, enum ggml_type; the table of the GGUF specification). Pure data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

/// A tensor element type; the value is the id that GGUF files store.
enum class DType : uint32_t {
  f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q8_1 = 9,
  q2_k = 10, q3_k = 11, q4_k = 12, q5_k = 13, q6_k = 14, q8_k = 15,
  iq2_xxs = 16, iq2_xs = 17, iq3_xxs = 18, iq1_s = 19, iq4_nl = 20, iq3_s = 21, iq2_s = 22,
  iq4_xs = 23, i8 = 24, i16 = 25, i32 = 26, i64 = 27, f64 = 28, iq1_m = 29, bf16 = 30,
  tq1_0 = 34, tq2_0 = 35, mxfp4 = 39, nvfp4 = 40, q1_0 = 41, q2_0 = 42,
};
inline constexpr size_t kDTypeIds = 43;  // one more than the largest id

struct DTypeInfo {
  DType type;
  std::string_view name;   // "Q4_K"
  uint32_t block_length;   // elements in a block
  uint32_t block_bytes;    // bytes of a block
};

/// The type with this id; nothing for ids that GGUF does not define or has removed.
std::optional<DTypeInfo> find_dtype(uint32_t id);
/// The facts of a defined type.
const DTypeInfo& dtype_info(DType type);
/// Bytes of one row of `columns` elements; `columns` must be a multiple of the block length.
size_t row_bytes(DType type, size_t columns);

}  // namespace sluice
