// The syntax tree of a template. Threads: const after parsing. Ownership: a tree of unique_ptr.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja/arithmetic.hpp"
#include "text/jinja/value.hpp"

namespace sluice::jinja {

/// A name, as its position in Template::names.
using NameId = uint32_t;

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class ExpressionKind {
  constant,
  name,
  list,
  tuple,
  dict,         ///< parts: key, value, key, value, ...
  attribute,    ///< parts[0] . text
  item,         ///< parts[0] [ parts[1] ]
  slice,        ///< parts[0] [ parts[1] : parts[2] : parts[3] ], null where left out
  call,         ///< parts[0] ( call )
  filter,       ///< parts[0] | text ( call ); parts[0] is null for the body of a block
  test,         ///< parts[0] is text ( call )
  negate,
  plus,
  logical_not,
  logical_and,
  logical_or,
  arithmetic,
  concatenate,
  comparison,   ///< parts[0] comparisons[0] parts[1] comparisons[1] parts[2] ...
  conditional,  ///< parts[1] if parts[0] else parts[2]; the last is null without else
};

struct CallSyntax {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr all_positional;  ///< *expression
  ExpressionPtr all_named;       ///< **expression
};

struct Expression {
  ExpressionKind kind;
  uint32_t at = 0;     ///< byte of the source
  uint32_t depth = 1;  ///< of the tree below and with this node
  NameId name = 0;
  std::string text;
  Value constant;
  Operator operation = Operator::add;
  std::vector<Operator> comparisons;
  std::vector<ExpressionPtr> parts;
  std::unique_ptr<CallSyntax> call;
};

struct Statement;
using Block = std::vector<Statement>;

/// A block that has variables of its own. Names in `hidden` are undefined when it begins, whatever
/// the caller's variables are: Jinja decides at compile time that they belong to the block.
struct Scoped {
  Block body;
  std::vector<NameId> hidden;
};

struct MacroSyntax {
  std::string name;
  std::vector<NameId> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExpressionPtr> defaults;  ///< of the last parameters
  Scoped block;
  bool uses_caller = false;
  bool uses_varargs = false;
  bool uses_kwargs = false;
};

enum class StatementKind {
  text,
  output,        ///< values, printed one after the other
  for_loop,      ///< target in values[0] if values[1]; values[1] may be null
  if_chain,      ///< values[i] guards branches[i]; one more branch is the else
  assign,        ///< target = values[0]
  assign_block,  ///< target = block, through the filters of values[0] if there is one
  macro,
  call_block,    ///< values[0] is the call, macro its caller
  with,          ///< targets[i] = values[i] within block
  filter_block,  ///< values[0] is the filter
  leave_loop,
  next_round,
};

struct Statement {
  StatementKind kind;
  uint32_t at = 0;
  String text;
  ExpressionPtr target;
  std::vector<ExpressionPtr> targets;
  std::vector<ExpressionPtr> values;
  std::vector<Block> branches;
  Scoped block;
  Scoped otherwise;  ///< the else of a loop
  bool recursive = false;
  std::unique_ptr<MacroSyntax> macro;
};

/// A parsed template.
struct Template {
  std::string source;  ///< with line ends made "\n"
  std::vector<std::string> names;
  Scoped root;
};

/// "line 3, column 5" of a byte of the source; columns count characters.
std::string position_text(const std::string& source, size_t at);

/// Errors: corrupt (syntax, with line and column), unsupported (a statement, filter or test that
/// Jinja has and this engine does not), budget (nested too deeply).
Result<Template> parse_template(std::string source);

/// Fills in Scoped::hidden everywhere; source: jinja2/idtracking.py, version 3.1.6.
void find_hidden_names(Template& parsed);

}  // namespace sluice::jinja
