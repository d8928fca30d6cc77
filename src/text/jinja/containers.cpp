// The methods of dict and list, and the global functions.
#include <algorithm>

#include "text/jinja/builtin.hpp"
#include "text/jinja/number.hpp"
#include "text/jinja/sorting.hpp"

namespace sluice::jinja {

namespace {

// jinja2.sandbox.MAX_RANGE
constexpr Integer kRangeMax = 100'000;

Dict& dict_of(const Call& call) { return call.subject.dict(); }
std::vector<Value>& list_of(const Call& call) { return call.subject.array().items; }

Result<std::string> key_argument(const Call& call) {
  auto key = dict_key(call.value(0));
  if (!key)
    return fail("a " + std::string(call.value(0).type_name()) + " cannot be the key of a dict");
  return *std::move(key);
}

Result<Value> get(Call& call) {
  SLUICE_LET(const std::string key, key_argument(call));
  const Value* const found = dict_of(call).find_key(key);
  return found == nullptr ? call.value(1) : *found;
}

template <Flavor flavor>
Result<Value> view(Call& call) {
  std::vector<Value> items;
  for (const auto& [key, value] : dict_of(call).entries) {
    if (flavor == Flavor::keys) items.push_back(key);
    if (flavor == Flavor::values) items.push_back(value);
    if (flavor == Flavor::items) items.push_back(call.runtime.array({key, value}, Flavor::tuple));
  }
  if (!call.runtime.spend_steps(items.size())) return call.runtime.exhausted();
  return call.runtime.array(std::move(items), flavor);
}

Result<Value> pop_key(Call& call) {
  SLUICE_LET(const std::string key, key_argument(call));
  const Value* const found = dict_of(call).find_key(key);
  if (found == nullptr && !call.has(1)) return fail("pop: the dict has no such key");
  Value value = found == nullptr ? call.value(1) : *found;
  call.runtime.spend_steps(dict_of(call).entries.size());
  dict_of(call).erase(key);
  return value;
}

Result<void> merge(Runtime& runtime, Dict& into, const Value& from) {
  if (from.is(Kind::dict)) {
    const auto entries = from.dict().entries;
    for (const auto& [key, value] : entries) SLUICE_TRY(runtime.set(into, key, value));
    return {};
  }
  if (from.is(Kind::undefined)) return fail(undefined_reason(from));
  SLUICE_LET(const std::vector<Value> pairs, all_items(runtime, from));
  for (const Value& pair : pairs) {
    SLUICE_LET(const std::vector<Value> parts, all_items(runtime, pair));
    if (parts.size() != 2) return fail("a dict is made of pairs");
    SLUICE_TRY(runtime.set(into, parts[0], parts[1]));
  }
  return {};
}

Result<void> merge_arguments(Runtime& runtime, Dict& into, Arguments& arguments) {
  if (arguments.positional.size() > 1) return fail("a dict is made of one value");
  for (const Value& value : arguments.positional) SLUICE_TRY(merge(runtime, into, value));
  for (auto& [name, value] : arguments.named) runtime.set(into, name, std::move(value));
  return {};
}

Result<Value> update(Call& call) {
  SLUICE_TRY(merge_arguments(call.runtime, dict_of(call), call.arguments));
  return Value(None{});
}

Result<Value> set_default(Call& call) {
  SLUICE_LET(const std::string key, key_argument(call));
  if (const Value* const found = dict_of(call).find_key(key)) return *found;
  SLUICE_TRY(call.runtime.set(dict_of(call), call.value(0), call.value(1)));
  return call.value(1);
}

Result<Value> copy_dict(Call& call) {
  Dict* const copy = call.runtime.dict();
  SLUICE_TRY(merge(call.runtime, *copy, call.subject));
  return Value(copy);
}

Result<Value> clear_dict(Call& call) {
  dict_of(call).entries.clear();
  dict_of(call).positions.clear();
  return Value(None{});
}

// A position as insert and pop take it: from the end if negative.
Result<Integer> position(const Call& call, size_t argument, Integer fallback) {
  SLUICE_LET(const Integer index, call.integer(argument, fallback));
  return index < 0 ? index + Integer(list_of(call).size()) : index;
}

Result<Value> append(Call& call) {
  call.runtime.spend_bytes(sizeof(Value));
  list_of(call).push_back(call.value(0));
  return Value(None{});
}

Result<Value> extend(Call& call) {
  SLUICE_LET(const std::vector<Value> items, all_items(call.runtime, call.value(0)));
  if (!call.runtime.spend_bytes(items.size() * sizeof(Value))) return call.runtime.exhausted();
  list_of(call).insert(list_of(call).end(), items.begin(), items.end());
  return Value(None{});
}

Result<Value> insert(Call& call) {
  SLUICE_LET(Integer at, position(call, 0, 0));
  at = std::clamp<Integer>(at, 0, Integer(list_of(call).size()));
  if (!call.runtime.spend_bytes(list_of(call).size())) return call.runtime.exhausted();
  list_of(call).insert(list_of(call).begin() + static_cast<ptrdiff_t>(at), call.value(1));
  return Value(None{});
}

Result<Value> pop_item(Call& call) {
  SLUICE_LET(const Integer at, position(call, 0, -1));
  if (at < 0 || at >= Integer(list_of(call).size())) return fail("pop: there is no such item");
  const Value value = list_of(call)[static_cast<size_t>(at)];
  call.runtime.spend_bytes(list_of(call).size());
  list_of(call).erase(list_of(call).begin() + static_cast<ptrdiff_t>(at));
  return value;
}

Result<Value> clear_list(Call& call) {
  list_of(call).clear();
  return Value(None{});
}

Result<Value> reverse(Call& call) {
  call.runtime.spend_steps(list_of(call).size());
  std::reverse(list_of(call).begin(), list_of(call).end());
  return Value(None{});
}

Result<Value> copy_list(Call& call) { return call.runtime.array(list_of(call)); }

// The positions of the items that equal the argument; the first one only, if `first`.
Result<std::vector<size_t>> matches(Call& call, bool first) {
  std::vector<size_t> found;
  for (size_t i = 0; i < list_of(call).size() && (found.empty() || !first); ++i) {
    SLUICE_LET(const bool same, equal(call.runtime, list_of(call)[i], call.value(0)));
    if (same) found.push_back(i);
  }
  return found;
}

Result<Value> index(Call& call) {
  SLUICE_LET(const std::vector<size_t> found, matches(call, true));
  if (found.empty()) return fail("index: the value is not in the list");
  return Value(Integer(found[0]));
}

Result<Value> count(Call& call) {
  SLUICE_LET(const std::vector<size_t> found, matches(call, false));
  return Value(Integer(found.size()));
}

Result<Value> remove(Call& call) {
  SLUICE_LET(const std::vector<size_t> found, matches(call, true));
  if (found.empty()) return fail("remove: the value is not in the list");
  list_of(call).erase(list_of(call).begin() + static_cast<ptrdiff_t>(found[0]));
  return Value(None{});
}

Result<Value> sort_list(Call& call) {
  if (call.has(0) && !call.value(0).is(Kind::none)) return fail("sort: a key is not supported");
  SLUICE_LET(list_of(call),
             sorted(call.runtime, list_of(call), list_of(call), call.truthy(1, false)));
  return Value(None{});
}

Result<Value> raise(Call& call) {
  SLUICE_LET(const MarkedText text, printed(call.runtime, call.value(0)));
  return Error{Code::invalid, std::string(text.bytes())};
}

Result<Value> strftime_now(Call& call) {
  SLUICE_LET(const MarkedText format, call.text(0));
  return call.runtime.string(format_time(call.runtime.now(), format.bytes()));
}

Result<Value> make_space(Call& call) {
  auto space = std::make_unique<Space>();
  space->attributes = call.runtime.dict();
  SLUICE_TRY(merge_arguments(call.runtime, *space->attributes, call.arguments));
  for (const auto& [key, value] : space->attributes->entries)
    if (key.is(Kind::string) && key.bytes().starts_with('_'))
      return fail("a namespace cannot have attributes that begin with '_'");
  return Value(static_cast<Object*>(call.runtime.keep(std::move(space))));
}

Result<Value> make_dict(Call& call) {
  Dict* const made = call.runtime.dict();
  SLUICE_TRY(merge_arguments(call.runtime, *made, call.arguments));
  return Value(made);
}

Value make_range(Runtime& runtime, Integer begin, Integer step, Integer size, Integer end) {
  std::vector<Value> items;
  for (Integer i = 0; i < size; ++i) items.push_back(Value(begin + i * step));
  Value made = runtime.array(std::move(items), Flavor::range);
  Integer(&bounds)[3] = made.array().range;
  bounds[0] = begin;
  bounds[1] = end;
  bounds[2] = step;
  return made;
}

Result<Value> range(Call& call) {
  SLUICE_LET(Integer begin, call.integer(0, 0));
  SLUICE_LET(Integer end, call.integer(1, 0));
  SLUICE_LET(const Integer step, call.integer(2, 1));
  if (!call.has(1)) end = std::exchange(begin, 0);
  if (step == 0) return fail("range: the step cannot be zero");
  const Integer limit = Integer{1} << 100;
  for (const Integer number : {begin, end, step})
    if (number > limit || number < -limit) return fail("range: a bound is too large");
  const Integer pace = step < 0 ? -step : step;
  const Integer distance = step < 0 ? begin - end : end - begin;
  const Integer size = distance <= 0 ? 0 : (distance + pace - 1) / pace;
  if (size > kRangeMax) return fail("range: more than " + to_text(kRangeMax) + " items");
  return make_range(call.runtime, begin, step, size, end);
}

constexpr Builtin kDictMethods[] = {
    {"clear", "", clear_dict},
    {"copy", "", copy_dict},
    {"fromkeys", "*", nullptr},
    {"get", "key default?", get},
    {"items", "", view<Flavor::items>},
    {"keys", "", view<Flavor::keys>},
    {"pop", "key default?", pop_key},
    {"popitem", "*", nullptr},
    {"setdefault", "key default?", set_default},
    {"update", "*", update},
    {"values", "", view<Flavor::values>},
};

constexpr Builtin kListMethods[] = {
    {"append", "object", append}, {"clear", "", clear_list},
    {"copy", "", copy_list},      {"count", "value", count},
    {"extend", "iterable", extend}, {"index", "value", index},
    {"insert", "index object", insert}, {"pop", "index?", pop_item},
    {"remove", "value", remove},  {"reverse", "", reverse},
    {"sort", "key? reverse?", sort_list},
};

constexpr Builtin kFunctions[] = {
    {"dict", "*", make_dict},
    {"namespace", "*", make_space},
    {"raise_exception", "message", raise},
    {"range", "start stop? step?", range},
    {"strftime_now", "format", strftime_now},
};

}  // namespace

std::span<const Builtin> dict_methods() { return kDictMethods; }
std::span<const Builtin> list_methods() { return kListMethods; }

const Builtin* find_function(std::string_view name) {
  for (const Builtin& function : kFunctions)
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace sluice::jinja
