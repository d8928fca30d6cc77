// Which variables a block hides from its begin on. Jinja decides at compile time, for each block
// with variables of its own, where each name comes from: a name that the block sets before it reads
// it, and that no block around it knows, is undefined until then, even if the caller gave a
// variable of that name. That shows in macros and loops which run before the assignment. Source:
// jinja2/idtracking.py, version 3.1.6.
#include <algorithm>
#include <set>

#include "text/jinja/syntax.hpp"

namespace sluice::jinja {

namespace {

// The names that a block knows, and how those it sets begin.
struct Names {
  const Names* parent = nullptr;
  std::set<NameId> known;
  std::set<NameId> stored;
  std::set<NameId> hidden;

  bool knows(NameId name) const {
    return known.count(name) != 0 || (parent != nullptr && parent->knows(name));
  }
  void load(NameId name) {
    if (!knows(name)) known.insert(name);
  }
  void store(NameId name) {
    stored.insert(name);
    if (known.count(name) != 0) return;
    if (parent == nullptr || !parent->knows(name)) hidden.insert(name);
    known.insert(name);
  }
  void parameter(NameId name) {
    stored.insert(name);
    known.insert(name);
  }
};

void visit(Names& names, const Expression* expression) {
  if (expression == nullptr) return;
  if (expression->kind == ExpressionKind::name) names.load(expression->name);
  for (const ExpressionPtr& part : expression->parts) visit(names, part.get());
  if (expression->call == nullptr) return;
  for (const ExpressionPtr& value : expression->call->positional) visit(names, value.get());
  for (const auto& [name, value] : expression->call->named) visit(names, value.get());
  visit(names, expression->call->all_positional.get());
  visit(names, expression->call->all_named.get());
}

void store_target(Names& names, const Expression& target, bool as_parameter) {
  if (target.kind == ExpressionKind::name) {
    as_parameter ? names.parameter(target.name) : names.store(target.name);
  } else if (target.kind == ExpressionKind::attribute) {
    names.load(target.parts[0]->name);
  } else {
    for (const ExpressionPtr& part : target.parts) store_target(names, *part, as_parameter);
  }
}

void visit(Names& names, const Block& block);

void visit_if(Names& names, const Statement& statement, size_t branch) {
  // An elif is an if within the else.
  if (branch < statement.values.size()) visit(names, statement.values[branch].get());
  Names body = names;
  visit(body, statement.branches[branch]);
  Names rest = names;
  const bool more = branch + 1 < statement.branches.size();
  if (more && branch + 1 < statement.values.size()) {
    visit_if(rest, statement, branch + 1);
  } else if (more) {
    visit(rest, statement.branches[branch + 1]);
  }
  for (const Names* const part : {&body, &rest}) {
    names.known.insert(part->known.begin(), part->known.end());
    names.hidden.insert(part->hidden.begin(), part->hidden.end());
    // What only a branch sets is looked up outside until it is set.
    for (const NameId name : part->stored)
      if (names.stored.count(name) == 0) names.hidden.erase(name);
  }
  names.stored.insert(body.stored.begin(), body.stored.end());
  names.stored.insert(rest.stored.begin(), rest.stored.end());
}

void visit(Names& names, const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::if_chain: visit_if(names, statement, 0); break;
    case StatementKind::for_loop: visit(names, statement.values[0].get()); break;
    case StatementKind::assign_block: store_target(names, *statement.target, false); break;
    case StatementKind::macro: names.store(statement.target->name); break;
    default:
      for (const ExpressionPtr& value : statement.values) visit(names, value.get());
      if (statement.kind == StatementKind::assign) store_target(names, *statement.target, false);
  }
}

void visit(Names& names, const Block& block) {
  for (const Statement& statement : block) visit(names, statement);
}

void analyze_inner(const Names& names, Block& block);

// A block of its own within `outer`; `prepare` declares its parameters.
template <typename Prepare>
void analyze(const Names* outer, Scoped& scoped, Prepare prepare) {
  Names names;
  names.parent = outer;
  prepare(names);
  visit(names, scoped.body);
  scoped.hidden.assign(names.hidden.begin(), names.hidden.end());
  analyze_inner(names, scoped.body);
}

void analyze_inner(const Names& names, Block& block) {
  const auto nothing = [](Names&) {};
  for (Statement& statement : block) {
    for (Block& branch : statement.branches) analyze_inner(names, branch);
    if (statement.kind == StatementKind::for_loop) {
      analyze(&names, statement.block,
              [&](Names& inner) { store_target(inner, *statement.target, true); });
      analyze(&names, statement.otherwise, nothing);
    } else if (statement.macro != nullptr) {
      MacroSyntax& macro = *statement.macro;
      analyze(&names, macro.block, [&](Names& inner) {
        for (const NameId parameter : macro.parameters) inner.parameter(parameter);
        for (const ExpressionPtr& value : macro.defaults) visit(inner, value.get());
      });
    } else if (statement.kind == StatementKind::with) {
      analyze(&names, statement.block, [&](Names& inner) {
        for (const ExpressionPtr& target : statement.targets) store_target(inner, *target, true);
      });
    } else {
      analyze(&names, statement.block, nothing);
    }
  }
}

}  // namespace

void find_hidden_names(Template& parsed) {
  analyze(nullptr, parsed.root, [](Names&) {});
}

}  // namespace sluice::jinja
