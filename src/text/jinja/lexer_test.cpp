// Goal: blanks around tags, escapes and numbers as Jinja's lexer has them.
// Method: templates and what transformers' settings (trim_blocks, lstrip_blocks) leave of them.
#include "text/jinja/lexer.hpp"

#include <gtest/gtest.h>

namespace sluice::jinja {
namespace {

// Text tokens as they are, tags as "|".
std::string texts(const std::string& source) {
  const auto tokens = tokenize(normalized_source(source));
  if (!tokens) return tokens.error().message;
  std::string out;
  for (const Token& token : *tokens) {
    if (token.kind == TokenKind::text) out += token.text;
    if (token.kind == TokenKind::block_begin || token.kind == TokenKind::variable_begin) out += "|";
  }
  return out;
}

TEST(Lexer, TrimsAroundTags) {
  EXPECT_EQ(texts("a\n  {% x %}\n  b"), "a\n|  b");
  EXPECT_EQ(texts("a  {% x %}\n\nb"), "a  |\nb");
  EXPECT_EQ(texts("a\n  {%+ x +%}\nb"), "a\n  |\nb");
  EXPECT_EQ(texts("a \n {%- x -%} \n b"), "a|b");
  EXPECT_EQ(texts("a\n  {{ x }}\n b"), "a\n  |\n b");
  EXPECT_EQ(texts("a\n {{- x -}}\n b"), "a|b");
  EXPECT_EQ(texts("a\n {# c #}\nb{#- c -#} d"), "a\nbd");
  EXPECT_EQ(texts("\u3000{%- x %}"), "|");
  EXPECT_EQ(texts("{% raw %}\n {{ a }} {% endraw %}\nb"), "\n {{ a }} b");
  EXPECT_EQ(texts("{% raw -%} {% x {%- endraw -%} b"), "{% xb");
  EXPECT_EQ(texts("a\r\nb\rc\n\n"), "a\nb\nc\n");
  EXPECT_EQ(texts("{ a } {}"), "{ a } {}");
}

TEST(Lexer, ReadsStringsAndNumbers) {
  const auto tokens = tokenize(R"({{ 'a\n\x41é\'\q' 1_000 0x1F 1.5e3 a.0.1 }})");
  ASSERT_TRUE(tokens) << tokens.error().message;
  const std::vector<Token>& all = *tokens;
  EXPECT_EQ(all[1].text, "a\nAé'\\q");
  EXPECT_EQ(all[2].number.integer(), 1000);
  EXPECT_EQ(all[3].number.integer(), 31);
  EXPECT_EQ(all[4].number.real(), 1500.0);
  EXPECT_EQ(all[7].number.integer(), 0);
  EXPECT_EQ(all[9].number.integer(), 1);
}

TEST(Lexer, RefusesWhatIsBroken) {
  for (const char* source :
       {"{{ 'a", "{{ a", "{# a", "{% raw %}", "{{ a ) }}", "{{ (a ] }}", "{{ $ }}", "{{ '\\x4' }}",
        "{{ 012 }}", "{{ '\\N{DASH}' }}", "{{ \xff }}"}) {
    const auto tokens = tokenize(source);
    ASSERT_FALSE(tokens) << source;
    EXPECT_EQ(tokens.error().code, Code::corrupt);
    EXPECT_TRUE(tokens.error().message.starts_with("line 1, column ")) << tokens.error().message;
  }
}

}  // namespace
}  // namespace sluice::jinja
