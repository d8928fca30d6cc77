#include "text/jinja/arithmetic.hpp"

#include <cmath>

#include "text/jinja/builtin.hpp"
#include "text/jinja/format.hpp"
#include "text/jinja/text_tools.hpp"

namespace sluice::jinja {

namespace {

constexpr std::string_view kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};

Error wrong_types(Operator operation, const Value& left, const Value& right) {
  for (const Value* value : {&left, &right})
    if (value->is(Kind::undefined)) return fail(undefined_reason(*value));
  return fail("'" + std::string(kSymbols[static_cast<size_t>(operation)]) +
              "' is not defined between " + std::string(left.type_name()) + " and " +
              std::string(right.type_name()));
}

Error overflow() { return fail("an integer grew beyond 127 bits"); }

// Rounds towards minus infinity, as Python's // and %.
Integer floor_quotient(Integer a, Integer b) {
  const Integer quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Result<Value> integer_power(Integer base, Integer exponent) {
  if (exponent < 0) {
    if (base == 0) return fail("zero cannot be raised to a negative power");
    return Value(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  Integer power = 1;
  // Beyond 1, 0 and -1 the result overflows before the loop gets long.
  if (base == 1 || base == 0) return Value(exponent == 0 ? Integer{1} : base);
  if (base == -1) return Value(exponent % 2 == 0 ? Integer{1} : Integer{-1});
  for (Integer i = 0; i < exponent; ++i)
    if (__builtin_mul_overflow(power, base, &power)) return overflow();
  return Value(power);
}

Result<Value> integers(Operator operation, Integer a, Integer b) {
  // The smallest Integer has no counterpart; keeping it out makes negation and division safe.
  constexpr Integer smallest = Integer{1} << 126;
  Integer out = 0;
  switch (operation) {
    case Operator::add:
      if (__builtin_add_overflow(a, b, &out)) return overflow();
      break;
    case Operator::subtract:
      if (__builtin_sub_overflow(a, b, &out)) return overflow();
      break;
    case Operator::multiply:
      if (__builtin_mul_overflow(a, b, &out)) return overflow();
      break;
    case Operator::power: {
      SLUICE_LET(const Value power, integer_power(a, b));
      if (!power.is(Kind::integer)) return power;
      out = power.integer();
      break;
    }
    default:
      if (b == 0) return fail("division by zero");
      if (operation == Operator::divide)
        return Value(static_cast<double>(a) / static_cast<double>(b));
      out = floor_quotient(a, b);
      if (operation == Operator::modulo) out = a - out * b;
  }
  if (out >= smallest || out <= -smallest) return overflow();
  return Value(out);
}

Result<Value> reals(Operator operation, double a, double b) {
  switch (operation) {
    case Operator::add: return Value(a + b);
    case Operator::subtract: return Value(a - b);
    case Operator::multiply: return Value(a * b);
    case Operator::power: {
      if (a == 0 && b < 0) return fail("zero cannot be raised to a negative power");
      if (a < 0 && std::isfinite(a) && std::isfinite(b) && std::trunc(b) != b)
        return fail("a negative number has no such power");
      const double power = std::pow(a, b);
      if (std::isinf(power) && std::isfinite(a) && std::isfinite(b))
        return fail("a power is too large");
      return Value(power);
    }
    default: break;
  }
  if (b == 0) return fail("division by zero");
  if (operation == Operator::divide) return Value(a / b);
  // As CPython's float_divmod: the remainder has the sign of the divisor.
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0) {
    if ((b < 0) != (remainder < 0)) {
      remainder += b;
      quotient -= 1;
    }
  } else {
    remainder = std::copysign(0.0, b);
  }
  if (operation == Operator::modulo) return Value(remainder);
  if (quotient == 0) return Value(std::copysign(0.0, a / b));
  const double floor = std::floor(quotient);
  return Value(quotient - floor > 0.5 ? floor + 1 : floor);
}

Result<Value> add_texts(Runtime& runtime, const MarkedText& left, const MarkedText& right) {
  if (!runtime.spend_bytes(left.size() + right.size())) return runtime.exhausted();
  // A safe text escapes what it meets, as Jinja's Markup does.
  const bool safe = left.safe() || right.safe();
  MarkedText sum = safe ? html_escaped(left) : left;
  sum.append(safe ? html_escaped(right) : right);
  return runtime.string(std::move(sum.set_safe(safe)));
}

bool is_list_or_tuple(const Value& value) {
  return value.is(Kind::array) && (value.array().flavor == Flavor::list ||
                                   value.array().flavor == Flavor::tuple);
}

Result<Value> repeat(Runtime& runtime, const Value& subject, Integer count) {
  if (subject.is(Kind::string)) {
    SLUICE_LET(MarkedText text, repeated(runtime, subject.text(), count));
    return runtime.string(std::move(text));
  }
  const Array& array = subject.array();
  std::vector<Value> items;
  for (Integer i = 0; i < count && !array.items.empty(); ++i) {
    if (!runtime.spend_bytes(array.items.size() * sizeof(Value))) return runtime.exhausted();
    items.insert(items.end(), array.items.begin(), array.items.end());
  }
  return runtime.array(std::move(items), array.flavor);
}

Result<Value> sequences(Runtime& runtime, Operator operation, const Value& left,
                        const Value& right) {
  const bool texts = left.is(Kind::string) && right.is(Kind::string);
  if (operation == Operator::add && texts) return add_texts(runtime, left.text(), right.text());
  const bool arrays = is_list_or_tuple(left) && is_list_or_tuple(right) &&
                      left.array().flavor == right.array().flavor;
  if (operation == Operator::add && arrays) {
    std::vector<Value> items = left.array().items;
    items.insert(items.end(), right.array().items.begin(), right.array().items.end());
    return runtime.array(std::move(items), left.array().flavor);
  }
  if (operation == Operator::multiply) {
    for (const bool swapped : {false, true}) {
      const Value& subject = swapped ? right : left;
      const auto count = (swapped ? left : right).as_integer();
      if (count && (subject.is(Kind::string) || is_list_or_tuple(subject)))
        return repeat(runtime, subject, *count);
    }
  }
  if (operation == Operator::modulo && left.is(Kind::string)) {
    SLUICE_LET(MarkedText text, format_percent(runtime, left.text(), right));
    return runtime.string(std::move(text));
  }
  return wrong_types(operation, left, right);
}

}  // namespace

Result<Value> arithmetic(Runtime& runtime, Operator operation, const Value& left,
                         const Value& right) {
  const auto a = left.as_integer();
  const auto b = right.as_integer();
  if (a && b) return integers(operation, *a, *b);
  const auto x = left.as_real();
  const auto y = right.as_real();
  if (x && y) return reals(operation, *x, *y);
  // An undefined value on the right is an error even behind a format.
  if (left.is(Kind::undefined)) return wrong_types(operation, left, right);
  return sequences(runtime, operation, left, right);
}

Result<bool> compare(Runtime& runtime, Operator operation, const Value& left, const Value& right) {
  const auto negated = [](Result<bool> outcome) -> Result<bool> {
    if (!outcome) return outcome;
    return !*outcome;
  };
  switch (operation) {
    case Operator::equal: return equal(runtime, left, right);
    case Operator::not_equal: return negated(equal(runtime, left, right));
    case Operator::in: return contains(runtime, right, left);
    case Operator::not_in: return negated(contains(runtime, right, left));
    case Operator::less: return less(runtime, left, right);
    case Operator::greater: return less(runtime, right, left);
    default: break;
  }
  const bool swapped = operation == Operator::greater_equal;
  const Value& low = swapped ? right : left;
  const Value& high = swapped ? left : right;
  SLUICE_LET(const bool below, less(runtime, low, high));
  if (below) return true;
  return equal(runtime, low, high);
}

}  // namespace sluice::jinja
