// Calls: methods, functions, macros and recursive loops.
#include "text/jinja/evaluator.hpp"

namespace sluice::jinja {

Result<Arguments> Evaluator::arguments_of(const CallSyntax* call, Scope& scope) {
  Arguments arguments;
  if (call == nullptr) return arguments;
  for (const ExpressionPtr& part : call->positional) {
    SLUICE_LET(Value value, evaluate(*part, scope));
    arguments.positional.push_back(std::move(value));
  }
  if (call->all_positional) {
    SLUICE_LET(const Value list, evaluate(*call->all_positional, scope));
    SLUICE_LET(const std::vector<Value> more, all_items(runtime_, list));
    arguments.positional.insert(arguments.positional.end(), more.begin(), more.end());
  }
  for (const auto& [name, part] : call->named) {
    SLUICE_LET(Value value, evaluate(*part, scope));
    arguments.named.emplace_back(name, std::move(value));
  }
  if (!call->all_named) return arguments;
  SLUICE_LET(const Value named, evaluate(*call->all_named, scope));
  if (!named.is(Kind::dict)) return fail("'**' needs a dict");
  for (const auto& [key, value] : named.dict().entries) {
    if (!key.is(Kind::string)) return fail("'**' needs a dict with strings as keys");
    for (const auto& [known, other] : arguments.named)
      if (known == key.bytes()) return fail("the argument '" + known + "' comes twice");
    arguments.named.emplace_back(std::string(key.bytes()), value);
  }
  return arguments;
}

Result<Value> Evaluator::call(const Expression& expression, Scope& scope,
                              std::optional<Value> caller) {
  const Expression& callee = *expression.parts[0];
  Value subject;
  const Builtin* method = nullptr;
  if (callee.kind == ExpressionKind::attribute) {
    // The usual case, without making an object of the method first.
    SLUICE_LET(subject, evaluate_part(callee, 0, scope));
    if (subject.is(Kind::undefined)) return fail(undefined_reason(subject));
    method = find_method(subject, callee.text);
    if (method == nullptr) subject = get_attribute(runtime_, subject, callee.text);
  } else {
    SLUICE_LET(subject, evaluate(callee, scope));
  }
  SLUICE_LET(Arguments arguments, arguments_of(expression.call.get(), scope));
  if (caller) arguments.named.emplace_back("caller", *std::move(caller));
  if (method != nullptr) return call_builtin(runtime_, *method, subject, std::move(arguments));
  return call_value(subject, std::move(arguments));
}

Result<Value> Evaluator::call_value(const Value& callee, Arguments arguments) {
  if (callee.is(Kind::undefined)) return fail(undefined_reason(callee));
  const Error not_callable =
      fail("a value of type " + std::string(callee.type_name()) + " cannot be called");
  if (!callee.is(Kind::object)) return not_callable;
  Object& object = callee.object();
  switch (object.type) {
    case Object::Type::method: {
      const auto& method = static_cast<const Method&>(object);
      return call_builtin(runtime_, method.builtin, method.subject, std::move(arguments));
    }
    case Object::Type::function:
      return call_builtin(runtime_, static_cast<const Function&>(object).builtin, None{},
                          std::move(arguments));
    case Object::Type::macro:
      return call_macro(static_cast<const Macro&>(object), std::move(arguments));
    case Object::Type::loop: return call_loop(static_cast<Loop&>(object), arguments);
    case Object::Type::space: break;
  }
  return not_callable;
}

namespace {

std::optional<Value> take_named(Arguments& arguments, std::string_view name) {
  for (auto entry = arguments.named.begin(); entry != arguments.named.end(); ++entry) {
    if (entry->first != name) continue;
    Value value = std::move(entry->second);
    arguments.named.erase(entry);
    return value;
  }
  return std::nullopt;
}

}  // namespace

Result<void> Evaluator::bind(const Macro& macro, Arguments arguments, Scope& scope) {
  const MacroSyntax& syntax = macro.syntax;
  const size_t count = syntax.parameters.size();
  std::vector<std::optional<Value>> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = i < arguments.positional.size()
                    ? std::optional<Value>(arguments.positional[i])
                    : take_named(arguments, syntax.parameter_names[i]);
  for (size_t i = 0; i < count; ++i) {
    const std::string& name = syntax.parameter_names[i];
    scope.set(syntax.parameters[i],
              values[i].value_or(undefined("the parameter '" + name + "' was not given")));
  }
  if (syntax.uses_caller) {
    const auto caller = take_named(arguments, "caller");
    scope.set(*caller_name_, caller.value_or(undefined("no caller was given")));
  }
  const size_t used = std::min(count, arguments.positional.size());
  arguments.positional.erase(arguments.positional.begin(),
                             arguments.positional.begin() + static_cast<ptrdiff_t>(used));
  if (syntax.uses_kwargs) {
    Dict* const rest = runtime_.dict();
    for (auto& [name, value] : arguments.named) runtime_.set(*rest, name, std::move(value));
    scope.set(*kwargs_name_, Value(rest));
  } else if (!arguments.named.empty()) {
    return fail("the macro '" + macro.name + "' has no parameter '" + arguments.named[0].first +
                "'");
  }
  if (syntax.uses_varargs) {
    scope.set(*varargs_name_, runtime_.array(std::move(arguments.positional), Flavor::tuple));
  } else if (!arguments.positional.empty()) {
    return fail("the macro '" + macro.name + "' takes at most " + std::to_string(count) +
                " values");
  }
  const size_t required = count - syntax.defaults.size();
  for (size_t i = required; i < count; ++i) {
    if (values[i]) continue;
    SLUICE_LET(Value value, evaluate(*syntax.defaults[i - required], scope));
    scope.set(syntax.parameters[i], std::move(value));
  }
  return {};
}

Result<Value> Evaluator::call_macro(const Macro& macro, Arguments arguments) {
  const DepthGuard guard(runtime_.depth(), runtime_.limits().depth);
  if (!guard.ok()) return too_deep();
  Scope& scope = enter(&macro.scope, macro.syntax.block.hidden);
  SLUICE_TRY(bind(macro, std::move(arguments), scope));
  MarkedText text;
  MarkedText* const outer = std::exchange(out_, &text);
  const Result<Flow> flow = run(macro.syntax.block.body, scope);
  out_ = outer;
  if (!flow) return flow.error();
  leave(scope);
  return runtime_.string(std::move(text));
}

Result<Value> Evaluator::call_loop(Loop& loop, const Arguments& arguments) {
  const DepthGuard guard(runtime_.depth(), runtime_.limits().depth);
  if (!guard.ok()) return too_deep();
  if (!loop.statement.recursive) return fail("only a loop marked 'recursive' can be called");
  if (arguments.positional.size() != 1 || !arguments.named.empty())
    return fail("a recursive loop takes one value");
  MarkedText text;
  MarkedText* const outer = std::exchange(out_, &text);
  const Result<Flow> flow =
      for_loop(loop.statement, arguments.positional[0], loop.scope, loop.depth + 1);
  out_ = outer;
  if (!flow) return flow.error();
  return runtime_.string(std::move(text));
}

}  // namespace sluice::jinja
