#include "cli/npy_writer.hpp"

namespace sluice::cli {

Result<NpyWriter> NpyWriter::create(const std::string& path, std::vector<size_t> shape) {
  SLUICE_LET(OutputFile file, OutputFile::create(path));
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const size_t extent : shape) dictionary += std::to_string(extent) + ", ";
  dictionary += "), }";
  // Magic, version and length take 10 bytes; the data starts at a multiple of 64.
  const size_t padded = (10 + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.resize(padded - 11, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  header += dictionary;
  SLUICE_TRY(file.write(header.data(), header.size()));
  return NpyWriter(std::move(file), header.size(), shape.back());
}

Result<void> NpyWriter::write_row(size_t index, std::span<const float> row) {
  const uint64_t offset = header_bytes_ + static_cast<uint64_t>(index) * width_ * sizeof(float);
  return file_.write_at(offset, row.data(), row.size_bytes());
}

}  // namespace sluice::cli
