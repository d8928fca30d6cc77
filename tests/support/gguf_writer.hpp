// Builds GGUF files for tests: every metadata type, tensors of any shape, split models, and, on
// purpose, files that are wrong. Not for real models: everything is put together in memory.
//
//   GgufWriter writer;
//   writer.put("general.architecture", "qwen3moe").put("qwen3moe.block_count", uint32_t{2});
//   writer.add_tensor("output_norm.weight", DType::f32, {64}, bytes);
//   write_file(path, writer.build());
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensor/dtype.hpp"

namespace sluice::test {

/// The ids of metadata value types.
enum class ValueType : uint32_t {
  u8 = 0, i8 = 1, u16 = 2, i16 = 3, u32 = 4, i32 = 5, f32 = 6, boolean = 7, string = 8,
  array = 9, u64 = 10, i64 = 11, f64 = 12,
};

/// The bytes of a number as they lie in a file.
template <typename T>
std::string number_bytes(T value) {
  static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A string as it lies in a file: length, then text.
inline std::string string_bytes(std::string_view text) {
  return number_bytes(static_cast<uint64_t>(text.size())) + std::string(text);
}

/// "blk7" of "blk" and 7. (Joined with +, GCC 12 warns of an overlap that cannot be, at -O3.)
inline std::string numbered(std::string_view prefix, uint64_t number) {
  std::string text(prefix);
  text += std::to_string(number);
  return text;
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct WrittenTensor {
  std::string name;
  uint32_t type = 0;
  std::vector<uint64_t> shape;      // GGUF order: the first is contiguous
  std::string bytes;
  std::optional<uint64_t> offset;   // instead of the next free one
};

class GgufWriter {
 public:
  // What the header says; only tests of wrong files set the counts.
  std::string magic = "GGUF";
  uint32_t version = 3;
  uint64_t alignment = 32;
  std::optional<uint64_t> tensor_count;
  std::optional<uint64_t> metadata_count;
  bool pad_end = true;   // pad the last tensor to the alignment, as the usual writers do

  template <typename T>
  GgufWriter& put(std::string_view key, T value) {
    return put_raw(key, type_of<T>(), number_bytes(value));
  }
  GgufWriter& put(std::string_view key, const char* text) {
    return put_raw(key, ValueType::string, string_bytes(text));
  }
  GgufWriter& put(std::string_view key, const std::string& text) {
    return put_raw(key, ValueType::string, string_bytes(text));
  }
  template <typename T>
  GgufWriter& put(std::string_view key, const std::vector<T>& values) {
    std::string bytes;
    ValueType type = ValueType::string;
    if constexpr (std::is_same_v<T, std::string>) {
      for (const std::string& text : values) bytes += string_bytes(text);
    } else {
      type = type_of<T>();
      for (const T value : values) bytes += number_bytes(value);
    }
    return put_array(key, type, values.size(), bytes);
  }
  /// An array with any element type, count and content.
  GgufWriter& put_array(std::string_view key, ValueType type, uint64_t count,
                        std::string_view bytes) {
    return put_raw(key, ValueType::array,
                   number_bytes(type) + number_bytes(count) + std::string(bytes));
  }
  /// A value with any type and content.
  GgufWriter& put_raw(std::string_view key, ValueType type, std::string_view bytes) {
    metadata_.push_back(string_bytes(key) + number_bytes(type) + std::string(bytes));
    return *this;
  }
  /// All metadata of another writer, after what is there.
  GgufWriter& put_all(const GgufWriter& other) {
    metadata_.insert(metadata_.end(), other.metadata_.begin(), other.metadata_.end());
    return *this;
  }
  /// Sets general.alignment, and obeys it.
  GgufWriter& align(uint32_t bytes) {
    alignment = bytes;
    return put("general.alignment", bytes);
  }

  GgufWriter& add_tensor(std::string_view name, DType type, std::vector<uint64_t> shape,
                         std::string bytes) {
    return add_tensor({std::string(name), static_cast<uint32_t>(type), std::move(shape),
                       std::move(bytes), std::nullopt});
  }
  /// A tensor of zeros, as many as its type and shape need.
  GgufWriter& add_zeros(std::string_view name, DType type, std::vector<uint64_t> shape) {
    uint64_t count = row_bytes(type, shape[0]);
    for (size_t i = 1; i < shape.size(); ++i) count *= shape[i];
    return add_tensor(name, type, std::move(shape), std::string(count, '\0'));
  }
  /// A tensor with any fields.
  GgufWriter& add_tensor(WrittenTensor tensor) {
    tensors_.push_back(std::move(tensor));
    return *this;
  }

  /// Everything before the padding and the weights.
  std::string build_header() const {
    std::string out = magic + number_bytes(version) +
                      number_bytes(tensor_count.value_or(tensors_.size())) +
                      number_bytes(metadata_count.value_or(metadata_.size()));
    for (const std::string& entry : metadata_) out += entry;
    uint64_t next = 0;
    for (const WrittenTensor& tensor : tensors_) {
      out += string_bytes(tensor.name);
      out += number_bytes(static_cast<uint32_t>(tensor.shape.size()));
      for (const uint64_t size : tensor.shape) out += number_bytes(size);
      out += number_bytes(tensor.type) + number_bytes(tensor.offset.value_or(next));
      next = padded(next + tensor.bytes.size());
    }
    return out;
  }

  /// The whole file.
  std::string build() const {
    std::string out = build_header();
    for (const WrittenTensor& tensor : tensors_) {
      out.resize(padded(out.size()), '\0');
      out += tensor.bytes;
    }
    if (pad_end) out.resize(padded(out.size()), '\0');
    return out;
  }

  /// The files of a split model: the first with all metadata and no tensors if
  /// `metadata_alone`, then `tensors_per_shard` tensors in each.
  std::vector<GgufWriter> split(size_t tensors_per_shard, bool metadata_alone = false) const {
    std::vector<std::vector<WrittenTensor>> groups;
    if (metadata_alone) groups.emplace_back();
    for (size_t i = 0; i < tensors_.size(); ++i) {
      if (i % tensors_per_shard == 0) groups.emplace_back();
      groups.back().push_back(tensors_[i]);
    }
    std::vector<GgufWriter> shards;
    for (size_t i = 0; i < groups.size(); ++i) {
      GgufWriter shard;
      shard.version = version;
      shard.alignment = alignment;
      if (i == 0) {
        shard.metadata_ = metadata_;
      } else if (alignment != 32) {
        shard.align(static_cast<uint32_t>(alignment));
      }
      shard.put("split.no", static_cast<uint16_t>(i));
      shard.put("split.count", static_cast<uint16_t>(groups.size()));
      shard.put("split.tensors.count", static_cast<int32_t>(tensors_.size()));
      shard.tensors_ = std::move(groups[i]);
      shards.push_back(std::move(shard));
    }
    return shards;
  }

  /// PREFIX-00002-of-00005.gguf, counted from 1.
  static std::string shard_path(const std::string& prefix, size_t number, size_t count) {
    const auto digits = [](size_t value) {
      const std::string text = std::to_string(value);
      return std::string(5 - text.size(), '0') + text;
    };
    return prefix + "-" + digits(number) + "-of-" + digits(count) + ".gguf";
  }

  /// Writes a split model and returns the path of its first file.
  std::string write_split(const std::string& prefix, size_t tensors_per_shard,
                          bool metadata_alone = false) const {
    const std::vector<GgufWriter> shards = split(tensors_per_shard, metadata_alone);
    for (size_t i = 0; i < shards.size(); ++i) {
      write_file(shard_path(prefix, i + 1, shards.size()), shards[i].build());
    }
    return shard_path(prefix, 1, shards.size());
  }

 private:
  uint64_t padded(uint64_t size) const { return (size + alignment - 1) / alignment * alignment; }

  template <typename T>
  static constexpr ValueType type_of() {
    if constexpr (std::is_same_v<T, bool>) return ValueType::boolean;
    if constexpr (std::is_same_v<T, uint8_t>) return ValueType::u8;
    if constexpr (std::is_same_v<T, int8_t>) return ValueType::i8;
    if constexpr (std::is_same_v<T, uint16_t>) return ValueType::u16;
    if constexpr (std::is_same_v<T, int16_t>) return ValueType::i16;
    if constexpr (std::is_same_v<T, uint32_t>) return ValueType::u32;
    if constexpr (std::is_same_v<T, int32_t>) return ValueType::i32;
    if constexpr (std::is_same_v<T, uint64_t>) return ValueType::u64;
    if constexpr (std::is_same_v<T, int64_t>) return ValueType::i64;
    if constexpr (std::is_same_v<T, float>) return ValueType::f32;
    if constexpr (std::is_same_v<T, double>) return ValueType::f64;
  }

  std::vector<std::string> metadata_;   // each as it lies in the file
  std::vector<WrittenTensor> tensors_;
};

}  // namespace sluice::test
