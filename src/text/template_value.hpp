// What a chat template is given: JSON, with keys in the order they came.
// Threads: values. Cost: a tree of vectors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

class TemplateValue {
 public:
  using List = std::vector<TemplateValue>;
  using Map = std::vector<std::pair<std::string, TemplateValue>>;
  /// An integer too large for int64_t, as its digits.
  struct BigInteger {
    std::string digits;
  };
  using State =
      std::variant<std::monostate, bool, int64_t, BigInteger, double, std::string, List, Map>;

  TemplateValue() = default;  ///< null
  TemplateValue(bool value) : state(value) {}
  TemplateValue(int64_t value) : state(value) {}
  TemplateValue(int value) : state(int64_t{value}) {}
  TemplateValue(double value) : state(value) {}
  TemplateValue(BigInteger value) : state(std::move(value)) {}
  TemplateValue(std::string value) : state(std::move(value)) {}
  TemplateValue(const char* value) : state(std::string(value)) {}
  TemplateValue(List value) : state(std::move(value)) {}
  TemplateValue(Map value) : state(std::move(value)) {}

  bool is_null() const { return state.index() == 0; }
  /// The list, map or string, or null.
  const List* list() const { return std::get_if<List>(&state); }
  const Map* map() const { return std::get_if<Map>(&state); }
  const std::string* text() const { return std::get_if<std::string>(&state); }
  /// The value of a key of a map, or null.
  const TemplateValue* find(std::string_view key) const;
  /// Sets a key of a map; a value that is no map becomes one.
  void set(std::string_view key, TemplateValue value);

  /// Reads JSON as Python does: a key that comes twice has its last value, NaN and Infinity are
  /// numbers. Errors: invalid, with the byte where it went wrong; nesting beyond 200 too.
  static Result<TemplateValue> parse(std::string_view json);

  State state;
};

}  // namespace sluice
