#include "formats/gguf_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

namespace {

/// The ids of value types (GGUF specification, gguf_metadata_value_type).
enum class GgufType : uint32_t {
  u8 = 0, i8 = 1, u16 = 2, i16 = 3, u32 = 4, i32 = 5, f32 = 6, boolean = 7, string = 8,
  array = 9, u64 = 10, i64 = 11, f64 = 12,
};

/// Space asked for in advance; longer arrays grow as their entries really arrive.
constexpr uint64_t kReservedEntriesMax = 1 << 20;
/// Entries of a numeric array read at a time; of the widest type they fill half the window.
constexpr uint64_t kEntriesAtOnce = 4096;

Error undefined_type(const HeaderInput& input, uint32_t id) {
  return input.error(Code::corrupt,
                     fmt::format("value type {} is not defined (the format has 0 to 12)", id));
}

Error not_a_bool(const HeaderInput& input, unsigned value) {
  return input.error(Code::corrupt, fmt::format("a bool is {} instead of 0 or 1", value));
}

template <typename T, typename Stored>
Result<MetadataValue> read_number(HeaderInput& input) {
  SLUICE_LET(const T value, input.number<T>());
  return MetadataValue(std::in_place_type<Stored>, static_cast<Stored>(value));
}

Result<MetadataValue> read_bool(HeaderInput& input) {
  SLUICE_LET(const uint8_t value, input.number<uint8_t>());
  if (value > 1) return not_a_bool(input, value);
  return MetadataValue(std::in_place_type<bool>, value == 1);
}

Result<MetadataValue> read_string(HeaderInput& input) {
  SLUICE_LET(const uint64_t length, input.number<uint64_t>());
  SLUICE_LET(const std::string_view text, input.bytes(length));
  return MetadataValue(std::in_place_type<std::string>, text);
}

/// `T` as it lies in the file, `Stored` as Metadata keeps it.
template <typename T, typename Stored>
Result<MetadataValue> read_numbers(HeaderInput& input, uint64_t count) {
  SLUICE_TRY(input.require(count, sizeof(T)));
  std::vector<Stored> values;
  values.reserve(std::min(count, kReservedEntriesMax));
  while (values.size() < count) {
    const uint64_t step = std::min(count - values.size(), kEntriesAtOnce);
    SLUICE_LET(const std::string_view raw, input.bytes(step * sizeof(T)));
    for (size_t i = 0; i < step; ++i) {
      T value;
      std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
      if constexpr (std::is_same_v<T, uint64_t>) {
        if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
          return input.error(Code::unsupported,
                             fmt::format("an entry of an array is {}, which does not fit a signed "
                                         "64-bit integer", value));
        }
      }
      values.push_back(static_cast<Stored>(value));
    }
  }
  return MetadataValue(std::in_place_type<std::vector<Stored>>, std::move(values));
}

Result<MetadataValue> read_bools(HeaderInput& input, uint64_t count) {
  SLUICE_LET(MetadataValue value, (read_numbers<uint8_t, int64_t>(input, count)));
  for (const int64_t entry : std::get<std::vector<int64_t>>(value)) {
    if (entry > 1) return not_a_bool(input, static_cast<unsigned>(entry));
  }
  return value;
}

Result<MetadataValue> read_strings(HeaderInput& input, uint64_t count) {
  SLUICE_TRY(input.require(count, sizeof(uint64_t)));
  StringTable strings;
  strings.reserve(std::min(count, kReservedEntriesMax), 0);
  for (uint64_t i = 0; i < count; ++i) {
    SLUICE_LET(const uint64_t length, input.number<uint64_t>());
    SLUICE_LET(const std::string_view text, input.bytes(length));
    strings.push_back(text);
  }
  return MetadataValue(std::in_place_type<StringTable>, std::move(strings));
}

Result<MetadataValue> read_array(HeaderInput& input) {
  SLUICE_LET(const uint32_t id, input.number<uint32_t>());
  SLUICE_LET(const uint64_t count, input.number<uint64_t>());
  switch (static_cast<GgufType>(id)) {
    case GgufType::u8: return read_numbers<uint8_t, int64_t>(input, count);
    case GgufType::i8: return read_numbers<int8_t, int64_t>(input, count);
    case GgufType::u16: return read_numbers<uint16_t, int64_t>(input, count);
    case GgufType::i16: return read_numbers<int16_t, int64_t>(input, count);
    case GgufType::u32: return read_numbers<uint32_t, int64_t>(input, count);
    case GgufType::i32: return read_numbers<int32_t, int64_t>(input, count);
    case GgufType::u64: return read_numbers<uint64_t, int64_t>(input, count);
    case GgufType::i64: return read_numbers<int64_t, int64_t>(input, count);
    case GgufType::f32: return read_numbers<float, float>(input, count);
    case GgufType::f64: return read_numbers<double, double>(input, count);
    case GgufType::boolean: return read_bools(input, count);
    case GgufType::string: return read_strings(input, count);
    case GgufType::array:
      return input.error(Code::unsupported, "an array of arrays, which no known model needs");
  }
  return undefined_type(input, id);
}

}  // namespace

Result<MetadataValue> read_gguf_value(HeaderInput& input) {
  SLUICE_LET(const uint32_t id, input.number<uint32_t>());
  switch (static_cast<GgufType>(id)) {
    case GgufType::u8: return read_number<uint8_t, uint64_t>(input);
    case GgufType::i8: return read_number<int8_t, int64_t>(input);
    case GgufType::u16: return read_number<uint16_t, uint64_t>(input);
    case GgufType::i16: return read_number<int16_t, int64_t>(input);
    case GgufType::u32: return read_number<uint32_t, uint64_t>(input);
    case GgufType::i32: return read_number<int32_t, int64_t>(input);
    case GgufType::u64: return read_number<uint64_t, uint64_t>(input);
    case GgufType::i64: return read_number<int64_t, int64_t>(input);
    case GgufType::f32: return read_number<float, double>(input);
    case GgufType::f64: return read_number<double, double>(input);
    case GgufType::boolean: return read_bool(input);
    case GgufType::string: return read_string(input);
    case GgufType::array: return read_array(input);
  }
  return undefined_type(input, id);
}

}  // namespace sluice
