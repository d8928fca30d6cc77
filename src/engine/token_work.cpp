#include "engine/token_work.hpp"

#include <algorithm>
#include <set>

namespace sluice {

std::vector<TokenWork> token_work(const Source& source) {
  const TensorIndex& tensors = source.file.tensors;
  const ModelShape& shape = source.model->shape();
  std::set<const TensorInfo*> resident;
  for (const TrunkBinding& binding : source.binder->trunk()) resident.insert(binding.tensor);
  // Without an output matrix of its own the model multiplies with the embedding table.
  const TensorInfo* embedding =
      tensors.find("output.weight") == nullptr ? nullptr : tensors.find("token_embd.weight");
  const double routed = shape.experts == 0 ? 1
                                           : static_cast<double>(shape.experts_used) /
                                                 static_cast<double>(shape.experts);
  std::vector<TokenWork> work;
  std::vector<double> largest;  // by index of `work`: bytes of the shape it names
  for (const TensorInfo& tensor : tensors.all()) {
    if (tensor.dimensions < 2 || &tensor == embedding) continue;
    const double share = resident.count(&tensor) != 0 ? 1 : routed;
    const double bytes = share * static_cast<double>(tensor.bytes);
    size_t i = 0;
    while (i < work.size() && work[i].type != tensor.type) ++i;
    if (i == work.size()) {
      work.push_back({tensor.type, 0, 0, 0});
      largest.push_back(0);
    }
    work[i].bytes_per_token += bytes;
    if (bytes > largest[i]) {
      largest[i] = bytes;
      work[i].rows = tensor.shape[1];
      work[i].columns = tensor.shape[0];
    }
  }
  std::sort(work.begin(), work.end(), [](const TokenWork& a, const TokenWork& b) {
    return a.bytes_per_token > b.bytes_per_token;
  });
  return work;
}

}  // namespace sluice
