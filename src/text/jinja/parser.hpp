// Tokens to a syntax tree: recursive descent with the grammar of jinja2/parser.py, version 3.1.6.
// Threads: one parser, one thread. Cost: linear.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/jinja/builtin.hpp"
#include "text/jinja/lexer.hpp"
#include "text/jinja/syntax.hpp"

namespace sluice::jinja {

class Parser {
 public:
  Parser(Template& parsed, std::vector<Token> tokens)
      : template_(parsed), tokens_(std::move(tokens)) {}

  /// Fills in the template's body.
  Result<void> run();

 private:
  struct TupleRules {
    bool conditional = true;     ///< whether `a if b` may stand without parentheses
    bool parenthesised = false;  ///< whether nothing at all is an empty tuple
  };
  struct TargetRules {
    bool attributes = false;     ///< whether those of namespaces may be assigned
    bool parenthesised = false;  ///< whether nothing at all is an empty tuple
  };
  // Statements end at one of these words, behind "{%".
  using EndWords = std::vector<std::string_view>;

  const Token& current() const { return tokens_[at_]; }
  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_symbol(std::string_view symbol) const;
  bool is_word(std::string_view word) const;
  bool take_symbol(std::string_view symbol);
  bool take_word(std::string_view word);
  Result<void> expect_symbol(std::string_view symbol);
  Result<std::string> expect_name();
  Error error(std::string what) const { return error_at(std::move(what), current().at); }
  Error error_at(std::string what, size_t at) const;
  Error unexpected(std::string_view wanted) const;
  NameId intern(const std::string& name);

  // parse_expression.cpp, from loose to tight.
  Result<ExpressionPtr> expression(bool conditional = true);
  Result<ExpressionPtr> conditional();
  Result<ExpressionPtr> logical_or();
  Result<ExpressionPtr> logical_and();
  Result<ExpressionPtr> logical_not();
  Result<ExpressionPtr> comparison();
  Result<ExpressionPtr> sum();
  Result<ExpressionPtr> concatenation();
  Result<ExpressionPtr> product();
  Result<ExpressionPtr> power();
  Result<ExpressionPtr> unary(bool with_filters);
  Result<ExpressionPtr> primary();
  Result<ExpressionPtr> postfix(ExpressionPtr subject);
  Result<ExpressionPtr> filters_and_tests(ExpressionPtr subject);
  Result<ExpressionPtr> filter(ExpressionPtr subject);
  Result<ExpressionPtr> test(ExpressionPtr subject);
  Result<ExpressionPtr> subscript(ExpressionPtr subject);
  Result<ExpressionPtr> subscript_part();
  // Takes "(...)" as the call of `whole`.
  Result<void> attach_call(Expression& whole);
  Result<uint32_t> call_argument(CallSyntax& call);
  Result<ExpressionPtr> list();
  Result<ExpressionPtr> dict();
  Result<ExpressionPtr> tuple(TupleRules rules);
  bool at_tuple_end() const;
  Result<std::string> dotted_name();

  ExpressionPtr node(ExpressionKind kind, size_t at) const;
  // Takes `part` as a part of `whole`, whose depth grows with it.
  static void attach(Expression& whole, ExpressionPtr part);
  Result<ExpressionPtr> finished(ExpressionPtr whole) const;

  // parse_statement.cpp
  Result<Block> statements(const EndWords& ends);
  Result<void> text_or_output(Block& block);
  Result<void> tag(Block& block);
  Result<Block> body(const EndWords& ends);
  Result<void> tag_end();
  Result<Statement> for_loop();
  Result<Statement> if_chain();
  Result<Statement> assignment();
  Result<Statement> macro();
  Result<Statement> call_block();
  Result<Statement> generation();
  Result<Statement> with();
  Result<Statement> filter_block();
  Result<Statement> loop_control(StatementKind kind);
  Result<void> signature(MacroSyntax& macro);
  Result<ExpressionPtr> assign_target(TargetRules rules);
  Result<ExpressionPtr> name_target(bool with_attributes);
  // The body of a block that Jinja compiles to a function: loops outside are out of reach.
  Result<Block> function_body(const EndWords& ends);

  Template& template_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t depth_ = 0;
  int loops_ = 0;  ///< loops around this point that break would leave
  // Within an if, an unknown filter or test is an error only when it is reached.
  bool lenient_ = false;
  std::vector<Error> unknown_;
  std::unordered_map<std::string, NameId> names_;
};

}  // namespace sluice::jinja
