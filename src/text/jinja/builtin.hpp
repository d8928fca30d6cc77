// What the language brings along: filters, tests, methods and global functions, all of one shape,
// found by name. Threads: constant tables; a call belongs to one rendering.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/runtime.hpp"
#include "text/jinja/value.hpp"

namespace sluice::jinja {

/// The arguments of a call as the template wrote them.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

/// One call of a built-in: its subject (the filtered or tested value, the object of a method) and
/// the arguments by the position of their parameter.
struct Call {
  Runtime& runtime;
  const Value& subject;
  std::vector<std::optional<Value>> values;
  Arguments arguments;  ///< as written; only for built-ins with the parameters "*"

  bool has(size_t position) const { return values[position].has_value(); }
  /// The argument, or `fallback` where none was given.
  Value value(size_t position, Value fallback = None{}) const {
    return values[position].value_or(std::move(fallback));
  }
  bool truthy(size_t position, bool fallback) const {
    return has(position) ? values[position]->truthy() : fallback;
  }
  /// Errors: unsupported, if the argument is of another type.
  Result<Integer> integer(size_t position, Integer fallback) const;
  /// A count that a text or list is made of; out of bounds is clamped to [0, 2^31).
  Result<size_t> count(size_t position, size_t fallback) const;
  Result<MarkedText> text(size_t position, std::string_view fallback = {}) const;
};

struct Builtin {
  std::string_view name;
  /// Names of the parameters, optional ones with a question mark: "old new count?"; "*" leaves the
  /// arguments as written.
  std::string_view parameters;
  Result<Value> (*apply)(Call& call);
};

/// Binds the arguments and calls. Errors: unsupported, for too many, missing or unknown arguments.
Result<Value> call_builtin(Runtime& runtime, const Builtin& builtin, const Value& subject,
                           Arguments arguments);

const Builtin* find_filter(std::string_view name);
const Builtin* find_test(std::string_view name);
const Builtin* find_function(std::string_view name);
/// The method of a value's type; `apply` is null for one that Python has and we do not.
const Builtin* find_method(const Value& subject, std::string_view name);

/// The tables, by file.
std::span<const Builtin> text_filters();
std::span<const Builtin> list_filters();
std::span<const Builtin> select_filters();
std::span<const Builtin> text_methods();
std::span<const Builtin> dict_methods();
std::span<const Builtin> list_methods();

/// By name, as map('upper') and select('odd') need. Errors: unsupported, for an unknown name.
Result<Value> apply_filter(Runtime& runtime, std::string_view name, const Value& subject,
                           Arguments arguments);
Result<bool> apply_test(Runtime& runtime, std::string_view name, const Value& subject,
                        Arguments arguments);

/// Jinja's `subject.name`: an attribute of the object before a key; undefined if there is neither.
Value get_attribute(Runtime& runtime, const Value& subject, std::string_view name);
/// Jinja's `subject[key]`: a key or an index before an attribute.
Value get_item(Runtime& runtime, const Value& subject, const Value& key);
/// `subject[begin:end:step]`; none where a bound is left out.
Result<Value> get_slice(Runtime& runtime, const Value& subject, const Value (&bounds)[3]);
/// An undefined value that says what is missing.
Value undefined(std::string reason);
/// What an undefined value says.
std::string undefined_reason(const Value& value);

/// A method together with the value it belongs to.
struct Method final : Object {
  Method(const Builtin& method_builtin, Value method_subject)
      : Object(Type::method), builtin(method_builtin), subject(std::move(method_subject)) {}
  const Builtin& builtin;
  Value subject;
};

/// A global function.
struct Function final : Object {
  explicit Function(const Builtin& function_builtin)
      : Object(Type::function), builtin(function_builtin) {}
  const Builtin& builtin;
};

/// Text of a value as filters take it: strings as they are, others printed.
inline Result<MarkedText> subject_text(Call& call) { return printed(call.runtime, call.subject); }

}  // namespace sluice::jinja
