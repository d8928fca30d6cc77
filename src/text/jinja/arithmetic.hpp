// Operators between two values, as Python has them. Threads: functions without state.
#pragma once

#include "text/jinja/runtime.hpp"

namespace sluice::jinja {

enum class Operator {
  // Arithmetic
  add, subtract, multiply, divide, floor_divide, modulo, power,
  // Comparison
  equal, not_equal, less, less_equal, greater, greater_equal, in, not_in,
};

/// Numbers, and + and * of strings and lists, and % of a string. Errors: unsupported (types, a zero
/// divisor, integers beyond 127 bits), budget.
Result<Value> arithmetic(Runtime& runtime, Operator operation, const Value& left,
                         const Value& right);
/// Errors: unsupported, for types without an order.
Result<bool> compare(Runtime& runtime, Operator operation, const Value& left, const Value& right);

}  // namespace sluice::jinja
