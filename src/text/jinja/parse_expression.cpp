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
      if (!guard.ok())
        return Error{Code::budget, error("an expression is nested too deeply").message};
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
    if (!guard.ok())
      return Error{Code::budget, error("an expression is nested too deeply").message};
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

bool Parser::at_tuple_end() const {
  const TokenKind kind = current().kind;
  return kind == TokenKind::variable_end || kind == TokenKind::block_end || is_symbol(")");
}

Result<ExpressionPtr> Parser::tuple(TupleRules rules) {
  ExpressionPtr whole = node(ExpressionKind::tuple, current().at);
  bool is_tuple = false;
  while (true) {
    if (!whole->parts.empty()) SLUICE_TRY(expect_symbol(","));
    if (at_tuple_end()) break;
    SLUICE_LET(ExpressionPtr item, expression(rules.conditional));
    attach(*whole, std::move(item));
    if (!is_symbol(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !whole->parts.empty()) return std::move(whole->parts[0]);
  if (!is_tuple && !rules.parenthesised) return unexpected("an expression");
  return finished(std::move(whole));
}

}  // namespace sluice::jinja
