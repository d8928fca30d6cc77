#include "formats/gguf_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "formats/quote.hpp"

namespace sluice {

namespace {

constexpr uint64_t kNameBytesMax = 63;
constexpr uint64_t kReservedTensorsMax = 1 << 16;

Result<void> read_name(HeaderInput& input, TensorInfo& tensor) {
  SLUICE_LET(const uint64_t name_bytes, input.number<uint64_t>());
  if (name_bytes == 0 || name_bytes > kNameBytesMax) {
    return input.error(Code::corrupt, fmt::format("its name has {} bytes, but names have 1 to {}",
                                                  name_bytes, kNameBytesMax));
  }
  SLUICE_LET(const std::string_view name, input.bytes(name_bytes));
  tensor.name = name;
  input.name(name);
  return {};
}

Result<void> read_shape(HeaderInput& input, TensorInfo& tensor) {
  SLUICE_LET(tensor.dimensions, input.number<uint32_t>());
  if (tensor.dimensions < 1 || tensor.dimensions > tensor.shape.size()) {
    return input.error(Code::corrupt, fmt::format("it has {} dimensions, but tensors have 1 to {}",
                                                  tensor.dimensions, tensor.shape.size()));
  }
  for (uint32_t i = 0; i < tensor.dimensions; ++i) {
    SLUICE_LET(tensor.shape[i], input.number<uint64_t>());
    if (tensor.shape[i] == 0) {
      return input.error(Code::corrupt, fmt::format("its dimension {} is zero", i));
    }
  }
  return {};
}

Result<void> read_type(HeaderInput& input, TensorInfo& tensor) {
  SLUICE_LET(const uint32_t id, input.number<uint32_t>());
  const auto info = find_dtype(id);
  if (!info) {
    return input.error(Code::unsupported,
                       fmt::format("its type {} is unknown or has been removed from the format; "
                                   "made by a newer or a changed program?", id));
  }
  tensor.type = info->type;
  return {};
}

/// Fills in the bytes that the tensor takes, from its type and shape.
Result<void> measure(const HeaderInput& input, TensorInfo& tensor) {
  const DTypeInfo& info = dtype_info(tensor.type);
  if (tensor.shape[0] % info.block_length != 0) {
    return input.error(Code::corrupt,
                       fmt::format("its rows of {} elements are no multiple of the {} elements in "
                                   "a block of {}", tensor.shape[0], info.block_length, info.name));
  }
  std::optional<uint64_t> elements = 1;
  std::optional<uint64_t> bytes = info.block_bytes;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    const uint64_t blocks = i == 0 ? tensor.shape[0] / info.block_length : tensor.shape[i];
    if (elements) elements = checked_multiply(*elements, tensor.shape[i]);
    if (bytes) bytes = checked_multiply(*bytes, blocks);
  }
  if (!elements || !bytes) {
    return input.error(Code::corrupt,
                       fmt::format("its shape [{}, {}, {}, {}] is larger than any memory",
                                   tensor.shape[0], tensor.shape[1], tensor.shape[2],
                                   tensor.shape[3]));
  }
  tensor.bytes = *bytes;
  return {};
}

Result<TensorInfo> read_tensor(HeaderInput& input) {
  TensorInfo tensor;
  SLUICE_TRY(read_name(input, tensor));
  SLUICE_TRY(read_shape(input, tensor));
  SLUICE_TRY(read_type(input, tensor));
  SLUICE_LET(tensor.offset, input.number<uint64_t>());
  SLUICE_TRY(measure(input, tensor));
  return tensor;
}

Result<void> place(const HeaderInput& input, const GgufHeader& header, TensorInfo& tensor) {
  if (tensor.offset % header.alignment != 0) {
    return input.error(Code::corrupt,
                       fmt::format("its offset {} is no multiple of the file's alignment {}",
                                   tensor.offset, header.alignment));
  }
  const auto begin = checked_add(header.data_start, tensor.offset);
  const auto end = begin ? checked_add(*begin, tensor.bytes) : std::nullopt;
  if (!end || *end > input.file().size()) {
    return input.error(Code::corrupt,
                       fmt::format("its {} bytes at offset {} of the weights, which start at {}, "
                                   "reach beyond the end of the file at {}: download incomplete?",
                                   tensor.bytes, tensor.offset, header.data_start,
                                   input.file().size()));
  }
  tensor.offset = *begin;
  return {};
}

Result<void> check_overlap(HeaderInput& input, const std::vector<TensorInfo>& tensors) {
  std::vector<uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), uint32_t{0});
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(tensors[a].offset, a) < std::pair(tensors[b].offset, b);
  });
  for (size_t i = 1; i < order.size(); ++i) {
    const TensorInfo& before = tensors[order[i - 1]];
    const TensorInfo& after = tensors[order[i]];
    if (before.offset + before.bytes <= after.offset) continue;
    input.enter("tensor", order[i] + 1, tensors.size());
    input.name(after.name);
    return input.error(Code::corrupt,
                       fmt::format("it starts at offset {} inside {}, which lies from {} to {}",
                                   after.offset, quote(before.name), before.offset,
                                   before.offset + before.bytes));
  }
  return {};
}

}  // namespace

Result<std::vector<TensorInfo>> read_gguf_tensors(HeaderInput& input, uint64_t count) {
  input.enter("tensors");
  SLUICE_TRY(input.require(count, kGgufTensorBytesMin));
  std::vector<TensorInfo> tensors;
  tensors.reserve(std::min(count, kReservedTensorsMax));
  for (uint64_t i = 0; i < count; ++i) {
    input.enter("tensor", i + 1, count);
    SLUICE_LET(TensorInfo tensor, read_tensor(input));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Result<void> place_gguf_tensors(HeaderInput& input, GgufHeader& header, FileIndex index) {
  for (size_t i = 0; i < header.tensors.size(); ++i) {
    TensorInfo& tensor = header.tensors[i];
    input.enter("tensor", i + 1, header.tensors.size());
    input.name(tensor.name);
    SLUICE_TRY(place(input, header, tensor));
    tensor.file = index;
  }
  return check_overlap(input, header.tensors);
}

}  // namespace sluice
