#include "formats/metadata.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "formats/quote.hpp"

namespace sluice {

namespace {

/// The value of a key if it is a T, else null.
template <typename T>
const T* find_as(const Metadata& metadata, std::string_view key) {
  const MetadataValue* value = metadata.find(key);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

Error wrong_value(std::string_view key, std::string_view reason, uint64_t low, uint64_t high) {
  std::string message = fmt::format("metadata key {} {}; ", quote(key), reason);
  message += low == high ? fmt::format("it must be {}", low)
                         : fmt::format("it must be an integer from {} to {}", low, high);
  return Error{Code::corrupt, std::move(message)};
}

}  // namespace

bool Metadata::contains(std::string_view key) const { return find(key) != nullptr; }

const MetadataValue* Metadata::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<uint64_t> Metadata::unsigned_integer(std::string_view key) const {
  if (const auto* value = find_as<uint64_t>(*this, key)) return *value;
  const auto* value = find_as<int64_t>(*this, key);
  if (value == nullptr || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

std::optional<int64_t> Metadata::signed_integer(std::string_view key) const {
  if (const auto* value = find_as<int64_t>(*this, key)) return *value;
  const auto* value = find_as<uint64_t>(*this, key);
  if (value == nullptr || *value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return static_cast<int64_t>(*value);
}

std::optional<double> Metadata::real(std::string_view key) const {
  if (const auto* value = find_as<double>(*this, key)) return *value;
  if (const auto* value = find_as<int64_t>(*this, key)) return static_cast<double>(*value);
  if (const auto* value = find_as<uint64_t>(*this, key)) return static_cast<double>(*value);
  return std::nullopt;
}

std::optional<bool> Metadata::boolean(std::string_view key) const {
  const auto* value = find_as<bool>(*this, key);
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<std::string_view> Metadata::text(std::string_view key) const {
  const auto* value = find_as<std::string>(*this, key);
  if (value == nullptr) return std::nullopt;
  return *value;
}

const StringTable* Metadata::strings(std::string_view key) const {
  return find_as<StringTable>(*this, key);
}

const std::vector<int64_t>* Metadata::integers(std::string_view key) const {
  return find_as<std::vector<int64_t>>(*this, key);
}

const std::vector<float>* Metadata::reals(std::string_view key) const {
  return find_as<std::vector<float>>(*this, key);
}

Result<uint64_t> Metadata::require(std::string_view key, uint64_t low, uint64_t high) const {
  if (!contains(key)) return wrong_value(key, "is missing", low, high);
  const auto value = unsigned_integer(key);
  if (!value) {
    const auto negative = signed_integer(key);
    return wrong_value(key, negative ? fmt::format("is {}", *negative) : "is not an integer", low,
                       high);
  }
  if (*value < low || *value > high) {
    return wrong_value(key, fmt::format("is {}", *value), low, high);
  }
  return *value;
}

bool Metadata::insert(std::string key, MetadataValue value) {
  return values_.try_emplace(std::move(key), std::move(value)).second;
}

StringTable Metadata::take_strings(std::string_view key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  auto* table = std::get_if<StringTable>(&found->second);
  if (table == nullptr) return {};
  StringTable taken = std::move(*table);
  values_.erase(found);
  return taken;
}

}  // namespace sluice
