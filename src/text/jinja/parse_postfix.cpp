// What follows a value: subscripts, calls, filters and tests.
#include <algorithm>

#include "text/jinja/parser.hpp"

namespace sluice::jinja {

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
  if (keys.size() == 1 && keys[0]->kind == ExpressionKind::slice) {
    keys[0]->parts[0] = std::move(subject);
    keys[0]->depth = std::max(keys[0]->depth, keys[0]->parts[0]->depth + 1);
    return finished(std::move(keys[0]));
  }
  ExpressionPtr key;
  if (keys.size() == 1) {
    key = std::move(keys[0]);
  } else {
    // Several subscripts, or none, are a tuple: no key of a conversation, but no error either.
    key = node(ExpressionKind::tuple, at);
    for (ExpressionPtr& part : keys) {
      if (part->kind == ExpressionKind::slice) return error_at("a slice stands alone", part->at);
      attach(*key, std::move(part));
    }
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
  const bool word =
      kind == TokenKind::name && !is_word("else") && !is_word("or") && !is_word("and");
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
