// Filters that apply another filter or a test to each item: map, select, reject and their kin.
#include "text/jinja/attribute_path.hpp"
#include "text/jinja/builtin.hpp"

namespace sluice::jinja {

namespace {

// Takes the first positional argument away.
Result<Value> take_first(Arguments& arguments, std::string_view what) {
  if (arguments.positional.empty()) return fail("needs " + std::string(what));
  Value value = std::move(arguments.positional.front());
  arguments.positional.erase(arguments.positional.begin());
  return value;
}

std::optional<Value> take_named(Arguments& arguments, std::string_view name) {
  for (auto entry = arguments.named.begin(); entry != arguments.named.end(); ++entry) {
    if (entry->first != name) continue;
    Value value = std::move(entry->second);
    arguments.named.erase(entry);
    return value;
  }
  return std::nullopt;
}

// The items of a filtered list; a failure in the middle happens when the list is used so far, as
// Python's generators have it.
class Collector {
 public:
  Collector(Runtime& runtime, const Value& subject) : runtime_(runtime) {
    auto items = iterate(runtime, subject);
    if (items) {
      items_ = *std::move(items);
    } else {
      items_.failure = items.error();
    }
  }

  /// Gives every item to `transform`, which returns the value to keep, or nothing.
  template <typename Transform>
  Result<Value> run(Transform transform) {
    std::vector<Value> kept;
    for (const Value& item : items_.values) {
      Result<std::optional<Value>> outcome = transform(item);
      if (!outcome && outcome.error().code == Code::budget) return outcome.error();
      if (!outcome) return runtime_.generator(std::move(kept), outcome.error());
      if (*outcome) kept.push_back(**std::move(outcome));
    }
    return runtime_.generator(std::move(kept), std::move(items_.failure));
  }

 private:
  Runtime& runtime_;
  Items items_;
};

Result<Value> map_attribute(Call& call) {
  const auto attribute = take_named(call.arguments, "attribute");
  const Value fallback = take_named(call.arguments, "default").value_or(None{});
  if (!call.arguments.named.empty()) return fail("map: an argument has an unknown name");
  const AttributePath path = AttributePath::parse(call.runtime, *attribute);
  return Collector(call.runtime, call.subject)
      .run([&](const Value& item) -> Result<std::optional<Value>> {
        SLUICE_LET(Value value, path.get(call.runtime, item, fallback));
        return std::optional<Value>(std::move(value));
      });
}

// Jinja looks at nothing else, not even at the arguments, if there are no items; none has no items.
bool has_no_items(const Call& call) { return !call.subject.truthy(); }

Result<Value> map(Call& call) {
  if (has_no_items(call)) return call.runtime.generator({});
  bool by_attribute = false;
  for (const auto& [name, value] : call.arguments.named)
    by_attribute = by_attribute || name == "attribute";
  if (by_attribute && call.arguments.positional.empty()) return map_attribute(call);
  SLUICE_LET(const Value name, take_first(call.arguments, "a filter"));
  if (!name.is(Kind::string)) return fail("map needs the name of a filter");
  return Collector(call.runtime, call.subject)
      .run([&](const Value& item) -> Result<std::optional<Value>> {
        SLUICE_LET(Value value, apply_filter(call.runtime, name.bytes(), item, call.arguments));
        return std::optional<Value>(std::move(value));
      });
}

template <bool wanted, bool by_attribute>
Result<Value> select(Call& call) {
  if (has_no_items(call)) return call.runtime.generator({});
  AttributePath path;
  if (by_attribute) {
    SLUICE_LET(const Value attribute, take_first(call.arguments, "an attribute"));
    path = AttributePath::parse(call.runtime, attribute);
  }
  std::optional<Value> test;
  if (!call.arguments.positional.empty()) {
    SLUICE_LET(test, take_first(call.arguments, "a test"));
    if (!test->is(Kind::string)) return fail("select needs the name of a test");
  }
  return Collector(call.runtime, call.subject)
      .run([&](const Value& item) -> Result<std::optional<Value>> {
        SLUICE_LET(const Value value, path.get(call.runtime, item));
        bool passed = value.truthy();
        if (test) {
          SLUICE_LET(passed, apply_test(call.runtime, test->bytes(), value, call.arguments));
        }
        return passed == wanted ? std::optional<Value>(item) : std::nullopt;
      });
}

constexpr Builtin kFilters[] = {
    {"map", "*", map},
    {"reject", "*", select<false, false>},
    {"rejectattr", "*", select<false, true>},
    {"select", "*", select<true, false>},
    {"selectattr", "*", select<true, true>},
};

}  // namespace

std::span<const Builtin> select_filters() { return kFilters; }

}  // namespace sluice::jinja
