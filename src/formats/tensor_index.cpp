#include "formats/tensor_index.hpp"

#include <utility>

namespace sluice {

const TensorInfo* TensorIndex::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

bool TensorIndex::insert(TensorInfo tensor) {
  const auto position = static_cast<uint32_t>(tensors_.size());
  if (!by_name_.emplace(tensor.name, position).second) return false;
  tensors_.push_back(std::move(tensor));
  return true;
}

}  // namespace sluice
