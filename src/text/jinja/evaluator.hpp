// Runs a parsed template over variables. Threads: one evaluator, one rendering, one thread; the
// template may be shared. Cost: what the template does, within the limits of the Runtime.
#pragma once

#include <optional>
#include <vector>

#include "text/jinja/macro.hpp"
#include "text/jinja/runtime.hpp"
#include "text/jinja/syntax.hpp"

namespace sluice::jinja {

class Evaluator {
 public:
  /// Both arguments outlive the evaluator.
  Evaluator(const Template& parsed, Runtime& runtime);

  /// Gives the template a variable; one that it never mentions is dropped.
  void set(std::string_view name, Value value);

  /// The text of the whole template. Errors: as the template causes them; `error_at` then says
  /// where.
  Result<MarkedText> render();
  size_t error_at() const { return error_at_.value_or(0); }

 private:
  enum class Flow { normal, leave_loop, next_round };

  // evaluate.cpp
  Result<Value> evaluate(const Expression& expression, Scope& scope);
  Result<Value> dispatch(const Expression& expression, Scope& scope);
  Result<Value> evaluate_part(const Expression& expression, size_t part, Scope& scope) {
    return evaluate(*expression.parts[part], scope);
  }
  Value variable(const Expression& name, const Scope& scope);
  Result<Value> sequence(const Expression& expression, Scope& scope);
  Result<Value> dict(const Expression& expression, Scope& scope);
  Result<Value> subscript(const Expression& expression, Scope& scope);
  Result<Value> slice(const Expression& expression, Scope& scope);
  Result<Value> sign(const Expression& expression, Scope& scope);
  Result<Value> concatenation(const Expression& expression, Scope& scope);
  Result<Value> comparison(const Expression& expression, Scope& scope);
  Result<Value> conditional(const Expression& expression, Scope& scope);
  // A filter over its own subject, or over `body` for the filter of a block.
  Result<Value> filter(const Expression& expression, Scope& scope, const Value* body = nullptr);

  // call.cpp
  Result<Value> call(const Expression& expression, Scope& scope, std::optional<Value> caller);
  Result<Value> call_value(const Value& callee, Arguments arguments);
  Result<Value> call_macro(const Macro& macro, Arguments arguments);
  Result<void> bind(const Macro& macro, Arguments arguments, Scope& scope);
  Result<Value> call_loop(Loop& loop, const Arguments& arguments);
  Result<Arguments> arguments_of(const CallSyntax* call, Scope& scope);

  // execute.cpp
  Result<Flow> run(const Block& block, Scope& scope);
  Result<Flow> execute(const Statement& statement, Scope& scope);
  Result<Flow> output(const Statement& statement, Scope& scope);
  Result<Flow> if_chain(const Statement& statement, Scope& scope);
  Result<Flow> for_loop(const Statement& statement, const Value& iterable, Scope& scope,
                        size_t depth);
  Value target_values(const Expression& target, const Scope& scope);
  Result<Items> selected(const Statement& statement, Items items, Scope& scope);
  Result<Flow> rounds(Loop& loop, Scope& scope, bool& completed);
  Result<Flow> assign_block(const Statement& statement, Scope& scope);
  Result<Flow> with(const Statement& statement, Scope& scope);
  Result<Flow> filter_block(const Statement& statement, Scope& scope);
  Result<Flow> call_block(const Statement& statement, Scope& scope);
  Result<void> assign(const Expression& target, Value value, Scope& scope);
  Result<void> emit(const Value& value);
  // Runs a block in a scope of its own and returns what it put out.
  Result<Flow> captured(const Scoped& scoped, Scope& scope, MarkedText& out);

  Scope& enter(Scope* parent, const std::vector<NameId>& hidden);
  void leave(Scope& scope);
  Value macro_value(const MacroSyntax& syntax, Scope& scope);
  void note_error(size_t at) {
    if (!error_at_) error_at_ = at;
  }

  const Template& template_;
  Runtime& runtime_;
  std::vector<std::optional<Value>> given_;  ///< by NameId
  std::vector<Scope*> free_scopes_;
  std::optional<NameId> loop_name_, caller_name_, varargs_name_, kwargs_name_;
  MarkedText* out_ = nullptr;
  std::optional<size_t> error_at_;
};

}  // namespace sluice::jinja
