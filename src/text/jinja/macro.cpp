#include "text/jinja/macro.hpp"

namespace sluice::jinja {

namespace {

Loop& loop_of(const Call& call) { return static_cast<Loop&>(call.subject.object()); }

Result<Value> cycle(Call& call) {
  const std::vector<Value>& values = call.arguments.positional;
  if (values.empty()) return fail("cycle needs values");
  return values[loop_of(call).index % values.size()];
}

Result<Value> changed(Call& call) {
  Loop& loop = loop_of(call);
  const std::vector<Value>& now = call.arguments.positional;
  bool same = loop.last_changed && loop.last_changed->size() == now.size();
  for (size_t i = 0; same && i < now.size(); ++i) {
    SLUICE_LET(same, equal(call.runtime, now[i], (*loop.last_changed)[i]));
  }
  if (!same) loop.last_changed = now;
  return Value(!same);
}

constexpr Builtin kCycle{"cycle", "*", cycle};
constexpr Builtin kChanged{"changed", "*", changed};

}  // namespace

std::optional<Value> Loop::attribute(Runtime& runtime, std::string_view name) const {
  const auto number = [](size_t value) { return Value(Integer(value)); };
  const auto method = [&](const Builtin& builtin) {
    Object* const self = const_cast<Loop*>(this);
    return Value(
        static_cast<Object*>(runtime.keep(std::make_unique<Method>(builtin, Value(self)))));
  };
  if (name == "index") return number(index + 1);
  if (name == "index0") return number(index);
  if (name == "revindex") return number(items.size() - index);
  if (name == "revindex0") return number(items.size() - index - 1);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == items.size());
  if (name == "length") return number(items.size());
  if (name == "depth") return number(depth + 1);
  if (name == "depth0") return number(depth);
  if (name == "previtem")
    return index == 0 ? undefined("there is no previous item") : items[index - 1];
  if (name == "nextitem")
    return index + 1 == items.size() ? undefined("there is no next item") : items[index + 1];
  if (name == "cycle") return method(kCycle);
  if (name == "changed") return method(kChanged);
  return std::nullopt;
}

}  // namespace sluice::jinja
