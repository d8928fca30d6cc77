// Equality, order and membership of values.
#include <cstring>

#include "text/jinja/number.hpp"
#include "text/jinja/runtime.hpp"

namespace sluice::jinja {

namespace {

// Values refer to each other and may form cycles; Python gives up on them as well.
constexpr int kCompareDepth = 100;

Result<bool> equal_at(Runtime& runtime, const Value& left, const Value& right, int depth);

bool is_number(const Value& value) {
  return value.is(Kind::boolean) || value.is(Kind::integer) || value.is(Kind::real);
}

// Lists equal lists and tuples tuples; ranges and views are compared as their items.
Result<bool> equal_arrays(Runtime& runtime, const Array& left, const Array& right, int depth) {
  if (&left == &right) return true;
  if (left.flavor != right.flavor || left.flavor == Flavor::generator) return false;
  if (left.items.size() != right.items.size()) return false;
  for (size_t i = 0; i < left.items.size(); ++i) {
    SLUICE_LET(const bool same, equal_at(runtime, left.items[i], right.items[i], depth));
    if (!same) return false;
  }
  return true;
}

Result<bool> equal_dicts(Runtime& runtime, const Dict& left, const Dict& right, int depth) {
  if (&left == &right) return true;
  if (left.entries.size() != right.entries.size()) return false;
  for (const auto& [key, position] : left.positions) {
    const Value* const other = right.find_key(key);
    if (other == nullptr) return false;
    SLUICE_LET(const bool same,
               equal_at(runtime, left.entries[position].second, *other, depth));
    if (!same) return false;
  }
  return true;
}

Result<bool> equal_at(Runtime& runtime, const Value& left, const Value& right, int depth) {
  if (depth == 0) return too_deep();
  if (!runtime.spend_steps(1)) return runtime.exhausted();
  if (is_number(left) && is_number(right)) return compare_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::undefined:
    case Kind::none: return true;
    case Kind::string:
      runtime.spend_bytes(left.text().size() / 8);
      return left.bytes() == right.bytes();
    case Kind::array: return equal_arrays(runtime, left.array(), right.array(), depth - 1);
    case Kind::dict: return equal_dicts(runtime, left.dict(), right.dict(), depth - 1);
    case Kind::object: return &left.object() == &right.object();
    default: return false;
  }
}

Error no_order(const Value& left, const Value& right) {
  return fail("'<' is not defined between " + std::string(left.type_name()) + " and " +
              std::string(right.type_name()));
}

Result<bool> less_at(Runtime& runtime, const Value& left, const Value& right, int depth) {
  if (depth == 0) return too_deep();
  if (!runtime.spend_steps(1)) return runtime.exhausted();
  if (is_number(left) && is_number(right)) {
    const auto order = compare_numbers(left, right);
    return order && *order < 0;
  }
  if (left.is(Kind::string) && right.is(Kind::string)) {
    runtime.spend_bytes(left.text().size() / 8);
    return left.bytes() < right.bytes();  // UTF-8 has the order of its code points
  }
  if (!left.is(Kind::array) || !right.is(Kind::array)) return no_order(left, right);
  const Array& a = left.array();
  const Array& b = right.array();
  if (a.flavor != b.flavor || (a.flavor != Flavor::list && a.flavor != Flavor::tuple))
    return no_order(left, right);
  for (size_t i = 0; i < a.items.size() && i < b.items.size(); ++i) {
    SLUICE_LET(const bool same, equal_at(runtime, a.items[i], b.items[i], depth - 1));
    if (!same) return less_at(runtime, a.items[i], b.items[i], depth - 1);
  }
  return a.items.size() < b.items.size();
}

}  // namespace

bool identical(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::none: return true;
    case Kind::boolean: return left.boolean() == right.boolean();
    case Kind::integer: return left.integer() == right.integer();
    case Kind::real: return left.real() == right.real();
    case Kind::string: return left.bytes() == right.bytes();
    case Kind::array: return &left.array() == &right.array();
    case Kind::dict: return &left.dict() == &right.dict();
    case Kind::object: return &left.object() == &right.object();
    // Every lookup that finds nothing makes its own.
    case Kind::undefined: return left.reason() && left.reason() == right.reason();
  }
  return false;
}

Result<bool> equal(Runtime& runtime, const Value& left, const Value& right) {
  return equal_at(runtime, left, right, kCompareDepth);
}

Result<bool> less(Runtime& runtime, const Value& left, const Value& right) {
  return less_at(runtime, left, right, kCompareDepth);
}

Result<bool> contains(Runtime& runtime, const Value& container, const Value& item) {
  if (container.is(Kind::string)) {
    if (!item.is(Kind::string))
      return fail("'in <string>' needs a string on its left, not " + std::string(item.type_name()));
    const std::string_view all = container.bytes();
    const std::string_view part = item.bytes();
    if (!runtime.spend_bytes(all.size())) return runtime.exhausted();
    // memmem is linear whatever the texts are; std::string_view::find is not.
    return part.empty() || memmem(all.data(), all.size(), part.data(), part.size()) != nullptr;
  }
  if (container.is(Kind::dict)) {
    const auto key = dict_key(item);
    if (!key) return fail("a " + std::string(item.type_name()) + " cannot be the key of a dict");
    return container.dict().find_key(*key) != nullptr;
  }
  SLUICE_LET(const std::vector<Value> items, all_items(runtime, container));
  for (const Value& candidate : items) {
    SLUICE_LET(const bool same, equal(runtime, candidate, item));
    if (same) return true;
  }
  return false;
}

}  // namespace sluice::jinja
