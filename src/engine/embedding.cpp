#include "engine/embedding.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace sluice {

namespace {

constexpr uint64_t kWorthReading = 16 * kMiB;

const TensorInfo* row_table(const Source& source) {
  const std::vector<TrunkBinding>& trunk = source.binder->trunk();
  const auto found = std::find_if(trunk.begin(), trunk.end(),
                                  [](const TrunkBinding& binding) { return binding.by_rows; });
  return found == trunk.end() ? nullptr : found->tensor;
}

}  // namespace

std::optional<RowTable> embedding_rows(const Source& source) {
  const TensorInfo* tensor = row_table(source);
  if (tensor == nullptr) return std::nullopt;
  const uint64_t rows = tensor->shape[1];
  return RowTable{tensor->name, tensor->file, tensor->offset, tensor->bytes / rows, rows};
}

Result<EmbeddingPlace> embedding_place(const Source& source, EmbeddingPlace asked) {
  const TensorInfo* tensor = row_table(source);
  if (tensor == nullptr && asked == EmbeddingPlace::disk) {
    return Error{Code::invalid, source.file.path +
                                    ": the embedding is the output matrix as well, which every "
                                    "token needs whole; it can only be in memory"};
  }
  if (tensor == nullptr) return EmbeddingPlace::memory;
  const bool small = tensor->bytes < kWorthReading;
  return asked == EmbeddingPlace::automatic && small ? EmbeddingPlace::memory : asked;
}

std::vector<TrunkBinding> resident_tensors(const Source& source, bool embedding_on_disk) {
  std::vector<TrunkBinding> tensors = source.binder->trunk();
  std::erase_if(tensors, [&](const TrunkBinding& binding) {
    return embedding_on_disk && binding.by_rows;
  });
  return tensors;
}

}  // namespace sluice
