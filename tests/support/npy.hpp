// Reads NumPy's .npy files (format 1.0 and 2.0; numpy.lib.format) for tests: float32, uint8, int32
// or int64, C order, any shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

template <typename T>
struct NpyArray {
  std::vector<size_t> shape;
  std::vector<T> values;  // row-major

  /// The elements below one index of the first dimension.
  const T* row(size_t index) const { return values.data() + index * (values.size() / shape[0]); }
};

namespace npy_detail {

template <typename T>
constexpr std::string_view type_code() {
  if (std::is_same_v<T, float>) return "<f4";
  if (std::is_same_v<T, uint8_t>) return "|u1";
  if (std::is_same_v<T, int32_t>) return "<i4";
  if (std::is_same_v<T, int64_t>) return "<i8";
  return "";
}

/// The text after 'key': in the header, up to the end of the header.
inline std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find(key);
  if (at == std::string_view::npos) return {};
  const size_t start = header.find_first_not_of("': ", at + key.size());
  return start == std::string_view::npos ? std::string_view() : header.substr(start);
}

inline std::vector<size_t> parse_shape(std::string_view text) {
  std::vector<size_t> shape;
  size_t number = 0;
  bool in_number = false;
  for (const char c : text.substr(0, text.find(')') + 1)) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<size_t>(c - '0');
      in_number = true;
    } else if (in_number) {
      shape.push_back(number);
      number = 0;
      in_number = false;
    }
  }
  return shape;
}

}  // namespace npy_detail

/// Reads a whole file. Errors: io (cannot open), corrupt (not .npy, or short), unsupported (another
/// element type, or Fortran order).
template <typename T>
Result<NpyArray<T>> read_npy(const std::string& path) {
  static_assert(!npy_detail::type_code<T>().empty(), "no NumPy type code for T");
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::io, "cannot open " + path};
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) {
    return Error{Code::corrupt, path + " is not an .npy file"};
  }
  const bool wide = bytes[6] >= 2;  // version 2 has a four-byte header length
  uint32_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data() + 8, wide ? 4 : 2);
  const size_t data_start = (wide ? 12u : 10u) + size_t{header_bytes};
  if (bytes.size() < data_start) return Error{Code::corrupt, path + " ends in its header"};
  const std::string_view header = std::string_view(bytes).substr(10, data_start - 10);
  if (!npy_detail::value_of(header, "descr").starts_with(npy_detail::type_code<T>())) {
    return Error{Code::unsupported, path + " has another element type: " + std::string(header)};
  }
  if (!npy_detail::value_of(header, "fortran_order").starts_with("False")) {
    return Error{Code::unsupported, path + " is in Fortran order"};
  }
  NpyArray<T> array;
  array.shape = npy_detail::parse_shape(npy_detail::value_of(header, "shape"));
  size_t count = 1;
  for (const size_t extent : array.shape) count *= extent;
  if (bytes.size() - data_start != count * sizeof(T)) {
    return Error{Code::corrupt, path + " does not hold as many elements as its shape says"};
  }
  array.values.resize(count);
  if (count != 0) std::memcpy(array.values.data(), bytes.data() + data_start, count * sizeof(T));
  return array;
}

}  // namespace sluice
