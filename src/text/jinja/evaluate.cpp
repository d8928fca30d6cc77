// Expressions.
#include "text/jinja/arithmetic.hpp"
#include "text/jinja/evaluator.hpp"

namespace sluice::jinja {

Result<Value> Evaluator::evaluate(const Expression& expression, Scope& scope) {
  const DepthGuard guard(runtime_.depth(), runtime_.limits().depth);
  Result<Value> outcome = !guard.ok()                ? Result<Value>(too_deep())
                          : !runtime_.spend_steps(1) ? Result<Value>(runtime_.exhausted())
                                                     : dispatch(expression, scope);
  if (!outcome) note_error(expression.at);
  return outcome;
}

Result<Value> Evaluator::dispatch(const Expression& expression, Scope& scope) {
  switch (expression.kind) {
    case ExpressionKind::constant: return expression.constant;
    case ExpressionKind::name: return variable(expression, scope);
    case ExpressionKind::list:
    case ExpressionKind::tuple: return sequence(expression, scope);
    case ExpressionKind::dict: return dict(expression, scope);
    case ExpressionKind::attribute:
    case ExpressionKind::item: return subscript(expression, scope);
    case ExpressionKind::slice: return slice(expression, scope);
    case ExpressionKind::call: return call(expression, scope, std::nullopt);
    case ExpressionKind::filter: return filter(expression, scope);
    case ExpressionKind::negate:
    case ExpressionKind::plus: return sign(expression, scope);
    case ExpressionKind::concatenate: return concatenation(expression, scope);
    case ExpressionKind::comparison: return comparison(expression, scope);
    case ExpressionKind::conditional: return conditional(expression, scope);
    default: break;
  }
  SLUICE_LET(Value first, evaluate_part(expression, 0, scope));
  switch (expression.kind) {
    case ExpressionKind::logical_not: return Value(!first.truthy());
    case ExpressionKind::logical_and:
      return first.truthy() ? evaluate_part(expression, 1, scope) : std::move(first);
    case ExpressionKind::logical_or:
      return first.truthy() ? std::move(first) : evaluate_part(expression, 1, scope);
    case ExpressionKind::test: {
      SLUICE_LET(Arguments arguments, arguments_of(expression.call.get(), scope));
      SLUICE_LET(const bool passed,
                 apply_test(runtime_, expression.text, first, std::move(arguments)));
      return Value(passed);
    }
    default: break;
  }
  SLUICE_LET(const Value second, evaluate_part(expression, 1, scope));
  return arithmetic(runtime_, expression.operation, first, second);
}

Value Evaluator::variable(const Expression& name, const Scope& scope) {
  const Value* const found = scope.find(name.name);
  const bool hidden = found != nullptr && found->is(Kind::undefined) && !found->reason();
  if (found != nullptr && !hidden) return *found;
  if (found == nullptr && given_[name.name]) return *given_[name.name];
  return undefined("'" + name.text + "' is undefined");
}

Result<Value> Evaluator::sequence(const Expression& expression, Scope& scope) {
  std::vector<Value> items;
  for (const ExpressionPtr& part : expression.parts) {
    SLUICE_LET(Value item, evaluate(*part, scope));
    items.push_back(std::move(item));
  }
  return runtime_.array(std::move(items), expression.kind == ExpressionKind::tuple ? Flavor::tuple
                                                                                   : Flavor::list);
}

Result<Value> Evaluator::dict(const Expression& expression, Scope& scope) {
  Dict* const made = runtime_.dict();
  for (size_t i = 0; i < expression.parts.size(); i += 2) {
    SLUICE_LET(const Value key, evaluate_part(expression, i, scope));
    SLUICE_LET(Value value, evaluate_part(expression, i + 1, scope));
    SLUICE_TRY(runtime_.set(*made, key, std::move(value)));
  }
  return Value(made);
}

Result<Value> Evaluator::subscript(const Expression& expression, Scope& scope) {
  SLUICE_LET(const Value subject, evaluate_part(expression, 0, scope));
  const bool by_name = expression.kind == ExpressionKind::attribute;
  Value key;
  if (!by_name) {
    SLUICE_LET(key, evaluate_part(expression, 1, scope));
  }
  if (subject.is(Kind::undefined)) return fail(undefined_reason(subject));
  return by_name ? get_attribute(runtime_, subject, expression.text)
                 : get_item(runtime_, subject, key);
}

Result<Value> Evaluator::slice(const Expression& expression, Scope& scope) {
  SLUICE_LET(const Value subject, evaluate_part(expression, 0, scope));
  Value bounds[3] = {None{}, None{}, None{}};
  for (size_t i = 0; i < 3; ++i) {
    if (expression.parts[i + 1] == nullptr) continue;
    SLUICE_LET(bounds[i], evaluate_part(expression, i + 1, scope));
  }
  return get_slice(runtime_, subject, bounds);
}

Result<Value> Evaluator::sign(const Expression& expression, Scope& scope) {
  SLUICE_LET(const Value value, evaluate_part(expression, 0, scope));
  if (value.is(Kind::undefined)) return fail(undefined_reason(value));
  const Integer factor = expression.kind == ExpressionKind::negate ? -1 : 1;
  if (value.is(Kind::real)) return Value(factor < 0 ? -value.real() : value.real());
  if (!value.as_integer()) return fail("a sign stands before a number only");
  return arithmetic(runtime_, Operator::multiply, value, Value(factor));
}

Result<Value> Evaluator::concatenation(const Expression& expression, Scope& scope) {
  MarkedText out;
  for (const ExpressionPtr& part : expression.parts) {
    SLUICE_LET(const Value value, evaluate(*part, scope));
    SLUICE_TRY(print(runtime_, out, value));
  }
  return runtime_.string(std::move(out));
}

Result<Value> Evaluator::comparison(const Expression& expression, Scope& scope) {
  SLUICE_LET(Value left, evaluate_part(expression, 0, scope));
  for (size_t i = 0; i < expression.comparisons.size(); ++i) {
    SLUICE_LET(Value right, evaluate_part(expression, i + 1, scope));
    SLUICE_LET(const bool holds, compare(runtime_, expression.comparisons[i], left, right));
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Result<Value> Evaluator::conditional(const Expression& expression, Scope& scope) {
  SLUICE_LET(const Value condition, evaluate_part(expression, 0, scope));
  if (condition.truthy()) return evaluate_part(expression, 1, scope);
  if (expression.parts[2] != nullptr) return evaluate_part(expression, 2, scope);
  return undefined("a conditional expression was false and has no else");
}

Result<Value> Evaluator::filter(const Expression& expression, Scope& scope, const Value* body) {
  const DepthGuard guard(runtime_.depth(), runtime_.limits().depth);
  if (!guard.ok()) return too_deep();
  Value subject;
  if (expression.parts[0] == nullptr) {
    subject = *body;
  } else if (body != nullptr && expression.parts[0]->kind == ExpressionKind::filter) {
    SLUICE_LET(subject, filter(*expression.parts[0], scope, body));
  } else {
    SLUICE_LET(subject, evaluate_part(expression, 0, scope));
  }
  SLUICE_LET(Arguments arguments, arguments_of(expression.call.get(), scope));
  Result<Value> outcome = apply_filter(runtime_, expression.text, subject, std::move(arguments));
  if (!outcome) note_error(expression.at);
  return outcome;
}

}  // namespace sluice::jinja
