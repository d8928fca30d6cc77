// A weight matrix where it lies: type, shape, bytes. A view: whoever stores one depends on the life
// of the memory it points into (the trunk, or the lease of a unit).
#pragma once

#include <cstddef>

#include "tensor/dtype.hpp"

namespace sluice {

/// W [rows, columns], row-major, rows packed one after another; y = W x maps columns to rows.
/// The bytes may start at any address.
struct MatrixView {
  DType type = DType::f32;
  const std::byte* data = nullptr;
  size_t rows = 0;
  size_t columns = 0;
  const float* scale = nullptr;  ///< a second-level factor on y (NVFP4's companion tensor); null: 1

  size_t stride_bytes() const { return row_bytes(type, columns); }
  size_t bytes() const { return rows * stride_bytes(); }
};

}  // namespace sluice
