// Statements.
#include <algorithm>

#include "text/jinja/evaluator.hpp"

namespace sluice::jinja {

namespace {

std::optional<NameId> find_name(const Template& parsed, std::string_view name) {
  const auto found = std::find(parsed.names.begin(), parsed.names.end(), name);
  if (found == parsed.names.end()) return std::nullopt;
  return static_cast<NameId>(found - parsed.names.begin());
}

}  // namespace

Evaluator::Evaluator(const Template& parsed, Runtime& runtime)
    : template_(parsed),
      runtime_(runtime),
      given_(parsed.names.size()),
      loop_name_(find_name(parsed, "loop")),
      caller_name_(find_name(parsed, "caller")),
      varargs_name_(find_name(parsed, "varargs")),
      kwargs_name_(find_name(parsed, "kwargs")) {
  for (size_t i = 0; i < given_.size(); ++i)
    if (const Builtin* const function = find_function(parsed.names[i]))
      given_[i] = Value(static_cast<Object*>(runtime.keep(std::make_unique<Function>(*function))));
}

void Evaluator::set(std::string_view name, Value value) {
  if (const auto id = find_name(template_, name)) given_[*id] = std::move(value);
}

Result<MarkedText> Evaluator::render() {
  MarkedText text;
  out_ = &text;
  const Result<Flow> flow = run(template_.root.body, enter(nullptr, template_.root.hidden));
  out_ = nullptr;
  if (!flow) return flow.error();
  return text;
}

Scope& Evaluator::enter(Scope* parent, const std::vector<NameId>& hidden) {
  if (free_scopes_.empty()) free_scopes_.push_back(runtime_.keep(std::make_unique<Scope>()));
  Scope& scope = *free_scopes_.back();
  free_scopes_.pop_back();
  scope.parent = parent;
  for (const NameId name : hidden) scope.set(name, Value());
  return scope;
}

void Evaluator::leave(Scope& scope) {
  if (scope.captured) return;
  scope.variables.clear();
  free_scopes_.push_back(&scope);
}

Value Evaluator::macro_value(const MacroSyntax& syntax, Scope& scope) {
  scope.capture();
  return Value(static_cast<Object*>(runtime_.keep(std::make_unique<Macro>(syntax, scope))));
}

Result<Evaluator::Flow> Evaluator::run(const Block& block, Scope& scope) {
  for (const Statement& statement : block) {
    const DepthGuard guard(runtime_.depth(), runtime_.limits().depth);
    Result<Flow> flow = !guard.ok()                ? Result<Flow>(too_deep())
                        : !runtime_.spend_steps(1) ? Result<Flow>(runtime_.exhausted())
                                                   : execute(statement, scope);
    if (!flow) note_error(statement.at);
    if (!flow || *flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Result<Evaluator::Flow> Evaluator::execute(const Statement& statement, Scope& scope) {
  switch (statement.kind) {
    case StatementKind::text:
      SLUICE_TRY(emit(Value(statement.text)));
      return Flow::normal;
    case StatementKind::output: return output(statement, scope);
    case StatementKind::for_loop: {
      SLUICE_LET(const Value iterable, evaluate(*statement.values[0], scope));
      return for_loop(statement, iterable, scope, 0);
    }
    case StatementKind::if_chain: return if_chain(statement, scope);
    case StatementKind::assign: {
      SLUICE_LET(Value value, evaluate(*statement.values[0], scope));
      SLUICE_TRY(assign(*statement.target, std::move(value), scope));
      return Flow::normal;
    }
    case StatementKind::assign_block: return assign_block(statement, scope);
    case StatementKind::macro:
      scope.set(statement.target->name, macro_value(*statement.macro, scope));
      return Flow::normal;
    case StatementKind::call_block: return call_block(statement, scope);
    case StatementKind::with: return with(statement, scope);
    case StatementKind::filter_block: return filter_block(statement, scope);
    case StatementKind::leave_loop: return Flow::leave_loop;
    case StatementKind::next_round: return Flow::next_round;
  }
  return Flow::normal;
}

Result<void> Evaluator::emit(const Value& value) {
  SLUICE_TRY(print(runtime_, *out_, value));
  const uint64_t limit = runtime_.limits().output_bytes;
  if (out_->size() <= limit) return {};
  return Error{Code::budget, "put out more than " + std::to_string(limit) + " bytes"};
}

Result<Evaluator::Flow> Evaluator::output(const Statement& statement, Scope& scope) {
  for (const ExpressionPtr& part : statement.values) {
    SLUICE_LET(const Value value, evaluate(*part, scope));
    SLUICE_TRY(emit(value));
  }
  return Flow::normal;
}

Result<Evaluator::Flow> Evaluator::if_chain(const Statement& statement, Scope& scope) {
  for (size_t i = 0; i < statement.branches.size(); ++i) {
    if (i < statement.values.size()) {
      SLUICE_LET(const Value condition, evaluate(*statement.values[i], scope));
      if (!condition.truthy()) continue;
    }
    return run(statement.branches[i], scope);
  }
  return Flow::normal;
}

Value Evaluator::target_values(const Expression& target, const Scope& scope) {
  if (target.kind == ExpressionKind::name) return *scope.find(target.name);
  std::vector<Value> values;
  for (const ExpressionPtr& part : target.parts) values.push_back(target_values(*part, scope));
  return runtime_.array(std::move(values), Flavor::tuple);
}

// The items that pass the condition of the loop.
Result<Items> Evaluator::selected(const Statement& statement, Items items, Scope& scope) {
  if (statement.values[1] == nullptr) return items;
  Items kept;
  kept.failure = std::move(items.failure);
  for (Value& item : items.values) {
    Scope& inner = enter(&scope, {});
    SLUICE_TRY(assign(*statement.target, item, inner));
    SLUICE_LET(const Value passed, evaluate(*statement.values[1], inner));
    // Jinja's filtered loops give the values of their targets, several of them as a tuple.
    if (passed.truthy()) kept.values.push_back(target_values(*statement.target, inner));
    leave(inner);
  }
  return kept;
}

Result<Evaluator::Flow> Evaluator::for_loop(const Statement& statement, const Value& iterable,
                                            Scope& scope, size_t depth) {
  SLUICE_LET(Items all, iterate(runtime_, iterable));
  SLUICE_LET(Items items, selected(statement, std::move(all), scope));
  if (!runtime_.spend_bytes(items.values.size() * sizeof(Value))) return runtime_.exhausted();
  Loop& loop = *runtime_.keep(std::make_unique<Loop>(statement, scope));
  loop.items = std::move(items.values);
  loop.failure = std::move(items.failure);
  loop.depth = depth;
  if (statement.recursive) scope.capture();
  bool completed = false;
  SLUICE_LET(const Flow flow, rounds(loop, scope, completed));
  (void)flow;  // the loop ends here, whether it was left or not
  if (completed || statement.otherwise.body.empty()) return Flow::normal;
  Scope& otherwise = enter(&scope, statement.otherwise.hidden);
  SLUICE_LET(const Flow outer_flow, run(statement.otherwise.body, otherwise));
  leave(otherwise);
  return outer_flow;
}

// `completed` becomes true once a round came to its end: a loop whose rounds were all broken off
// runs its else as if it had no rounds, as Jinja's does.
Result<Evaluator::Flow> Evaluator::rounds(Loop& loop, Scope& scope, bool& completed) {
  for (; loop.index < loop.items.size(); ++loop.index) {
    Scope& inner = enter(&scope, loop.statement.block.hidden);
    if (loop_name_) inner.set(*loop_name_, Value(static_cast<Object*>(&loop)));
    SLUICE_TRY(assign(*loop.statement.target, loop.items[loop.index], inner));
    SLUICE_LET(const Flow flow, run(loop.statement.block.body, inner));
    leave(inner);
    if (flow == Flow::leave_loop) return Flow::normal;
    completed = completed || flow == Flow::normal;
  }
  if (loop.failure) return *loop.failure;
  return Flow::normal;
}

Result<Evaluator::Flow> Evaluator::captured(const Scoped& scoped, Scope& scope, MarkedText& out) {
  Scope& inner = enter(&scope, scoped.hidden);
  MarkedText* const outer = std::exchange(out_, &out);
  const Result<Flow> flow = run(scoped.body, inner);
  out_ = outer;
  if (flow) leave(inner);
  return flow;
}

Result<Evaluator::Flow> Evaluator::assign_block(const Statement& statement, Scope& scope) {
  MarkedText text;
  SLUICE_LET(const Flow flow, captured(statement.block, scope, text));
  if (flow != Flow::normal) return flow;
  Value value = runtime_.string(std::move(text));
  if (!statement.values.empty()) {
    SLUICE_LET(value, filter(*statement.values[0], scope, &value));
  }
  SLUICE_TRY(assign(*statement.target, std::move(value), scope));
  return Flow::normal;
}

Result<Evaluator::Flow> Evaluator::filter_block(const Statement& statement, Scope& scope) {
  MarkedText text;
  SLUICE_LET(const Flow flow, captured(statement.block, scope, text));
  if (flow != Flow::normal) return flow;
  const Value body = runtime_.string(std::move(text));
  SLUICE_LET(const Value value, filter(*statement.values[0], scope, &body));
  SLUICE_TRY(emit(value));
  return Flow::normal;
}

Result<Evaluator::Flow> Evaluator::with(const Statement& statement, Scope& scope) {
  std::vector<Value> values;
  for (const ExpressionPtr& part : statement.values) {
    SLUICE_LET(Value value, evaluate(*part, scope));
    values.push_back(std::move(value));
  }
  Scope& inner = enter(&scope, statement.block.hidden);
  for (size_t i = 0; i < values.size(); ++i)
    SLUICE_TRY(assign(*statement.targets[i], std::move(values[i]), inner));
  SLUICE_LET(const Flow flow, run(statement.block.body, inner));
  leave(inner);
  return flow;
}

Result<Evaluator::Flow> Evaluator::call_block(const Statement& statement, Scope& scope) {
  Value caller = macro_value(*statement.macro, scope);
  Value text;
  if (statement.values.empty()) {
    SLUICE_LET(text, call_value(caller, {}));  // {% generation %}
  } else {
    SLUICE_LET(text, call(*statement.values[0], scope, std::move(caller)));
  }
  SLUICE_TRY(emit(text));
  return Flow::normal;
}

Result<void> Evaluator::assign(const Expression& target, Value value, Scope& scope) {
  if (target.kind == ExpressionKind::name) {
    // An undefined value without a reason would read as "hidden by the block".
    if (value.is(Kind::undefined) && !value.reason())
      value = undefined("'" + target.text + "' is undefined");
    scope.set(target.name, std::move(value));
    return {};
  }
  if (target.kind == ExpressionKind::attribute) {
    const Value space = variable(*target.parts[0], scope);
    const bool is_space = space.is(Kind::object) && space.object().type == Object::Type::space;
    if (!is_space) return fail("attributes can be assigned to a namespace only");
    if (target.text.starts_with('_'))
      return fail("a namespace cannot have attributes that begin with '_'");
    runtime_.set(*static_cast<Space&>(space.object()).attributes, target.text, std::move(value));
    return {};
  }
  SLUICE_LET(std::vector<Value> items, all_items(runtime_, value));
  if (items.size() != target.parts.size())
    return fail("cannot unpack " + std::to_string(items.size()) + " values into " +
                std::to_string(target.parts.size()) + " names");
  for (size_t i = 0; i < items.size(); ++i)
    SLUICE_TRY(assign(*target.parts[i], std::move(items[i]), scope));
  return {};
}

}  // namespace sluice::jinja
