#include "text/jinja/value.hpp"

#include <cmath>

#include "text/jinja/number.hpp"

namespace sluice::jinja {

std::optional<Integer> Value::as_integer() const {
  if (is(Kind::integer)) return integer();
  if (is(Kind::boolean)) return Integer{boolean() ? 1 : 0};
  return std::nullopt;
}

std::optional<double> Value::as_real() const {
  if (is(Kind::real)) return real();
  if (const auto whole = as_integer()) return static_cast<double>(*whole);
  return std::nullopt;
}

bool Value::truthy() const {
  switch (kind()) {
    case Kind::undefined:
    case Kind::none: return false;
    case Kind::boolean: return boolean();
    case Kind::integer: return integer() != 0;
    case Kind::real: return real() != 0;
    case Kind::string: return !text().empty();
    case Kind::array: return array().flavor == Flavor::generator || !array().items.empty();
    case Kind::dict: return !dict().entries.empty();
    case Kind::object: return true;
  }
  return false;
}

std::string_view Value::type_name() const {
  static constexpr std::string_view kNames[] = {"Undefined", "NoneType", "bool", "int",   "float",
                                                "str",       "list",     "dict", "object"};
  static constexpr std::string_view kFlavors[] = {
      "list", "tuple", "range", "generator", "dict_keys", "dict_values", "dict_items"};
  if (is(Kind::array)) return kFlavors[static_cast<size_t>(array().flavor)];
  return kNames[static_cast<size_t>(kind())];
}

std::string dict_key(std::string_view text) { return "s" + std::string(text); }

namespace {

// Nested tuples are followed only so far; a template builds them at most as deep as it is nested.
constexpr int kTupleDepth = 32;

std::optional<std::string> key_of(const Value& value, int depth) {
  switch (value.kind()) {
    case Kind::undefined: return "u";
    case Kind::none: return "n";
    case Kind::boolean:
    case Kind::integer: return "i" + to_text(*value.as_integer());
    case Kind::real: {
      // Equal numbers are equal keys, whatever their type.
      const auto whole = whole_number(value.real());
      return whole ? "i" + to_text(*whole) : "f" + to_text(value.real());
    }
    case Kind::string: return dict_key(value.bytes());
    case Kind::array: {
      const Flavor flavor = value.array().flavor;
      if (flavor == Flavor::generator)
        return "o" + std::to_string(reinterpret_cast<uintptr_t>(&value.array()));
      if ((flavor != Flavor::tuple && flavor != Flavor::range) || depth == 0) return std::nullopt;
      std::string key = flavor == Flavor::range ? "r" : "t";
      for (const Value& item : value.array().items) {
        const auto part = key_of(item, depth - 1);
        if (!part) return std::nullopt;
        key += std::to_string(part->size()) + ":" + *part;
      }
      return key;
    }
    case Kind::dict: return std::nullopt;
    case Kind::object:
      return "o" + std::to_string(reinterpret_cast<uintptr_t>(&value.object()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> dict_key(const Value& value) { return key_of(value, kTupleDepth); }

const Value* Dict::find(std::string_view key) const { return find_key(dict_key(key)); }

const Value* Dict::find_key(const std::string& dict_key) const {
  const auto found = positions.find(dict_key);
  return found == positions.end() ? nullptr : &entries[found->second].second;
}

void Dict::set(std::string dict_key, Value key, Value value) {
  const auto [found, added] = positions.try_emplace(std::move(dict_key), entries.size());
  if (added) {
    entries.emplace_back(std::move(key), std::move(value));
  } else {
    entries[found->second].second = std::move(value);
  }
}

bool Dict::erase(const std::string& dict_key) {
  const auto found = positions.find(dict_key);
  if (found == positions.end()) return false;
  const size_t position = found->second;
  positions.erase(found);
  entries.erase(entries.begin() + static_cast<ptrdiff_t>(position));
  for (auto& [key, at] : positions)
    if (at > position) --at;
  return true;
}

}  // namespace sluice::jinja
