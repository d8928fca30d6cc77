#include "text/jinja/parser.hpp"

namespace sluice::jinja {

namespace {

// Deeper trees than anyone writes; evaluation recurses over them.
constexpr uint32_t kTreeDepthMax = 200;

// Which operator a symbol is, from those listed.
struct OperatorSymbol {
  std::string_view symbol;
  Operator operation;
};

constexpr OperatorSymbol kComparisons[] = {
    {"==", Operator::equal},         {"!=", Operator::not_equal}, {"<", Operator::less},
    {"<=", Operator::less_equal},    {">", Operator::greater},    {">=", Operator::greater_equal},
};
constexpr OperatorSymbol kSums[] = {{"+", Operator::add}, {"-", Operator::subtract}};
constexpr OperatorSymbol kProducts[] = {{"*", Operator::multiply},
                                        {"/", Operator::divide},
                                        {"//", Operator::floor_divide},
                                        {"%", Operator::modulo}};

template <size_t count>
const OperatorSymbol* find_operator(const OperatorSymbol (&table)[count], const Token& token) {
  for (const OperatorSymbol& entry : table)
    if (token.kind == TokenKind::symbol && token.text == entry.symbol) return &entry;
  return nullptr;
}

}  // namespace

ExpressionPtr Parser::node(ExpressionKind kind, size_t at) const {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->at = static_cast<uint32_t>(at);
  return made;
}

void Parser::attach(Expression& whole, ExpressionPtr part) {
  if (part != nullptr) whole.depth = std::max(whole.depth, part->depth + 1);
  whole.parts.push_back(std::move(part));
}

Result<ExpressionPtr> Parser::finished(ExpressionPtr whole) const {
  if (whole->depth > kTreeDepthMax)
    return Error{Code::budget, position_text(template_.source, whole->at) +
                                   ": an expression is nested too deeply"};
  return whole;
}

Result<ExpressionPtr> Parser::expression(bool with_conditional) {
  const DepthGuard guard(depth_, kTreeDepthMax);
  if (!guard.ok()) return Error{Code::budget, error("an expression is nested too deeply").message};
  return with_conditional ? conditional() : logical_or();
}

Result<ExpressionPtr> Parser::conditional() {
  const size_t unknown_before = unknown_.size();
  SLUICE_LET(ExpressionPtr value, logical_or());
  const bool is_conditional = is_word("if");
  while (is_word("if")) {
    ExpressionPtr whole = node(ExpressionKind::conditional, take().at);
    SLUICE_LET(ExpressionPtr condition, logical_or());
    attach(*whole, std::move(condition));
    attach(*whole, std::move(value));
    ExpressionPtr otherwise;
    if (take_word("else")) {
      const DepthGuard guard(depth_, kTreeDepthMax);
      if (!guard.ok()) return Error{Code::budget, error("an expression is nested too deeply").message};
      SLUICE_LET(otherwise, conditional());
    }
    attach(*whole, std::move(otherwise));
    SLUICE_LET(value, finished(std::move(whole)));
  }
  // Within a conditional expression, Jinja looks filters and tests up only when they are reached.
  if (is_conditional) unknown_.resize(unknown_before);
  return value;
}

Result<ExpressionPtr> Parser::logical_or() {
  SLUICE_LET(ExpressionPtr left, logical_and());
  while (is_word("or")) {
    ExpressionPtr whole = node(ExpressionKind::logical_or, take().at);
    attach(*whole, std::move(left));
    SLUICE_LET(ExpressionPtr right, logical_and());
    attach(*whole, std::move(right));
    SLUICE_LET(left, finished(std::move(whole)));
  }
  return left;
}

Result<ExpressionPtr> Parser::logical_and() {
  SLUICE_LET(ExpressionPtr left, logical_not());
  while (is_word("and")) {
    ExpressionPtr whole = node(ExpressionKind::logical_and, take().at);
    attach(*whole, std::move(left));
    SLUICE_LET(ExpressionPtr right, logical_not());
    attach(*whole, std::move(right));
    SLUICE_LET(left, finished(std::move(whole)));
  }
  return left;
}

Result<ExpressionPtr> Parser::logical_not() {
  if (!is_word("not")) return comparison();
  const DepthGuard guard(depth_, kTreeDepthMax);
  if (!guard.ok()) return Error{Code::budget, error("an expression is nested too deeply").message};
  ExpressionPtr whole = node(ExpressionKind::logical_not, take().at);
  SLUICE_LET(ExpressionPtr part, logical_not());
  attach(*whole, std::move(part));
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::comparison() {
  const size_t at = current().at;
  SLUICE_LET(ExpressionPtr first, sum());
  ExpressionPtr whole = node(ExpressionKind::comparison, at);
  attach(*whole, std::move(first));
  while (true) {
    if (const OperatorSymbol* const symbol = find_operator(kComparisons, current())) {
      take();
      whole->comparisons.push_back(symbol->operation);
    } else if (take_word("in")) {
      whole->comparisons.push_back(Operator::in);
    } else if (is_word("not") && following().kind == TokenKind::name && following().text == "in") {
      take();
      take();
      whole->comparisons.push_back(Operator::not_in);
    } else {
      break;
    }
    SLUICE_LET(ExpressionPtr next, sum());
    attach(*whole, std::move(next));
  }
  if (whole->comparisons.empty()) return std::move(whole->parts[0]);
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::sum() {
  SLUICE_LET(ExpressionPtr left, concatenation());
  while (const OperatorSymbol* const symbol = find_operator(kSums, current())) {
    ExpressionPtr whole = node(ExpressionKind::arithmetic, take().at);
    whole->operation = symbol->operation;
    attach(*whole, std::move(left));
    SLUICE_LET(ExpressionPtr right, concatenation());
    attach(*whole, std::move(right));
    SLUICE_LET(left, finished(std::move(whole)));
  }
  return left;
}

Result<ExpressionPtr> Parser::concatenation() {
  const size_t at = current().at;
  SLUICE_LET(ExpressionPtr first, product());
  if (!is_symbol("~")) return first;
  ExpressionPtr whole = node(ExpressionKind::concatenate, at);
  attach(*whole, std::move(first));
  while (take_symbol("~")) {
    SLUICE_LET(ExpressionPtr next, product());
    attach(*whole, std::move(next));
  }
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::product() {
  SLUICE_LET(ExpressionPtr left, power());
  while (const OperatorSymbol* const symbol = find_operator(kProducts, current())) {
    ExpressionPtr whole = node(ExpressionKind::arithmetic, take().at);
    whole->operation = symbol->operation;
    attach(*whole, std::move(left));
    SLUICE_LET(ExpressionPtr right, power());
    attach(*whole, std::move(right));
    SLUICE_LET(left, finished(std::move(whole)));
  }
  return left;
}

Result<ExpressionPtr> Parser::power() {
  SLUICE_LET(ExpressionPtr left, unary(true));
  while (is_symbol("**")) {
    ExpressionPtr whole = node(ExpressionKind::arithmetic, take().at);
    whole->operation = Operator::power;
    attach(*whole, std::move(left));
    SLUICE_LET(ExpressionPtr right, unary(true));
    attach(*whole, std::move(right));
    SLUICE_LET(left, finished(std::move(whole)));
  }
  return left;
}

Result<ExpressionPtr> Parser::unary(bool with_filters) {
  ExpressionPtr whole;
  if (is_symbol("-") || is_symbol("+")) {
    const DepthGuard guard(depth_, kTreeDepthMax);
    if (!guard.ok()) return Error{Code::budget, error("an expression is nested too deeply").message};
    const ExpressionKind kind = is_symbol("-") ? ExpressionKind::negate : ExpressionKind::plus;
    ExpressionPtr sign = node(kind, take().at);
    SLUICE_LET(ExpressionPtr part, unary(false));
    attach(*sign, std::move(part));
    SLUICE_LET(whole, finished(std::move(sign)));
  } else {
    SLUICE_LET(whole, primary());
  }
  SLUICE_LET(whole, postfix(std::move(whole)));
  if (!with_filters) return whole;
  return filters_and_tests(std::move(whole));
}

Result<ExpressionPtr> Parser::primary() {
  const Token token = current();
  ExpressionPtr value = node(ExpressionKind::constant, token.at);
  if (token.kind == TokenKind::name) {
    take();
    if (token.text == "true" || token.text == "True") {
      value->constant = Value(true);
    } else if (token.text == "false" || token.text == "False") {
      value->constant = Value(false);
    } else if (token.text == "none" || token.text == "None") {
      value->constant = Value(None{});
    } else {
      value->kind = ExpressionKind::name;
      value->text = token.text;
      value->name = intern(token.text);
    }
    return value;
  }
  if (token.kind == TokenKind::string) {
    std::string text;
    while (current().kind == TokenKind::string) text += take().text;
    value->constant = text_value(std::move(text));
    return value;
  }
  if (token.kind == TokenKind::integer || token.kind == TokenKind::real) {
    value->constant = take().number;
    return value;
  }
  if (take_symbol("(")) {
    SLUICE_LET(value, tuple({.parenthesised = true}));
    SLUICE_TRY(expect_symbol(")"));
    return value;
  }
  if (is_symbol("[")) return list();
  if (is_symbol("{")) return dict();
  return unexpected("an expression");
}

Result<ExpressionPtr> Parser::list() {
  ExpressionPtr whole = node(ExpressionKind::list, take().at);
  while (!is_symbol("]")) {
    if (!whole->parts.empty()) SLUICE_TRY(expect_symbol(","));
    if (is_symbol("]")) break;
    SLUICE_LET(ExpressionPtr item, expression());
    attach(*whole, std::move(item));
  }
  SLUICE_TRY(expect_symbol("]"));
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::dict() {
  ExpressionPtr whole = node(ExpressionKind::dict, take().at);
  while (!is_symbol("}")) {
    if (!whole->parts.empty()) SLUICE_TRY(expect_symbol(","));
    if (is_symbol("}")) break;
    SLUICE_LET(ExpressionPtr key, expression());
    SLUICE_TRY(expect_symbol(":"));
    SLUICE_LET(ExpressionPtr value, expression());
    attach(*whole, std::move(key));
    attach(*whole, std::move(value));
  }
  SLUICE_TRY(expect_symbol("}"));
  return finished(std::move(whole));
}

bool Parser::at_tuple_end(const TupleRules& rules) const {
  const TokenKind kind = current().kind;
  if (kind == TokenKind::variable_end || kind == TokenKind::block_end || is_symbol(")")) return true;
  return !rules.end_word.empty() && is_word(rules.end_word);
}

Result<ExpressionPtr> Parser::tuple(TupleRules rules) {
  ExpressionPtr whole = node(ExpressionKind::tuple, current().at);
  bool is_tuple = false;
  while (true) {
    if (!whole->parts.empty()) SLUICE_TRY(expect_symbol(","));
    if (at_tuple_end(rules)) break;
    SLUICE_LET(ExpressionPtr item, expression(rules.conditional));
    attach(*whole, std::move(item));
    if (!is_symbol(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !whole->parts.empty()) return std::move(whole->parts[0]);
  if (!is_tuple && !rules.parenthesised) return unexpected("an expression");
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::postfix(ExpressionPtr subject) {
  while (true) {
    if (is_symbol(".") || is_symbol("[")) {
      SLUICE_LET(subject, subscript(std::move(subject)));
    } else if (is_symbol("(")) {
      ExpressionPtr whole = node(ExpressionKind::call, current().at);
      attach(*whole, std::move(subject));
      SLUICE_TRY(attach_call(*whole));
      SLUICE_LET(subject, finished(std::move(whole)));
    } else {
      return subject;
    }
  }
}

Result<ExpressionPtr> Parser::subscript(ExpressionPtr subject) {
  const size_t at = current().at;
  if (take_symbol(".")) {
    const Token name = take();
    ExpressionPtr whole = node(ExpressionKind::attribute, at);
    attach(*whole, std::move(subject));
    if (name.kind == TokenKind::integer) {
      whole->kind = ExpressionKind::item;
      ExpressionPtr index = node(ExpressionKind::constant, name.at);
      index->constant = name.number;
      attach(*whole, std::move(index));
    } else if (name.kind == TokenKind::name) {
      whole->text = name.text;
    } else {
      return error_at("expected a name behind '.'", name.at);
    }
    return finished(std::move(whole));
  }
  take();
  std::vector<ExpressionPtr> keys;
  while (!is_symbol("]")) {
    if (!keys.empty()) SLUICE_TRY(expect_symbol(","));
    SLUICE_LET(ExpressionPtr key, subscript_part());
    keys.push_back(std::move(key));
  }
  SLUICE_TRY(expect_symbol("]"));
  if (keys.empty()) return error_at("expected a subscript", at);
  if (keys.size() == 1 && keys[0]->kind == ExpressionKind::slice) {
    keys[0]->parts[0] = std::move(subject);
    keys[0]->depth = std::max(keys[0]->depth, keys[0]->parts[0]->depth + 1);
    return finished(std::move(keys[0]));
  }
  ExpressionPtr key = std::move(keys[0]);
  if (keys.size() > 1) {
    // A tuple of subscripts is no key that a conversation has, but it is no error either.
    ExpressionPtr all = node(ExpressionKind::tuple, at);
    attach(*all, std::move(key));
    for (size_t i = 1; i < keys.size(); ++i) attach(*all, std::move(keys[i]));
    for (const ExpressionPtr& part : all->parts)
      if (part->kind == ExpressionKind::slice) return error_at("a slice stands alone", part->at);
    key = std::move(all);
  }
  ExpressionPtr whole = node(ExpressionKind::item, at);
  attach(*whole, std::move(subject));
  attach(*whole, std::move(key));
  return finished(std::move(whole));
}

// An expression, or begin:end:step.
Result<ExpressionPtr> Parser::subscript_part() {
  const size_t at = current().at;
  ExpressionPtr first;
  if (!is_symbol(":")) {
    SLUICE_LET(first, expression());
    if (!is_symbol(":")) return first;
  }
  take();
  ExpressionPtr whole = node(ExpressionKind::slice, at);
  whole->parts.push_back(nullptr);
  attach(*whole, std::move(first));
  for (int i = 0; i < 2; ++i) {
    ExpressionPtr bound;
    const bool last = is_symbol("]") || is_symbol(",");
    if (!last && !is_symbol(":")) {
      SLUICE_LET(bound, expression());
    }
    attach(*whole, std::move(bound));
    if (i == 0 && !take_symbol(":")) {
      attach(*whole, nullptr);
      break;
    }
  }
  return finished(std::move(whole));
}

Result<void> Parser::attach_call(Expression& whole) {
  whole.call = std::make_unique<CallSyntax>();
  take();
  for (bool first = true; !is_symbol(")"); first = false) {
    if (!first) {
      SLUICE_TRY(expect_symbol(","));
      if (is_symbol(")")) break;
    }
    SLUICE_LET(const uint32_t depth, call_argument(*whole.call));
    whole.depth = std::max(whole.depth, depth + 1);
  }
  return expect_symbol(")");
}

// One argument; returns the depth of its tree.
Result<uint32_t> Parser::call_argument(CallSyntax& call) {
  const bool named = current().kind == TokenKind::name && following().kind == TokenKind::symbol &&
                     following().text == "=";
  const bool all_positional = take_symbol("*");
  const bool all_named = !all_positional && take_symbol("**");
  const bool ordered = all_named   ? !call.all_named
                       : named     ? !call.all_named
                       : all_positional ? !call.all_positional && !call.all_named
                                   : call.named.empty() && !call.all_positional && !call.all_named;
  if (!ordered) return error("an argument follows one that has to come later");
  std::string name;
  if (named) {
    name = take().text;
    take();
    for (const auto& [known, value] : call.named)
      if (known == name) return error("the argument '" + name + "' comes twice");
  }
  SLUICE_LET(ExpressionPtr value, expression());
  const uint32_t depth = value->depth;
  if (named) {
    call.named.emplace_back(std::move(name), std::move(value));
  } else if (all_named) {
    call.all_named = std::move(value);
  } else if (all_positional) {
    call.all_positional = std::move(value);
  } else {
    call.positional.push_back(std::move(value));
  }
  return depth;
}

Result<ExpressionPtr> Parser::filters_and_tests(ExpressionPtr subject) {
  while (true) {
    if (is_symbol("|")) {
      SLUICE_LET(subject, filter(std::move(subject)));
    } else if (is_word("is")) {
      SLUICE_LET(subject, test(std::move(subject)));
    } else if (is_symbol("(")) {
      ExpressionPtr whole = node(ExpressionKind::call, current().at);
      attach(*whole, std::move(subject));
      SLUICE_TRY(attach_call(*whole));
      SLUICE_LET(subject, finished(std::move(whole)));
    } else {
      return subject;
    }
  }
}

Result<std::string> Parser::dotted_name() {
  SLUICE_LET(std::string name, expect_name());
  while (take_symbol(".")) {
    SLUICE_LET(const std::string part, expect_name());
    name += "." + part;
  }
  return name;
}

Result<ExpressionPtr> Parser::filter(ExpressionPtr subject) {
  take();
  ExpressionPtr whole = node(ExpressionKind::filter, current().at);
  SLUICE_LET(whole->text, dotted_name());
  if (!lenient_ && find_filter(whole->text) == nullptr)
    unknown_.push_back(error_at("there is no filter '" + whole->text + "'", whole->at));
  attach(*whole, std::move(subject));
  if (is_symbol("(")) {
    SLUICE_TRY(attach_call(*whole));
  }
  return finished(std::move(whole));
}

Result<ExpressionPtr> Parser::test(ExpressionPtr subject) {
  const size_t at = take().at;
  const bool negated = take_word("not");
  ExpressionPtr whole = node(ExpressionKind::test, at);
  SLUICE_LET(whole->text, dotted_name());
  if (!lenient_ && find_test(whole->text) == nullptr)
    unknown_.push_back(error_at("there is no test '" + whole->text + "'", at));
  attach(*whole, std::move(subject));
  const TokenKind kind = current().kind;
  const bool word = kind == TokenKind::name && !is_word("else") && !is_word("or") && !is_word("and");
  const bool literal = kind == TokenKind::string || kind == TokenKind::integer ||
                       kind == TokenKind::real || is_symbol("[") || is_symbol("{");
  if (is_symbol("(")) {
    SLUICE_TRY(attach_call(*whole));
  } else if (word || literal) {
    if (is_word("is")) return error("tests with 'is' cannot follow each other");
    SLUICE_LET(ExpressionPtr argument, primary());
    SLUICE_LET(argument, postfix(std::move(argument)));
    whole->call = std::make_unique<CallSyntax>();
    whole->depth = std::max(whole->depth, argument->depth + 1);
    whole->call->positional.push_back(std::move(argument));
  }
  SLUICE_LET(whole, finished(std::move(whole)));
  if (!negated) return whole;
  ExpressionPtr inverse = node(ExpressionKind::logical_not, at);
  attach(*inverse, std::move(whole));
  return finished(std::move(inverse));
}

}  // namespace sluice::jinja
