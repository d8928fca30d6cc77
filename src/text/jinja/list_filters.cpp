// Filters over lists and dicts that need no other filter or test.
#include <algorithm>
#include <utility>

#include "text/jinja/arithmetic.hpp"
#include "text/jinja/attribute_path.hpp"
#include "text/jinja/builtin.hpp"
#include "text/jinja/sorting.hpp"
#include "text/jinja/text_tools.hpp"

namespace sluice::jinja {

namespace {

Result<std::vector<Value>> subject_items(Call& call) {
  return all_items(call.runtime, call.subject);
}

Result<Value> length(Call& call) {
  const Value& subject = call.subject;
  switch (subject.kind()) {
    case Kind::undefined: return Value(Integer{0});
    case Kind::string: return Value(Integer(count_points(subject.bytes())));
    case Kind::dict: return Value(Integer(subject.dict().entries.size()));
    case Kind::array:
      if (subject.array().flavor == Flavor::generator) break;
      return Value(Integer(subject.array().items.size()));
    default: break;
  }
  return fail("a value of type " + std::string(subject.type_name()) + " has no length");
}

Result<Value> default_value(Call& call) {
  const bool replaced = call.subject.is(Kind::undefined) ||
                        (call.truthy(1, false) && !call.subject.truthy());
  return replaced ? call.value(0, text_value("")) : call.subject;
}

Result<Value> list(Call& call) {
  SLUICE_LET(std::vector<Value> items, subject_items(call));
  return call.runtime.array(std::move(items));
}

Result<Value> items(Call& call) {
  if (call.subject.is(Kind::undefined)) return call.runtime.generator({});
  if (!call.subject.is(Kind::dict))
    return call.runtime.generator({}, fail("items needs a dict"));
  std::vector<Value> pairs;
  for (const auto& [key, value] : call.subject.dict().entries)
    pairs.push_back(call.runtime.array({key, value}, Flavor::tuple));
  return call.runtime.generator(std::move(pairs));
}

Result<Value> first(Call& call) {
  SLUICE_LET(const Items all, iterate(call.runtime, call.subject));
  if (!all.values.empty()) return all.values.front();
  if (all.failure) return *all.failure;
  return undefined("no first item, the list is empty");
}

Result<Value> last(Call& call) {
  const bool generator = call.subject.is(Kind::array) &&
                         call.subject.array().flavor == Flavor::generator;
  if (generator) return fail("a generator has no last item");
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  return all.empty() ? undefined("no last item, the list is empty") : all.back();
}

Result<Value> reverse(Call& call) {
  if (call.subject.is(Kind::string)) {
    const Value backwards[3] = {None{}, None{}, Integer{-1}};
    return get_slice(call.runtime, call.subject, backwards);
  }
  SLUICE_LET(std::vector<Value> all, subject_items(call));
  std::reverse(all.begin(), all.end());
  const bool list = call.subject.is(Kind::undefined) ||
                    (call.subject.is(Kind::array) &&
                     call.subject.array().flavor == Flavor::generator);
  if (list) return call.runtime.array(std::move(all));
  return call.runtime.generator(std::move(all));
}

Result<Value> join(Call& call) {
  SLUICE_LET(const MarkedText separator, printed(call.runtime, call.value(0, text_value(""))));
  const AttributePath path = AttributePath::parse(call.runtime, call.value(1));
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  MarkedText out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out.append(separator);
    SLUICE_LET(const Value item, path.get(call.runtime, all[i]));
    SLUICE_TRY(print(call.runtime, out, item));
    if (!call.runtime.spend_bytes(separator.size())) return call.runtime.exhausted();
  }
  return call.runtime.string(std::move(out));
}

// Several attributes, separated by commas, are compared one after the other. Even one is compared
// as a list, as Jinja does: items without the attribute are then equal instead of an error.
Result<Value> sort(Call& call) {
  std::vector<AttributePath> paths;
  const Value attribute = call.value(2);
  if (attribute.is(Kind::string)) {
    for (const MarkedText& part : split(attribute.text(), ",", -1, false)) {
      const Value name = call.runtime.string(part);
      AttributePath path = AttributePath::parse(call.runtime, name);
      paths.push_back(std::move(path));
    }
  } else {
    AttributePath path = AttributePath::parse(call.runtime, attribute);
    paths.push_back(std::move(path));
  }
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  std::vector<Value> keys;
  for (const Value& item : all) {
    std::vector<Value> parts;
    for (const AttributePath& path : paths) {
      SLUICE_LET(Value key, path.key(call.runtime, item, !call.truthy(1, false)));
      parts.push_back(std::move(key));
    }
    keys.push_back(call.runtime.array(std::move(parts)));
  }
  SLUICE_LET(const Integer reversed, call.integer(0, 0));
  SLUICE_LET(std::vector<Value> ordered, sorted(call.runtime, all, keys, reversed != 0));
  return call.runtime.array(std::move(ordered));
}

Result<Value> sort_dict(Call& call) {
  if (!call.subject.is(Kind::dict)) return fail("dictsort needs a dict");
  SLUICE_LET(const MarkedText by, call.text(1, "key"));
  if (by.bytes() != "key" && by.bytes() != "value") return fail("dictsort sorts by key or value");
  const bool ignore_case = !call.truthy(0, false);
  std::vector<Value> pairs;
  std::vector<Value> keys;
  for (const auto& [key, value] : call.subject.dict().entries) {
    pairs.push_back(call.runtime.array({key, value}, Flavor::tuple));
    const AttributePath itself;
    SLUICE_LET(Value order,
               itself.key(call.runtime, by.bytes() == "key" ? key : value, ignore_case));
    keys.push_back(std::move(order));
  }
  SLUICE_LET(const Integer reversed, call.integer(2, 0));
  SLUICE_LET(std::vector<Value> ordered, sorted(call.runtime, pairs, keys, reversed != 0));
  return call.runtime.array(std::move(ordered));
}

// A generator: whatever goes wrong happens when the list is used so far.
Result<Value> unique(Call& call) {
  const AttributePath path = AttributePath::parse(call.runtime, call.value(1));
  auto all = iterate(call.runtime, call.subject);
  if (!all) return call.runtime.generator({}, all.error());
  Dict* const seen = call.runtime.dict();
  std::vector<Value> kept;
  for (Value& item : all->values) {
    const auto key = path.key(call.runtime, item, !call.truthy(0, false));
    if (!key) return call.runtime.generator(std::move(kept), key.error());
    const auto text = dict_key(*key);
    if (!text)
      return call.runtime.generator(
          std::move(kept), fail("unique: a " + std::string(key->type_name()) + " has no hash"));
    if (seen->find_key(*text) != nullptr) continue;
    SLUICE_TRY(call.runtime.set(*seen, *key, Value(true)));
    kept.push_back(std::move(item));
  }
  return call.runtime.generator(std::move(kept), std::move(all->failure));
}

template <bool largest>
Result<Value> extreme(Call& call) {
  const AttributePath path = AttributePath::parse(call.runtime, call.value(1));
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  if (all.empty()) return undefined("no item, the list is empty");
  SLUICE_LET(const std::vector<Value> keys, path.keys(call.runtime, all, !call.truthy(0, false)));
  size_t best = 0;
  for (size_t i = 1; i < all.size(); ++i) {
    SLUICE_LET(const bool better, largest ? less(call.runtime, keys[best], keys[i])
                                          : less(call.runtime, keys[i], keys[best]));
    if (better) best = i;
  }
  return all[best];
}

Result<Value> sum(Call& call) {
  const AttributePath path = AttributePath::parse(call.runtime, call.value(0));
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  Value total = call.value(1, Integer{0});
  if (total.is(Kind::string)) return fail("sum does not add strings; join does");
  for (const Value& item : all) {
    SLUICE_LET(const Value part, path.get(call.runtime, item));
    SLUICE_LET(total, arithmetic(call.runtime, Operator::add, total, part));
  }
  return total;
}

// Fills the last row of a batch up to its count.
Result<void> fill_row(Call& call, std::vector<Value>& row) {
  if (call.value(1).is(Kind::none)) return {};
  SLUICE_LET(const bool lacking, less(call.runtime, Value(Integer(row.size())), call.value(0)));
  if (!lacking) return {};
  SLUICE_LET(const size_t width, call.count(0, 1));
  if (!call.runtime.spend_bytes((width - row.size()) * sizeof(Value)))
    return call.runtime.exhausted();
  row.resize(width, call.value(1));
  return {};
}

// As in Python, a row is full when its size equals the count, whatever that is: a count that is no
// size gives one row. Here and in slice errors happen when the generator is used so far.
Result<Value> batch(Call& call) {
  auto all = iterate(call.runtime, call.subject);
  if (!all) return call.runtime.generator({}, all.error());
  std::vector<Value> rows;
  std::vector<Value> row;
  for (Value& item : all->values) {
    SLUICE_LET(const bool full,
               equal(call.runtime, Value(Integer(row.size())), call.value(0)));
    if (full) rows.push_back(call.runtime.array(std::exchange(row, {})));
    row.push_back(std::move(item));
  }
  if (all->failure || row.empty())
    return call.runtime.generator(std::move(rows), std::move(all->failure));
  if (const auto filled = fill_row(call, row); !filled)
    return call.runtime.generator(std::move(rows), filled.error());
  rows.push_back(call.runtime.array(std::move(row)));
  return call.runtime.generator(std::move(rows));
}

Result<std::vector<Value>> columns_of(Call& call) {
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  SLUICE_LET(const Integer wanted, call.integer(0, 1));
  if (wanted == 0) return fail("slice cannot make 0 slices");
  SLUICE_LET(const size_t slices, call.count(0, 1));
  std::vector<Value> columns;
  if (slices == 0) return columns;
  if (!call.runtime.spend_bytes(slices * sizeof(Value))) return call.runtime.exhausted();
  const size_t shorter = all.size() / slices;
  const size_t longer_slices = all.size() % slices;
  size_t begin = 0;
  for (size_t i = 0; i < slices && call.runtime.within_budget(); ++i) {
    const size_t size = shorter + (i < longer_slices ? 1 : 0);
    std::vector<Value> column(all.begin() + static_cast<ptrdiff_t>(begin),
                              all.begin() + static_cast<ptrdiff_t>(begin + size));
    begin += size;
    const bool filled = call.has(1) && !call.value(1).is(Kind::none) && i >= longer_slices;
    if (filled) column.push_back(call.value(1));
    columns.push_back(call.runtime.array(std::move(column)));
  }
  return columns;
}

Result<Value> slice(Call& call) {
  auto columns = columns_of(call);
  if (!columns) return call.runtime.generator({}, columns.error());
  return call.runtime.generator(*std::move(columns));
}

Result<Value> attribute(Call& call) {
  SLUICE_LET(const MarkedText name, call.text(0));
  // Unlike subject.name, the keys of a dict do not count.
  if (call.subject.is(Kind::dict) && find_method(call.subject, name.bytes()) == nullptr)
    return undefined("a dict has no '" + std::string(name.bytes()) + "'");
  if (call.subject.is(Kind::undefined)) return fail(undefined_reason(call.subject));
  return get_attribute(call.runtime, call.subject, name.bytes());
}

// A tuple of key and list whose parts have names.
Value make_group(Runtime& runtime, Value key, std::vector<Value> members) {
  Value group = runtime.array({std::move(key), runtime.array(std::move(members))}, Flavor::tuple);
  group.array().group = true;
  return group;
}

Result<Value> group_by(Call& call) {
  const AttributePath path = AttributePath::parse(call.runtime, call.value(0));
  const Value fallback = call.value(1);
  SLUICE_LET(const std::vector<Value> all, subject_items(call));
  SLUICE_LET(const std::vector<Value> keys,
             path.keys(call.runtime, all, !call.truthy(2, false), fallback));
  SLUICE_LET(const std::vector<size_t> order, sorted_positions(call.runtime, keys, false));
  std::vector<Value> groups;
  for (size_t begin = 0; begin < order.size();) {
    std::vector<Value> members;
    size_t end = begin;
    for (; end < order.size(); ++end) {
      SLUICE_LET(const bool same, equal(call.runtime, keys[order[begin]], keys[order[end]]));
      if (!same) break;
      members.push_back(all[order[end]]);
    }
    // The key as the first member has it, not in lower case.
    SLUICE_LET(Value key, path.get(call.runtime, members.front(), fallback));
    groups.push_back(make_group(call.runtime, std::move(key), std::move(members)));
    begin = std::max(end, begin + 1);
  }
  return call.runtime.array(std::move(groups));
}

constexpr Builtin kFilters[] = {
    {"attr", "name", attribute},
    {"batch", "linecount fill_with?", batch},
    {"count", "", length},
    {"d", "default_value? boolean?", default_value},
    {"default", "default_value? boolean?", default_value},
    {"dictsort", "case_sensitive? by? reverse?", sort_dict},
    {"first", "", first},
    {"groupby", "attribute default? case_sensitive?", group_by},
    {"items", "", items},
    {"join", "d? attribute?", join},
    {"last", "", last},
    {"length", "", length},
    {"list", "", list},
    {"max", "case_sensitive? attribute?", extreme<true>},
    {"min", "case_sensitive? attribute?", extreme<false>},
    {"reverse", "", reverse},
    {"slice", "slices fill_with?", slice},
    {"sort", "reverse? case_sensitive? attribute?", sort},
    {"sum", "attribute? start?", sum},
    {"unique", "case_sensitive? attribute?", unique},
};

}  // namespace

std::span<const Builtin> list_filters() { return kFilters; }

}  // namespace sluice::jinja
