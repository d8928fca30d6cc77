// A float32 array in NumPy's .npy format (version 1.0), written row by row in any order.
// Source: numpy.lib.format.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/output_file.hpp"

namespace sluice::cli {

class NpyWriter {
 public:
  /// C order; a row is the last dimension. Errors: io.
  static Result<NpyWriter> create(const std::string& path, std::vector<size_t> shape);
  Result<void> write_row(size_t index, std::span<const float> row);
  /// Makes the file appear; until then it does not exist. Errors: io.
  Result<void> finish() { return file_.finish(); }

 private:
  NpyWriter(OutputFile file, size_t header, size_t width)
      : file_(std::move(file)), header_bytes_(header), width_(width) {}

  OutputFile file_;
  size_t header_bytes_;
  size_t width_;
};

}  // namespace sluice::cli
