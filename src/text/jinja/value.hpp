// Values of the template language, as Python has them: undefined, none, bool, int, float, str,
// lists, dicts and objects. Lists, dicts and objects are references into a Heap; everything else is
// a value. Threads: one rendering, one thread. Cost: a value is 48 bytes; strings are shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sluice/error.hpp"
#include "text/jinja/marked_text.hpp"

namespace sluice::jinja {

/// Python's int without bound, as far as 127 bits; beyond that an operation is an error.
__extension__ typedef __int128 Integer;

/// Immutable, and shared because values are copied far more often than made.
using String = std::shared_ptr<const MarkedText>;
struct None {};
/// What a missing name or attribute gives: prints as nothing, tests as false, refuses the rest.
struct Undefined {
  String reason;  ///< "'x' is undefined"; null for a name that a block hides
};

struct Array;
struct Dict;
struct Object;

enum class Kind { undefined, none, boolean, integer, real, string, array, dict, object };

class Value {
 public:
  Value() = default;  ///< undefined
  Value(Undefined value) : text_(std::move(value.reason)) {}
  Value(None) : kind_(Kind::none) {}
  Value(bool value) : kind_(Kind::boolean) { payload_.integer = value ? 1 : 0; }
  Value(Integer value) : kind_(Kind::integer) { payload_.integer = value; }
  Value(double value) : kind_(Kind::real) { payload_.real = value; }
  Value(String value) : kind_(Kind::string), text_(std::move(value)) {}
  Value(Array* value) : kind_(Kind::array) { payload_.array = value; }
  Value(Dict* value) : kind_(Kind::dict) { payload_.dict = value; }
  Value(Object* value) : kind_(Kind::object) { payload_.object = value; }
  template <typename T>
  Value(const T*) = delete;  // a pointer must not turn into a bool

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }

  // Each only for its own kind.
  const String& reason() const { return text_; }  ///< of undefined
  bool boolean() const { return payload_.integer != 0; }
  Integer integer() const { return payload_.integer; }
  double real() const { return payload_.real; }
  const MarkedText& text() const { return *text_; }
  std::string_view bytes() const { return text_->bytes(); }
  Array& array() const { return *payload_.array; }
  Dict& dict() const { return *payload_.dict; }
  Object& object() const { return *payload_.object; }

  /// The integer of an int or a bool (a bool is an int in Python).
  std::optional<Integer> as_integer() const;
  /// The number of an int, bool or float, rounded to a float.
  std::optional<double> as_real() const;
  /// Python's truth; a macro or another object is true.
  bool truthy() const;
  /// Python's name of the type: "str", "int", "list", ...
  std::string_view type_name() const;

 private:
  union Payload {
    Integer integer = 0;
    double real;
    Array* array;
    Dict* dict;
    Object* object;
  };
  Kind kind_ = Kind::undefined;
  Payload payload_;
  String text_;
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
  Integer range[3] = {0, 0, 1};     ///< of a range: begin, end, step
  bool group = false;               ///< a tuple of groupby, whose parts have names
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
