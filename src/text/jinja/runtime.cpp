#include "text/jinja/runtime.hpp"

#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

// What a container costs besides its items, about; budgets need no more.
constexpr uint64_t kCellBytes = 128;
constexpr uint64_t kEntryBytes = 192;
constexpr uint64_t kStringBytes = 96;
// Work on bytes is quick: this many count as one step.
constexpr uint64_t kBytesPerStep = 64;

}  // namespace

Error fail(std::string message) { return {Code::unsupported, std::move(message)}; }

Error too_deep() { return {Code::budget, "nested too deeply"}; }

bool Runtime::spend_steps(uint64_t steps) {
  steps_ += steps;
  return within_budget();
}

bool Runtime::spend_bytes(uint64_t bytes) {
  // Saturates, so that absurd sizes cannot wrap around.
  if (__builtin_add_overflow(bytes_, bytes, &bytes_)) bytes_ = UINT64_MAX;
  return spend_steps(bytes / kBytesPerStep);
}

Error Runtime::exhausted() const {
  if (bytes_ > limits_.bytes)
    return {Code::budget, "made more than " + std::to_string(limits_.bytes) + " bytes of values"};
  return {Code::budget, "took more than " + std::to_string(limits_.steps) + " steps"};
}

Value Runtime::string(MarkedText text) {
  spend_bytes(kStringBytes + text.size() + text.data().size() * sizeof(Span));
  return Value(std::make_shared<const MarkedText>(std::move(text)));
}

Value Runtime::array(std::vector<Value> items, Flavor flavor) {
  spend_bytes(kCellBytes + items.size() * sizeof(Value));
  auto cell = std::make_unique<Array>();
  cell->items = std::move(items);
  cell->flavor = flavor;
  return Value(keep(std::move(cell)));
}

Value Runtime::generator(std::vector<Value> items, std::optional<Error> failure) {
  Value made = array(std::move(items), Flavor::generator);
  made.array().failure = std::move(failure);
  return made;
}

Dict* Runtime::dict() { return keep(std::make_unique<Dict>()); }

Result<void> Runtime::set(Dict& dict, const Value& key, Value value) {
  auto text = dict_key(key);
  if (!text) return fail("a " + std::string(key.type_name()) + " cannot be the key of a dict");
  spend_bytes(kEntryBytes + text->size());
  dict.set(*std::move(text), key, std::move(value));
  return {};
}

void Runtime::set(Dict& dict, std::string_view key, Value value) {
  spend_bytes(kEntryBytes + key.size());
  dict.set(dict_key(key), string(std::string(key)), std::move(value));
}

Result<Items> iterate(Runtime& runtime, const Value& value) {
  Items items;
  switch (value.kind()) {
    case Kind::undefined: return items;
    case Kind::string: {
      const std::string_view bytes = value.bytes();
      const char* const end = bytes.data() + bytes.size();
      for (const char* at = bytes.data(); at < end && runtime.spend_bytes(sizeof(Value));) {
        const size_t begin = static_cast<size_t>(at - bytes.data());
        at += decode_utf8(at, end).bytes;
        const size_t length = static_cast<size_t>(at - bytes.data()) - begin;
        MarkedText character = value.text().slice(begin, begin + length);
        character.set_safe(false);
        items.values.push_back(runtime.string(std::move(character)));
      }
      break;
    }
    case Kind::array:
      items.values = value.array().items;
      if (value.array().flavor == Flavor::generator) {
        value.array().items.clear();
        items.failure = std::exchange(value.array().failure, std::nullopt);
      }
      break;
    case Kind::dict:
      for (const auto& entry : value.dict().entries) items.values.push_back(entry.first);
      break;
    default: return fail("a value of type " + std::string(value.type_name()) +
                         " cannot be iterated");
  }
  if (!runtime.spend_steps(items.values.size())) return runtime.exhausted();
  return items;
}

Result<std::vector<Value>> all_items(Runtime& runtime, const Value& value) {
  SLUICE_LET(Items items, iterate(runtime, value));
  if (items.failure) return *std::move(items.failure);
  return std::move(items.values);
}

}  // namespace sluice::jinja
