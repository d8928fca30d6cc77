// Activations as the verbs of ops.hpp pass them: rows of F32, one row for each token. Views into
// scratch memory that the session owns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// x [count, width], row r at data + r * stride.
struct Rows {
  float* data = nullptr;
  size_t count = 0;
  size_t width = 0;
  size_t stride = 0;

  float* row(size_t index) const { return data + index * stride; }
  Rows first(size_t rows) const { return {data, rows, width, stride}; }
  Rows slice(size_t begin, size_t rows) const {
    return {data + begin * stride, rows, width, stride};
  }
  /// `columns` elements of every row, from `begin` on.
  Rows columns(size_t begin, size_t columns) const {
    return {data + begin, count, columns, stride};
  }
};

/// Rows that matrices are multiplied with, beside room for their quantised form (kernels.hpp).
/// Whoever writes `x` sets `quantised` to false; the first multiplication that wants the form makes
/// it.
struct Activations {
  Rows x;
  int16_t* q = nullptr;     ///< [capacity, q_stride]
  int8_t* bytes = nullptr;  ///< [capacity, q_stride]: the form has 8 bits; null: it has 16
  float* scale = nullptr;   ///< [capacity, q_stride / 32]
  int32_t* sums = nullptr;  ///< [capacity, q_stride / 16]
  size_t q_stride = 0;      ///< at least width, a multiple of 32
  bool quantised = false;

  /// The first `rows` rows, about to be written: their quantised form is stale.
  Activations first(size_t rows) const { return slice(0, rows); }
  /// The same for `rows` rows from `begin` on.
  Activations slice(size_t begin, size_t rows) const {
    Activations some = *this;
    some.x = x.slice(begin, rows);
    some.q += begin * q_stride;
    if (bytes != nullptr) some.bytes += begin * q_stride;
    some.scale += begin * q_stride / 32;
    some.sums += begin * q_stride / 16;
    some.quantised = false;
    return some;
  }
};

}  // namespace sluice
