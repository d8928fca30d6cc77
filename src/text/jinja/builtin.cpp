#include "text/jinja/builtin.hpp"

#include <algorithm>

namespace sluice::jinja {

namespace {

struct Parameter {
  std::string_view name;
  bool optional = false;
};

std::vector<Parameter> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool optional = name.back() == '?';
    if (optional) name.remove_suffix(1);
    parameters.push_back({name, optional});
  }
  return parameters;
}

Error wrong_arguments(const Builtin& builtin, std::string_view what) {
  return fail("'" + std::string(builtin.name) + "' " + std::string(what));
}

const Builtin* find(std::span<const Builtin> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Builtin& builtin) { return builtin.name == name; });
  return found == table.end() ? nullptr : &*found;
}

Error wrong_type(const Value& value, std::string_view wanted) {
  return fail("an argument of type " + std::string(value.type_name()) + " stands where " +
              std::string(wanted) + " is needed");
}

}  // namespace

Result<Integer> Call::integer(size_t position, Integer fallback) const {
  if (!has(position)) return fallback;
  const auto number = values[position]->as_integer();
  if (!number) return wrong_type(*values[position], "an integer");
  return *number;
}

Result<size_t> Call::count(size_t position, size_t fallback) const {
  SLUICE_LET(const Integer number, integer(position, Integer(fallback)));
  return static_cast<size_t>(std::clamp<Integer>(number, 0, INT32_MAX));
}

Result<MarkedText> Call::text(size_t position, std::string_view fallback) const {
  if (!has(position)) return MarkedText(std::string(fallback));
  if (!values[position]->is(Kind::string)) return wrong_type(*values[position], "a string");
  return values[position]->text();
}

Result<Value> call_builtin(Runtime& runtime, const Builtin& builtin, const Value& subject,
                           Arguments arguments) {
  if (builtin.apply == nullptr) return wrong_arguments(builtin, "is not supported");
  Call call{runtime, subject, {}, {}};
  if (builtin.parameters == "*") {
    call.arguments = std::move(arguments);
    return builtin.apply(call);
  }
  const std::vector<Parameter> parameters = parse_parameters(builtin.parameters);
  if (arguments.positional.size() > parameters.size())
    return wrong_arguments(builtin, "got too many arguments");
  call.values.resize(parameters.size());
  std::move(arguments.positional.begin(), arguments.positional.end(), call.values.begin());
  for (auto& [name, value] : arguments.named) {
    const auto is_named = [&wanted = name](const Parameter& known) { return known.name == wanted; };
    const auto at = std::find_if(parameters.begin(), parameters.end(), is_named);
    if (at == parameters.end()) return wrong_arguments(builtin, "has no parameter '" + name + "'");
    auto& slot = call.values[static_cast<size_t>(at - parameters.begin())];
    if (slot) return wrong_arguments(builtin, "got '" + name + "' twice");
    slot = std::move(value);
  }
  for (size_t i = 0; i < parameters.size(); ++i)
    if (!parameters[i].optional && !call.has(i))
      return wrong_arguments(builtin, "needs '" + std::string(parameters[i].name) + "'");
  return builtin.apply(call);
}

const Builtin* find_filter(std::string_view name) {
  for (const auto table : {text_filters(), list_filters(), select_filters()})
    if (const Builtin* const found = find(table, name)) return found;
  return nullptr;
}

const Builtin* find_method(const Value& subject, std::string_view name) {
  if (subject.is(Kind::string)) return find(text_methods(), name);
  if (subject.is(Kind::dict)) return find(dict_methods(), name);
  if (!subject.is(Kind::array)) return nullptr;
  const Flavor flavor = subject.array().flavor;
  if (flavor == Flavor::list) return find(list_methods(), name);
  const bool counts = flavor == Flavor::tuple || flavor == Flavor::range;
  return counts && (name == "index" || name == "count") ? find(list_methods(), name) : nullptr;
}

Result<Value> apply_filter(Runtime& runtime, std::string_view name, const Value& subject,
                           Arguments arguments) {
  const Builtin* const filter = find_filter(name);
  if (filter == nullptr) return fail("there is no filter '" + std::string(name) + "'");
  // map('map', 'map', ...) calls itself as often as it has arguments.
  const DepthGuard guard(runtime.depth(), runtime.limits().depth);
  if (!guard.ok()) return too_deep();
  return call_builtin(runtime, *filter, subject, std::move(arguments));
}

Result<bool> apply_test(Runtime& runtime, std::string_view name, const Value& subject,
                        Arguments arguments) {
  const Builtin* const test = find_test(name);
  if (test == nullptr) return fail("there is no test '" + std::string(name) + "'");
  SLUICE_LET(const Value outcome, call_builtin(runtime, *test, subject, std::move(arguments)));
  return outcome.truthy();
}

Value undefined(std::string reason) {
  return Value(Undefined{std::make_shared<const MarkedText>(std::move(reason))});
}

std::string undefined_reason(const Value& value) {
  return value.reason() ? std::string(value.reason()->bytes()) : "a value is undefined";
}

}  // namespace sluice::jinja
