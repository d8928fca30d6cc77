// The key-value metadata of a model file, typed, with lookups that convert between integer widths.
// Threads: const after loading. Cost: arrays are stored packed (StringTable, vectors).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/string_table.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// One value. Integers of every width become uint64_t or int64_t, floats become double; arrays of
/// integers and bools become vector<int64_t>, of f32 vector<float>, of f64 vector<double>.
using MetadataValue = std::variant<uint64_t, int64_t, double, bool, std::string,
                                   std::vector<int64_t>, std::vector<float>, std::vector<double>,
                                   StringTable>;

class Metadata {
 public:
  bool contains(std::string_view key) const;
  const MetadataValue* find(std::string_view key) const;
  const std::map<std::string, MetadataValue, std::less<>>& all() const { return values_; }

  // Optional lookups: nothing if the key is absent or holds another kind of value. Any integer
  // width is accepted where it fits; a float lookup accepts integers as well.
  std::optional<uint64_t> unsigned_integer(std::string_view key) const;
  std::optional<int64_t> signed_integer(std::string_view key) const;
  std::optional<double> real(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string_view> text(std::string_view key) const;
  const StringTable* strings(std::string_view key) const;
  const std::vector<int64_t>* integers(std::string_view key) const;
  const std::vector<float>* reals(std::string_view key) const;

  /// A required unsigned integer in [low, high]. Errors: corrupt, naming key, value and bounds.
  Result<uint64_t> require(std::string_view key, uint64_t low, uint64_t high) const;

  /// Adds a value; false if the key was there already.
  bool insert(std::string key, MetadataValue value);
  /// Moves a string array out (the tokenizer takes the vocabulary) and removes its key; empty if
  /// absent.
  StringTable take_strings(std::string_view key);

 private:
  std::map<std::string, MetadataValue, std::less<>> values_;
};

}  // namespace sluice
