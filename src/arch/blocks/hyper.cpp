#include "arch/blocks/hyper.hpp"

namespace sluice {

namespace {

constexpr uint64_t kLayersMax = 1024;
constexpr uint64_t kWidthMax = 1 << 17;
constexpr uint64_t kInnerMax = 1 << 20;
constexpr uint64_t kContextMax = 1 << 28;
constexpr uint64_t kHeadsMax = 4096;
constexpr uint64_t kHeadDimMax = 4096;

std::string key_of(std::string_view prefix, std::string_view name) {
  return std::string(prefix) + "." + std::string(name);
}

Result<void> read_heads(const Metadata& metadata, std::string_view prefix, ModelShape& shape) {
  const std::string a = key_of(prefix, "attention.");
  SLUICE_LET(shape.query_heads, metadata.require(a + "head_count", 1, kHeadsMax));
  shape.kv_heads = shape.query_heads;
  if (metadata.contains(a + "head_count_kv")) {
    SLUICE_LET(shape.kv_heads, metadata.require(a + "head_count_kv", 1, shape.query_heads));
  }
  shape.head_dim = shape.width / shape.query_heads;
  if (metadata.contains(a + "key_length")) {
    SLUICE_LET(shape.head_dim, metadata.require(a + "key_length", 2, kHeadDimMax));
  }
  if (metadata.contains(a + "value_length")) {
    SLUICE_TRY(metadata.require(a + "value_length", shape.head_dim, shape.head_dim));
  }
  if (shape.query_heads % shape.kv_heads == 0) return {};
  return Error{Code::corrupt, a + "head_count " + std::to_string(shape.query_heads) +
                                  " is not a multiple of head_count_kv " +
                                  std::to_string(shape.kv_heads)};
}

}  // namespace

std::string layer_prefix(size_t index) { return "blk." + std::to_string(index) + "."; }

Result<ModelShape> read_shape(const Metadata& metadata, std::string_view prefix) {
  ModelShape shape;
  SLUICE_LET(shape.layers, metadata.require(key_of(prefix, "block_count"), 1, kLayersMax));
  SLUICE_LET(shape.width, metadata.require(key_of(prefix, "embedding_length"), 1, kWidthMax));
  SLUICE_LET(shape.context_length,
             metadata.require(key_of(prefix, "context_length"), 1, kContextMax));
  SLUICE_TRY(read_heads(metadata, prefix, shape));
  return shape;
}

Result<size_t> read_inner_width(const Metadata& metadata, std::string_view prefix,
                                std::string_view name) {
  SLUICE_LET(const size_t width, metadata.require(key_of(prefix, name), 1, kInnerMax));
  return width;
}

Result<float> read_epsilon(const Metadata& metadata, std::string_view prefix) {
  const std::string key = key_of(prefix, "attention.layer_norm_rms_epsilon");
  const double epsilon = metadata.real(key).value_or(1e-6);
  if (epsilon > 0 && epsilon < 1) return static_cast<float>(epsilon);
  return Error{Code::corrupt, key + " is out of range"};
}

Result<size_t> read_window(const Metadata& metadata, std::string_view prefix) {
  const std::string key = key_of(prefix, "attention.sliding_window");
  if (!metadata.contains(key)) return size_t{0};
  SLUICE_LET(const size_t window, metadata.require(key, 0, kContextMax));
  return window;
}

Result<float> read_optional(const Metadata& metadata, std::string_view prefix,
                            std::string_view name) {
  const std::string key = key_of(prefix, name);
  const double value = metadata.real(key).value_or(0);
  if (value >= 0 && value < 1e9) return static_cast<float>(value);
  return Error{Code::corrupt, key + " " + std::to_string(value) + " is out of range"};
}

}  // namespace sluice
