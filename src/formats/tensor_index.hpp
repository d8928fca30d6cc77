// Which tensors a model file holds and where: name, type, shape, file, offset, bytes.
// Every extent has been checked against the real size of its file. Threads: const after loading.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/file.hpp"
#include "tensor/dtype.hpp"

namespace sluice {

struct TensorInfo {
  std::string name;
  DType type{};
  uint32_t dimensions = 1;                     ///< 1..4
  std::array<uint64_t, 4> shape{1, 1, 1, 1};   ///< GGUF order: shape[0] is contiguous; unused are 1
  FileIndex file{};
  uint64_t offset = 0;                         ///< absolute in that file
  uint64_t bytes = 0;

  uint64_t elements() const { return shape[0] * shape[1] * shape[2] * shape[3]; }
};

class TensorIndex {
 public:
  /// The tensor of this name, or null. The pointer lives as long as the index.
  const TensorInfo* find(std::string_view name) const;
  /// All tensors in file order.
  const std::vector<TensorInfo>& all() const { return tensors_; }
  /// False if the name is there already.
  bool insert(TensorInfo tensor);

 private:
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, uint32_t> by_name_;
};

}  // namespace sluice
