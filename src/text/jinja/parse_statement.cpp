#include <algorithm>

#include "text/jinja/parser.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kBlockDepthMax = 60;
constexpr size_t kSourceBytesMax = size_t{16} << 20;

// Whether a name is read anywhere below.
bool reads(const Expression* expression, NameId name);
bool reads(const Block& block, NameId name);

bool reads(const std::vector<ExpressionPtr>& list, NameId name) {
  return std::any_of(list.begin(), list.end(),
                     [name](const ExpressionPtr& part) { return reads(part.get(), name); });
}

bool reads(const Expression* expression, NameId name) {
  if (expression == nullptr) return false;
  if (expression->kind == ExpressionKind::name && expression->name == name) return true;
  if (reads(expression->parts, name)) return true;
  if (expression->call == nullptr) return false;
  const CallSyntax& call = *expression->call;
  return reads(call.positional, name) || reads(call.all_positional.get(), name) ||
         reads(call.all_named.get(), name) ||
         std::any_of(call.named.begin(), call.named.end(),
                     [name](const auto& entry) { return reads(entry.second.get(), name); });
}

bool reads(const Statement& statement, NameId name) {
  if (reads(statement.values, name) || reads(statement.block.body, name)) return true;
  if (reads(statement.otherwise.body, name)) return true;
  if (statement.macro &&
      (reads(statement.macro->block.body, name) || reads(statement.macro->defaults, name)))
    return true;
  return std::any_of(statement.branches.begin(), statement.branches.end(),
                     [name](const Block& branch) { return reads(branch, name); });
}

bool reads(const Block& block, NameId name) {
  return std::any_of(block.begin(), block.end(),
                     [name](const Statement& statement) { return reads(statement, name); });
}

}  // namespace

Error Parser::error_at(std::string what, size_t at) const {
  return {Code::corrupt, position_text(template_.source, at) + ": " + std::move(what)};
}

Error Parser::unexpected(std::string_view wanted) const {
  const Token& token = current();
  std::string found = "'" + token.text + "'";
  if (token.kind == TokenKind::end) found = "the end of the template";
  if (token.kind == TokenKind::variable_end || token.kind == TokenKind::block_end)
    found = "the end of the tag";
  if (token.kind == TokenKind::string) found = "a string";
  return error("expected " + std::string(wanted) + " before " + found);
}

bool Parser::is_symbol(std::string_view symbol) const {
  return current().kind == TokenKind::symbol && current().text == symbol;
}

bool Parser::is_word(std::string_view word) const {
  return current().kind == TokenKind::name && current().text == word;
}

bool Parser::take_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  take();
  return true;
}

bool Parser::take_word(std::string_view word) {
  if (!is_word(word)) return false;
  take();
  return true;
}

Result<void> Parser::expect_symbol(std::string_view symbol) {
  if (take_symbol(symbol)) return {};
  return unexpected("'" + std::string(symbol) + "'");
}

Result<std::string> Parser::expect_name() {
  if (current().kind != TokenKind::name) return unexpected("a name");
  return take().text;
}

NameId Parser::intern(const std::string& name) {
  const auto [found, added] = names_.try_emplace(name, static_cast<NameId>(template_.names.size()));
  if (added) template_.names.push_back(name);
  return found->second;
}

Result<void> Parser::run() {
  SLUICE_LET(template_.root.body, statements({}));
  if (!unknown_.empty()) return unknown_.front();
  return {};
}

// Text and tags, until a tag that begins with one of `ends`; that word is current afterwards.
Result<Block> Parser::statements(const EndWords& ends) {
  Block block;
  while (current().kind != TokenKind::end) {
    if (current().kind != TokenKind::block_begin) {
      SLUICE_TRY(text_or_output(block));
      continue;
    }
    const size_t at = take().at;
    if (current().kind != TokenKind::name) return unexpected("the name of a tag");
    if (std::find(ends.begin(), ends.end(), current().text) != ends.end()) return block;
    const size_t before = block.size();
    SLUICE_TRY(tag(block));
    if (block.size() > before) block.back().at = static_cast<uint32_t>(at);
    SLUICE_TRY(tag_end());
  }
  if (ends.empty()) return block;
  return error("the template ends where '" + std::string(ends.back()) + "' is missing");
}

Result<void> Parser::text_or_output(Block& block) {
  const Token token = take();
  Statement statement{};
  statement.at = token.at;
  if (token.kind == TokenKind::text) {
    statement.kind = StatementKind::text;
    statement.text = std::make_shared<const MarkedText>(token.text);
  } else {
    statement.kind = StatementKind::output;
    SLUICE_LET(ExpressionPtr value, tuple({}));
    statement.values.push_back(std::move(value));
    if (current().kind != TokenKind::variable_end) return unexpected("the end of the tag");
    take();
  }
  block.push_back(std::move(statement));
  return {};
}

Result<void> Parser::tag_end() {
  if (current().kind != TokenKind::block_end) return unexpected("the end of the tag");
  take();
  return {};
}

Result<void> Parser::tag(Block& block) {
  const DepthGuard guard(depth_, kBlockDepthMax);
  if (!guard.ok()) return Error{Code::budget, error("blocks are nested too deeply").message};
  const Token word = take();
  const auto add = [&block](Result<Statement> statement) -> Result<void> {
    if (!statement) return std::move(statement.error());
    block.push_back(*std::move(statement));
    return {};
  };
  if (word.text == "for") return add(for_loop());
  if (word.text == "if") return add(if_chain());
  if (word.text == "set") return add(assignment());
  if (word.text == "macro") return add(macro());
  if (word.text == "call") return add(call_block());
  if (word.text == "generation") return add(generation());
  if (word.text == "with") return add(with());
  if (word.text == "filter") return add(filter_block());
  if (word.text == "break") return add(loop_control(StatementKind::leave_loop));
  if (word.text == "continue") return add(loop_control(StatementKind::next_round));
  if (word.text == "print") {
    Statement statement{};
    statement.kind = StatementKind::output;
    while (current().kind != TokenKind::block_end) {
      if (!statement.values.empty()) SLUICE_TRY(expect_symbol(","));
      SLUICE_LET(ExpressionPtr value, expression());
      statement.values.push_back(std::move(value));
    }
    block.push_back(std::move(statement));
    return {};
  }
  for (const std::string_view known :
       {"autoescape", "block", "do", "extends", "from", "import", "include"})
    if (word.text == known)
      return Error{Code::unsupported,
                   error_at("the tag '" + word.text + "' is not supported", word.at).message};
  return error_at("there is no tag '" + word.text + "'", word.at);
}

// The end of the current tag, statements, and the word that ends them.
Result<Block> Parser::body(const EndWords& ends) {
  SLUICE_TRY(tag_end());
  return statements(ends);
}

Result<Block> Parser::function_body(const EndWords& ends) {
  const int loops = std::exchange(loops_, 0);
  const bool lenient = std::exchange(lenient_, false);
  SLUICE_LET(Block block, body(ends));
  take();
  loops_ = loops;
  lenient_ = lenient;
  return block;
}

Result<Statement> Parser::for_loop() {
  Statement statement{};
  statement.kind = StatementKind::for_loop;
  SLUICE_LET(statement.target, assign_target({}));
  if (!take_word("in")) return unexpected("'in'");
  SLUICE_LET(ExpressionPtr iterable, tuple({.conditional = false}));
  const bool lenient = std::exchange(lenient_, false);
  ExpressionPtr condition;
  if (take_word("if")) {
    SLUICE_LET(condition, expression());
  }
  statement.values.push_back(std::move(iterable));
  statement.values.push_back(std::move(condition));
  statement.recursive = take_word("recursive");
  // The body of a recursive loop becomes a function of its own, but break still leaves the loop.
  ++loops_;
  SLUICE_LET(statement.block.body, body({"else", "endfor"}));
  --loops_;
  if (take_word("else")) {
    SLUICE_LET(statement.otherwise.body, body({"endfor"}));
  }
  take();
  lenient_ = lenient;
  return statement;
}

Result<Statement> Parser::if_chain() {
  Statement statement{};
  statement.kind = StatementKind::if_chain;
  const bool lenient = std::exchange(lenient_, true);
  while (true) {
    SLUICE_LET(ExpressionPtr condition, tuple({.conditional = false}));
    statement.values.push_back(std::move(condition));
    SLUICE_LET(Block branch, body({"elif", "else", "endif"}));
    statement.branches.push_back(std::move(branch));
    if (!take_word("elif")) break;
  }
  if (take_word("else")) {
    SLUICE_LET(Block branch, body({"endif"}));
    statement.branches.push_back(std::move(branch));
  }
  take();
  lenient_ = lenient;
  return statement;
}

Result<Statement> Parser::assignment() {
  Statement statement{};
  SLUICE_LET(statement.target, assign_target({.attributes = true}));
  if (take_symbol("=")) {
    statement.kind = StatementKind::assign;
    SLUICE_LET(ExpressionPtr value, tuple({}));
    statement.values.push_back(std::move(value));
    return statement;
  }
  statement.kind = StatementKind::assign_block;
  ExpressionPtr filters;
  while (is_symbol("|")) {
    SLUICE_LET(filters, filter(std::move(filters)));
  }
  if (filters) statement.values.push_back(std::move(filters));
  const bool lenient = std::exchange(lenient_, false);
  SLUICE_LET(statement.block.body, body({"endset"}));
  take();
  lenient_ = lenient;
  return statement;
}

Result<void> Parser::signature(MacroSyntax& macro) {
  SLUICE_TRY(expect_symbol("("));
  while (!is_symbol(")")) {
    if (!macro.parameters.empty()) SLUICE_TRY(expect_symbol(","));
    SLUICE_LET(const std::string name, expect_name());
    macro.parameters.push_back(intern(name));
    macro.parameter_names.push_back(name);
    if (take_symbol("=")) {
      SLUICE_LET(ExpressionPtr value, expression());
      macro.defaults.push_back(std::move(value));
    } else if (!macro.defaults.empty()) {
      return error("a parameter without default follows one with default");
    }
  }
  return expect_symbol(")");
}

namespace {

void note_special_names(MacroSyntax& macro, NameId caller, NameId varargs, NameId kwargs) {
  const auto uses = [&macro](NameId name) {
    const bool parameter =
        std::find(macro.parameters.begin(), macro.parameters.end(), name) != macro.parameters.end();
    return !parameter && reads(macro.block.body, name);
  };
  macro.uses_caller = uses(caller);
  macro.uses_varargs = uses(varargs);
  macro.uses_kwargs = uses(kwargs);
}

}  // namespace

Result<Statement> Parser::macro() {
  Statement statement{};
  statement.kind = StatementKind::macro;
  statement.macro = std::make_unique<MacroSyntax>();
  MacroSyntax& macro = *statement.macro;
  SLUICE_LET(statement.target, name_target(false));
  macro.name = statement.target->text;
  SLUICE_TRY(signature(macro));
  SLUICE_LET(macro.block.body, function_body({"endmacro"}));
  note_special_names(macro, intern("caller"), intern("varargs"), intern("kwargs"));
  return statement;
}

Result<Statement> Parser::call_block() {
  Statement statement{};
  statement.kind = StatementKind::call_block;
  statement.macro = std::make_unique<MacroSyntax>();
  MacroSyntax& macro = *statement.macro;
  macro.name = "caller";
  if (is_symbol("(")) SLUICE_TRY(signature(macro));
  SLUICE_LET(ExpressionPtr call, expression());
  if (call->kind != ExpressionKind::call) return error_at("expected a call", call->at);
  statement.values.push_back(std::move(call));
  SLUICE_LET(macro.block.body, function_body({"endcall"}));
  note_special_names(macro, intern("caller"), intern("varargs"), intern("kwargs"));
  return statement;
}

// {% generation %} marks what a model is trained on; a prompt only needs its body, as a call block
// of a function that returns it.
Result<Statement> Parser::generation() {
  Statement statement{};
  statement.kind = StatementKind::call_block;
  statement.macro = std::make_unique<MacroSyntax>();
  statement.macro->name = "caller";
  SLUICE_LET(statement.macro->block.body, function_body({"endgeneration"}));
  return statement;
}

Result<Statement> Parser::with() {
  Statement statement{};
  statement.kind = StatementKind::with;
  while (current().kind != TokenKind::block_end) {
    if (!statement.targets.empty()) SLUICE_TRY(expect_symbol(","));
    SLUICE_LET(ExpressionPtr target, assign_target({}));
    statement.targets.push_back(std::move(target));
    SLUICE_TRY(expect_symbol("="));
    SLUICE_LET(ExpressionPtr value, expression());
    statement.values.push_back(std::move(value));
  }
  const bool lenient = std::exchange(lenient_, false);
  SLUICE_LET(statement.block.body, body({"endwith"}));
  take();
  lenient_ = lenient;
  return statement;
}

Result<Statement> Parser::filter_block() {
  Statement statement{};
  statement.kind = StatementKind::filter_block;
  // The first filter stands without "|": step back so that filter() finds something to skip.
  --at_;
  SLUICE_LET(ExpressionPtr filters, filter(nullptr));
  while (is_symbol("|")) {
    SLUICE_LET(filters, filter(std::move(filters)));
  }
  statement.values.push_back(std::move(filters));
  const bool lenient = std::exchange(lenient_, false);
  SLUICE_LET(statement.block.body, body({"endfilter"}));
  take();
  lenient_ = lenient;
  return statement;
}

Result<Statement> Parser::loop_control(StatementKind kind) {
  if (loops_ == 0) return error("break and continue stand only within loops");
  Statement statement{};
  statement.kind = kind;
  return statement;
}

// A name, or name.attribute of a namespace.
Result<ExpressionPtr> Parser::name_target(bool with_attributes) {
  ExpressionPtr target = node(ExpressionKind::name, current().at);
  SLUICE_LET(target->text, expect_name());
  for (const std::string_view fixed : {"true", "false", "none", "True", "False", "None"})
    if (target->text == fixed)
      return error_at("'" + target->text + "' cannot be assigned", target->at);
  target->name = intern(target->text);
  if (!with_attributes || !take_symbol(".")) return target;
  ExpressionPtr attribute = node(ExpressionKind::attribute, target->at);
  SLUICE_LET(attribute->text, expect_name());
  attach(*attribute, std::move(target));
  return attribute;
}

// One target, or several with commas, some of them in parentheses. After the last comma only the
// end of the tag or a parenthesis is an end: in `for a, in b`, "in" is a name.
Result<ExpressionPtr> Parser::assign_target(TargetRules rules) {
  ExpressionPtr whole = node(ExpressionKind::tuple, current().at);
  bool is_tuple = false;
  while (true) {
    if (!whole->parts.empty()) SLUICE_TRY(expect_symbol(","));
    if (at_tuple_end()) break;
    ExpressionPtr part;
    if (take_symbol("(")) {
      const DepthGuard guard(depth_, kBlockDepthMax);
      if (!guard.ok()) return Error{Code::budget, error("targets are nested too deeply").message};
      SLUICE_LET(part, assign_target({.parenthesised = true}));
      SLUICE_TRY(expect_symbol(")"));
    } else {
      SLUICE_LET(part, name_target(rules.attributes));
    }
    attach(*whole, std::move(part));
    if (!is_symbol(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !whole->parts.empty()) return std::move(whole->parts[0]);
  if (!is_tuple && !rules.parenthesised) return unexpected("a name to assign to");
  return whole;
}

Result<Template> parse_template(std::string source) {
  Template parsed;
  if (source.size() > kSourceBytesMax) return Error{Code::budget, "a template of more than 16 MiB"};
  parsed.source = normalized_source(source);
  SLUICE_LET(std::vector<Token> tokens, tokenize(parsed.source));
  SLUICE_TRY(Parser(parsed, std::move(tokens)).run());
  find_hidden_names(parsed);
  return parsed;
}

}  // namespace sluice::jinja
