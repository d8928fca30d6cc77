#include "formats/gguf.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "formats/gguf_header.hpp"
#include "formats/quote.hpp"
#include "formats/shard_name.hpp"

namespace sluice {

namespace {

constexpr uint64_t kShardsMax = 65535;  // split.count is a u16

/// What a file says about the split model that it belongs to.
struct Split {
  uint64_t number = 0;  // split.no, counted from 0
  uint64_t count = 0;   // split.count; 0 or 1 in a file that holds its whole model
};

Error error_in(const std::string& path, Code code, std::string_view reason) {
  return Error{code, fmt::format("{}: {}", path, reason)};
}

Result<uint64_t> split_value(const std::string& path, const Metadata& metadata,
                             std::string_view key) {
  if (!metadata.contains(key)) return uint64_t{0};
  const auto value = metadata.unsigned_integer(key);
  if (!value) {
    return error_in(path, Code::corrupt, fmt::format("{} is not an unsigned integer", key));
  }
  return *value;
}

Result<Split> read_split(const std::string& path, const Metadata& metadata) {
  Split split;
  SLUICE_LET(split.number, split_value(path, metadata, "split.no"));
  SLUICE_LET(split.count, split_value(path, metadata, "split.count"));
  const uint64_t count = split.count == 0 ? 1 : split.count;
  if (count > kShardsMax || split.number >= count) {
    return error_in(path, Code::corrupt, fmt::format("split.no {} of split.count {} is impossible",
                                                     split.number, split.count));
  }
  return split;
}

Result<void> add_shard(ModelFile& model, File file, std::vector<TensorInfo> tensors) {
  for (TensorInfo& tensor : tensors) {
    const TensorInfo* earlier = model.tensors.find(tensor.name);
    if (earlier == nullptr) {
      model.tensors.insert(std::move(tensor));
      continue;
    }
    std::string reason = fmt::format("tensor {} is listed twice", quote(tensor.name));
    if (earlier->file != tensor.file) {
      const File& other = model.files[static_cast<uint32_t>(earlier->file)];
      reason = fmt::format("tensor {} is also in {}", quote(tensor.name), other.path());
    }
    return error_in(file.path(), Code::corrupt, reason);
  }
  model.files.push_back(std::move(file));
  return {};
}

/// The name of the first shard, checked against what that shard says about itself.
Result<ShardName> first_shard_name(const std::string& path, const Split& split) {
  auto name = parse_shard_name(path);
  if (split.number != 0) {
    const std::string first = name && name->count == split.count
                                  ? format_shard_name({name->prefix, 1, name->count})
                                  : fmt::format("named ...-00001-of-{:05}.gguf", split.count);
    return error_in(path, Code::invalid,
                    fmt::format("this is shard {} of {}; open the first one instead, {}",
                                split.number + 1, split.count, first));
  }
  if (!name || name->number != 1 || name->count != split.count) {
    return error_in(path, Code::corrupt,
                    fmt::format("this is shard 1 of {} and its name must end in "
                                "-00001-of-{:05}.gguf for the others to be found",
                                split.count, split.count));
  }
  return *std::move(name);
}

Result<void> open_later_shard(ModelFile& model, const ShardName& name) {
  const std::string path = format_shard_name(name);
  std::error_code status;
  if (!std::filesystem::exists(path, status) && !status) {
    return error_in(path, Code::io, fmt::format("missing; it is shard {} of the {} of this model",
                                                name.number, name.count));
  }
  SLUICE_LET(File file, File::open(path));
  const auto index = static_cast<FileIndex>(model.files.size());
  SLUICE_LET(GgufHeader header, read_gguf_header(file, index));
  SLUICE_LET(const Split split, read_split(path, header.metadata));
  if (split.number + 1 != name.number || split.count != name.count) {
    return error_in(path, Code::corrupt,
                    fmt::format("its name says shard {} of {}, but split.no {} and split.count {} "
                                "in it say otherwise",
                                name.number, name.count, split.number, split.count));
  }
  return add_shard(model, std::move(file), std::move(header.tensors));
}

Result<void> open_later_shards(ModelFile& model, const Split& split) {
  SLUICE_LET(ShardName name, first_shard_name(model.path, split));
  for (name.number = 2; name.number <= name.count; ++name.number) {
    SLUICE_TRY(open_later_shard(model, name));
  }
  // Written by every known splitter, but not needed to read the model.
  constexpr std::string_view kTotal = "split.tensors.count";
  if (!model.metadata.contains(kTotal)) return {};
  SLUICE_LET(const uint64_t total, split_value(model.path, model.metadata, kTotal));
  if (total == model.tensors.all().size()) return {};
  return error_in(model.path, Code::corrupt,
                  fmt::format("{} is {}, but the {} shards hold {} tensors", kTotal, total,
                              split.count, model.tensors.all().size()));
}

}  // namespace

Result<ModelFile> open_gguf(const std::string& path) {
  ModelFile model;
  model.path = path;
  SLUICE_LET(File file, File::open(path));
  SLUICE_LET(GgufHeader header, read_gguf_header(file, FileIndex{0}));
  SLUICE_LET(const Split split, read_split(path, header.metadata));
  model.metadata = std::move(header.metadata);
  SLUICE_TRY(add_shard(model, std::move(file), std::move(header.tensors)));
  if (split.count > 1) SLUICE_TRY(open_later_shards(model, split));
  return model;
}

}  // namespace sluice
