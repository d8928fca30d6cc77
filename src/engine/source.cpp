#include "engine/source.hpp"

#include <algorithm>
#include <cstdio>

#include "formats/gguf.hpp"
#include "formats/quote.hpp"

namespace sluice {

namespace {

std::string summary(const MetadataValue& value) {
  const auto count = [](size_t n, const char* what) {
    return "[" + std::to_string(n) + " " + what + "]";
  };
  struct Visitor {
    decltype(count)& counted;
    std::string operator()(uint64_t v) const { return std::to_string(v); }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      char shorter[32];
      std::snprintf(shorter, sizeof shorter, "%g", v);
      return shorter;
    }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<int64_t>& v) const {
      return counted(v.size(), "integers");
    }
    std::string operator()(const std::vector<float>& v) const { return counted(v.size(), "reals"); }
    std::string operator()(const std::vector<double>& v) const {
      return counted(v.size(), "reals");
    }
    std::string operator()(const StringTable& v) const { return counted(v.size(), "strings"); }
  };
  return std::visit(Visitor{count}, value);
}

uint64_t elements(std::span<const TrunkBinding> bindings) {
  uint64_t total = 0;
  for (const TrunkBinding& binding : bindings) total += binding.tensor->elements();
  return total;
}

}  // namespace

Result<std::unique_ptr<Source>> Source::open(const std::string& path,
                                             const std::string& chat_template) {
  auto source = std::make_unique<Source>();
  SLUICE_LET(source->file, open_gguf(path));
  Metadata& metadata = source->file.metadata;
  const std::string name(metadata.text("general.architecture").value_or(""));
  if (name.empty()) {
    return Error{Code::corrupt, path + ": general.architecture is missing"};
  }
  const Architecture* architecture = find_architecture(name);
  if (architecture == nullptr) {
    return Error{Code::unsupported, path + ": architecture " + quote(name) +
                                        " is not known; known are " + architecture_names()};
  }
  source->binder = std::make_unique<Binder>(source->file);
  auto model = architecture->create(metadata, *source->binder);
  if (!model) {
    Error error = std::move(model.error());
    if (error.message.rfind(path, 0) != 0) error.message = path + ": " + error.message;
    return error;
  }
  source->model = std::move(*model);
  SLUICE_LET(source->text, FileText::create(metadata, path, chat_template));
  const ModelShape& shape = source->model->shape();
  if (source->text->vocabulary_size() > shape.vocabulary) {
    return Error{Code::corrupt,
                 path + ": the vocabulary has " + std::to_string(source->text->vocabulary_size()) +
                     " tokens, the embedding only " + std::to_string(shape.vocabulary) + " rows"};
  }
  for (const File& file : source->file.files) {
    source->alignment = std::max(source->alignment, file.alignment());
  }
  for (const TensorInfo& tensor : source->file.tensors.all()) {
    source->parameters += tensor.elements();
  }
  const uint64_t trunk = elements(source->binder->trunk());
  const uint64_t streamed = source->parameters - std::min(source->parameters, trunk);
  // A dense model uses all of its units for every token.
  const uint64_t experts = std::max<uint64_t>(shape.experts, 1);
  const uint64_t used = shape.experts == 0 ? 1 : shape.experts_used;
  source->active_parameters = trunk + streamed * used / experts;
  source->routed_bytes_per_token = source->binder->catalog().total_bytes() / experts * used;
  return source;
}

std::string unit_kind(const ModelShape& shape) { return shape.experts == 0 ? "layers" : "experts"; }

ModelInfo describe(const Source& source) {
  const Metadata& metadata = source.file.metadata;
  const ModelShape& shape = source.model->shape();
  const auto number = [](size_t value) { return std::to_string(value); };
  ModelInfo info;
  info.path = source.file.path;
  info.architecture = std::string(metadata.text("general.architecture").value_or(""));
  info.name = std::string(metadata.text("general.name").value_or(""));
  info.parameters = source.parameters;
  info.active_parameters = source.active_parameters;
  for (const File& file : source.file.files) info.file_bytes += file.size();
  for (const TrunkBinding& binding : source.binder->trunk()) {
    info.trunk_bytes += binding.tensor->bytes;
  }
  info.units = source.binder->catalog().units();
  info.unit_kind = unit_kind(shape);
  info.unit_bytes = source.binder->catalog().total_bytes();
  info.hyper = {{"layers", number(shape.layers)},
                {"width", number(shape.width)},
                {"query heads", number(shape.query_heads)},
                {"key/value heads", number(shape.kv_heads)},
                {"head dimension", number(shape.head_dim)},
                {"vocabulary", number(shape.vocabulary)},
                {"context", number(shape.context_length)}};
  if (shape.experts > 0) {
    info.hyper.insert(info.hyper.end(), {{"experts", number(shape.experts)},
                                         {"experts used", number(shape.experts_used)}});
  }
  for (auto& item : source.model->describe()) info.hyper.push_back(std::move(item));
  info.tokenizer = source.text->describe();
  info.chat_template = std::string(metadata.text("tokenizer.chat_template").value_or(""));
  for (const auto& [key, value] : metadata.all()) {
    if (key != "tokenizer.chat_template") info.metadata.emplace_back(key, summary(value));
  }
  for (const TensorInfo& tensor : source.file.tensors.all()) {
    TensorSummary row;
    row.name = tensor.name;
    row.type = std::string(dtype_info(tensor.type).name);
    row.file = source.file.files[static_cast<size_t>(tensor.file)].path();
    row.shape.assign(tensor.shape.begin(), tensor.shape.begin() + tensor.dimensions);
    row.offset = tensor.offset;
    row.bytes = tensor.bytes;
    info.tensors.push_back(std::move(row));
  }
  return info;
}

}  // namespace sluice
