// What a template makes while it runs: scopes of variables, macros and loops.
// Threads: one rendering, one thread. Ownership: cells of the Runtime.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja/builtin.hpp"
#include "text/jinja/syntax.hpp"

namespace sluice::jinja {

/// The variables of one block; those of the blocks around it are reached through `parent`.
struct Scope final : Cell {
  Scope* parent = nullptr;
  std::vector<std::pair<NameId, Value>> variables;
  bool captured = false;  ///< a macro may come back to it, so it cannot be used again

  const Value* find(NameId name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->parent)
      for (const auto& [known, value] : scope->variables)
        if (known == name) return &value;
    return nullptr;
  }
  void set(NameId name, Value value) {
    for (auto& [known, old] : variables) {
      if (known != name) continue;
      old = std::move(value);
      return;
    }
    variables.emplace_back(name, std::move(value));
  }
  void capture() {
    for (Scope* scope = this; scope != nullptr && !scope->captured; scope = scope->parent)
      scope->captured = true;
  }
};

struct Macro final : Object {
  Macro(const MacroSyntax& macro_syntax, Scope& macro_scope)
      : Object(Type::macro), name(macro_syntax.name), syntax(macro_syntax), scope(macro_scope) {}
  const std::string& name;
  const MacroSyntax& syntax;
  Scope& scope;  ///< where it was defined
};

/// The variable `loop` of a running for.
struct Loop final : Object {
  Loop(const Statement& loop_statement, Scope& loop_scope)
      : Object(Type::loop), statement(loop_statement), scope(loop_scope) {}

  /// loop.index and the others; nothing for a name that loops do not have.
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) const;

  const Statement& statement;
  Scope& scope;  ///< around the loop
  std::vector<Value> items;
  std::optional<Error> failure;  ///< what happens after the last item
  size_t index = 0;
  size_t depth = 0;
  std::optional<std::vector<Value>> last_changed;
};

}  // namespace sluice::jinja
