// Values of the template language, as Python has them: undefined, none, bool, int, float, str,
// lists, dicts and objects. Lists, dicts and objects are references into a Heap; everything else is
// a value. Threads: one rendering, one thread. Cost: a value is 32 bytes; strings are shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/error.hpp"
#include "text/jinja/marked_text.hpp"

namespace sluice::jinja {

/// Python's int without bound, as far as 127 bits; beyond that an operation is an error.
__extension__ typedef __int128 Integer;

/// What a missing name or attribute gives: prints as nothing, tests as false, refuses the rest.
struct Undefined {
  std::shared_ptr<const std::string> reason;  ///< "'x' is undefined"; shared as values are copied
};
struct None {};
/// Immutable, and shared because values are copied far more often than made.
using String = std::shared_ptr<const MarkedText>;

struct Array;
struct Dict;
struct Object;

/// In the order of the alternatives of Value::state.
enum class Kind { undefined, none, boolean, integer, real, string, array, dict, object };

class Value {
 public:
  Value() = default;  ///< undefined
  Value(Undefined value) : state_(std::move(value)) {}
  Value(None value) : state_(value) {}
  Value(bool value) : state_(value) {}
  Value(Integer value) : state_(value) {}
  Value(double value) : state_(value) {}
  Value(String value) : state_(std::move(value)) {}
  Value(Array* value) : state_(value) {}
  Value(Dict* value) : state_(value) {}
  Value(Object* value) : state_(value) {}
  template <typename T>
  Value(const T*) = delete;  // a pointer must not turn into a bool

  Kind kind() const { return static_cast<Kind>(state_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }

  // Each only for its own kind.
  const Undefined& undefined() const { return *std::get_if<Undefined>(&state_); }
  bool boolean() const { return *std::get_if<bool>(&state_); }
  Integer integer() const { return *std::get_if<Integer>(&state_); }
  double real() const { return *std::get_if<double>(&state_); }
  const MarkedText& text() const { return **std::get_if<String>(&state_); }
  std::string_view bytes() const { return text().bytes(); }
  Array& array() const { return **std::get_if<Array*>(&state_); }
  Dict& dict() const { return **std::get_if<Dict*>(&state_); }
  Object& object() const { return **std::get_if<Object*>(&state_); }

  /// The integer of an int or a bool (a bool is an int in Python).
  std::optional<Integer> as_integer() const;
  /// The number of an int, bool or float, rounded to a float.
  std::optional<double> as_real() const;
  /// Python's truth; a macro or another object is true.
  bool truthy() const;
  /// Python's name of the type: "str", "int", "list", ...
  std::string_view type_name() const;

 private:
  std::variant<Undefined, None, bool, Integer, double, String, Array*, Dict*, Object*> state_;
};

inline Value text_value(std::string bytes) {
  return Value(std::make_shared<const MarkedText>(std::move(bytes)));
}

/// Anything that a Heap owns.
struct Cell {
  virtual ~Cell() = default;
};

/// Python's sequences and iterators. They print differently, and some cannot be indexed.
enum class Flavor { list, tuple, range, generator, keys, values, items };

struct Array final : Cell {
  std::vector<Value> items;
  Flavor flavor = Flavor::list;
  std::string description;          ///< of a range: how it prints
  std::optional<Error> failure;     ///< of a generator: what happens after its last item
};

/// A dict in insertion order.
struct Dict final : Cell {
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_map<std::string, size_t> positions;  ///< by dict_key

  const Value* find(std::string_view key) const;
  const Value* find_key(const std::string& dict_key) const;
  void set(std::string dict_key, Value key, Value value);
  bool erase(const std::string& dict_key);
};

/// Macros, bound methods, functions, loops and namespaces; each type is declared where it is used.
struct Object : Cell {
  enum class Type { method, function, macro, loop, space };
  explicit Object(Type object_type) : type(object_type) {}
  Type type;
};

/// {% set ns = namespace() %}: attributes that can be assigned from any scope.
struct Space final : Object {
  Space() : Object(Type::space) {}
  Dict* attributes = nullptr;
};

/// What makes two keys of a dict the same; nothing for a value that cannot be a key.
std::optional<std::string> dict_key(const Value& value);
std::string dict_key(std::string_view text);

}  // namespace sluice::jinja
