// subject.name, subject[key] and subject[begin:end:step].
#include <algorithm>

#include "text/jinja/builtin.hpp"
#include "text/jinja/macro.hpp"
#include "text/jinja/text_tools.hpp"

namespace sluice::jinja {

namespace {

// The attribute proper: a method, or a field of an object. Not the keys of a dict.
std::optional<Value> own_attribute(Runtime& runtime, const Value& subject, std::string_view name) {
  if (subject.is(Kind::object)) {
    const Object& object = subject.object();
    if (object.type == Object::Type::loop)
      return static_cast<const Loop&>(object).attribute(runtime, name);
    if (object.type == Object::Type::macro && name == "name")
      return runtime.string(static_cast<const Macro&>(object).name);
    if (object.type != Object::Type::space) return std::nullopt;
    const Value* const found = static_cast<const Space&>(object).attributes->find(name);
    return found == nullptr ? std::nullopt : std::optional<Value>(*found);
  }
  // groupby gives tuples whose parts have names.
  if (subject.is(Kind::array) && subject.array().group) {
    if (name == "grouper") return subject.array().items[0];
    if (name == "list") return subject.array().items[1];
  }
  const Builtin* const method = find_method(subject, name);
  if (method == nullptr) return std::nullopt;
  return Value(static_cast<Object*>(runtime.keep(std::make_unique<Method>(*method, subject))));
}

// subject[key] as Python has it; nothing where Python raises an error.
std::optional<Value> own_item(Runtime& runtime, const Value& subject, const Value& key) {
  if (subject.is(Kind::dict)) {
    const auto found_key = dict_key(key);
    const Value* const found = found_key ? subject.dict().find_key(*found_key) : nullptr;
    return found == nullptr ? std::nullopt : std::optional<Value>(*found);
  }
  auto index = key.as_integer();
  if (!index) return std::nullopt;
  if (subject.is(Kind::array)) {
    const Array& array = subject.array();
    const bool indexed = array.flavor == Flavor::list || array.flavor == Flavor::tuple ||
                         array.flavor == Flavor::range;
    if (*index < 0) *index += Integer(array.items.size());
    if (!indexed || *index < 0 || *index >= Integer(array.items.size())) return std::nullopt;
    return array.items[static_cast<size_t>(*index)];
  }
  if (!subject.is(Kind::string)) return std::nullopt;
  runtime.spend_bytes(subject.text().size());
  if (is_ascii(subject.bytes())) {
    if (*index < 0) *index += Integer(subject.text().size());
    if (*index < 0 || *index >= Integer(subject.text().size())) return std::nullopt;
    const auto at = static_cast<size_t>(*index);
    return runtime.string(subject.text().slice(at, at + 1));
  }
  const std::vector<size_t> offsets = point_offsets(subject.bytes());
  const Integer points = Integer(offsets.size()) - 1;
  if (*index < 0) *index += points;
  if (*index < 0 || *index >= points) return std::nullopt;
  const auto at = static_cast<size_t>(*index);
  return runtime.string(subject.text().slice(offsets[at], offsets[at + 1]));
}

Value missing(const Value& subject, std::string_view name) {
  std::string reason;
  if (subject.is(Kind::undefined)) {
    reason = undefined_reason(subject);
  } else {
    reason = "a value of type " + std::string(subject.type_name()) + " has no '" +
             std::string(name) + "'";
  }
  return undefined(std::move(reason));
}

// The positions that Python's slice.indices gives.
struct Stride {
  Integer begin = 0;
  Integer end = 0;
  Integer step = 1;
  Integer count = 0;
};

Result<Stride> stride_of(const Value (&bounds)[3], Integer size) {
  Integer numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < 3; ++i) {
    if (bounds[i].is(Kind::none)) continue;
    const auto number = bounds[i].as_integer();
    if (!number) return fail("the bounds of a slice are integers or none");
    numbers[i] = std::clamp<Integer>(*number, INT64_MIN, INT64_MAX);
  }
  const Integer step = numbers[2];
  if (step == 0) return fail("the step of a slice cannot be zero");
  const Integer low = step < 0 ? -1 : 0;
  const Integer high = step < 0 ? size - 1 : size;
  const auto clip = [&](Integer number) {
    return std::clamp<Integer>(number < 0 ? number + size : number, low, high);
  };
  const Integer begin = bounds[0].is(Kind::none) ? (step < 0 ? high : low) : clip(numbers[0]);
  const Integer end = bounds[1].is(Kind::none) ? (step < 0 ? low : high) : clip(numbers[1]);
  const Integer distance = step < 0 ? begin - end : end - begin;
  const Integer pace = step < 0 ? -step : step;
  return Stride{begin, end, step, distance <= 0 ? 0 : (distance + pace - 1) / pace};
}

Result<Value> slice_text(Runtime& runtime, const MarkedText& text, const Value (&bounds)[3]) {
  if (!runtime.spend_bytes(text.size())) return runtime.exhausted();
  const bool ascii = is_ascii(text.bytes());
  const std::vector<size_t> offsets = ascii ? std::vector<size_t>() : point_offsets(text.bytes());
  const auto offset = [&](Integer point) {
    return ascii ? static_cast<size_t>(point) : offsets[static_cast<size_t>(point)];
  };
  const Integer points = ascii ? Integer(text.size()) : Integer(offsets.size()) - 1;
  SLUICE_LET(const Stride stride, stride_of(bounds, points));
  if (stride.step == 1)
    return runtime.string(text.slice(offset(stride.begin), offset(stride.begin + stride.count)));
  MarkedText out;
  for (Integer i = 0; i < stride.count; ++i) {
    const Integer point = stride.begin + i * stride.step;
    out.append(text, offset(point), offset(point + 1));
  }
  out.set_safe(text.safe());
  return runtime.string(std::move(out));
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& subject, std::string_view name) {
  if (auto own = own_attribute(runtime, subject, name)) return *std::move(own);
  if (subject.is(Kind::dict))
    if (const Value* const found = subject.dict().find(name)) return *found;
  return missing(subject, name);
}

Value get_item(Runtime& runtime, const Value& subject, const Value& key) {
  if (auto own = own_item(runtime, subject, key)) return *std::move(own);
  if (!key.is(Kind::string)) return missing(subject, "item");
  if (auto attribute = own_attribute(runtime, subject, key.bytes())) return *std::move(attribute);
  return missing(subject, key.bytes());
}

Result<Value> get_slice(Runtime& runtime, const Value& subject, const Value (&bounds)[3]) {
  if (subject.is(Kind::string)) return slice_text(runtime, subject.text(), bounds);
  const bool indexed = subject.is(Kind::array) && (subject.array().flavor == Flavor::list ||
                                                   subject.array().flavor == Flavor::tuple ||
                                                   subject.array().flavor == Flavor::range);
  if (subject.is(Kind::undefined)) return fail(undefined_reason(subject));
  if (!indexed) return fail("a " + std::string(subject.type_name()) + " has no slices");
  const std::vector<Value>& items = subject.array().items;
  SLUICE_LET(const Stride stride, stride_of(bounds, Integer(items.size())));
  std::vector<Value> part;
  for (Integer i = 0; i < stride.count; ++i)
    part.push_back(items[static_cast<size_t>(stride.begin + i * stride.step)]);
  if (!runtime.spend_steps(part.size())) return runtime.exhausted();
  Value made = runtime.array(std::move(part), subject.array().flavor);
  const Integer(&range)[3] = subject.array().range;
  if (subject.array().flavor == Flavor::range) {
    made.array().range[0] = range[0] + stride.begin * range[2];
    made.array().range[1] = range[0] + stride.end * range[2];
    made.array().range[2] = range[2] * stride.step;
  }
  return made;
}

}  // namespace sluice::jinja
