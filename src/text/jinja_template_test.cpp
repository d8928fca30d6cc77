// Goal: what the golden templates do not show: where errors are said to be, limits, and that marks
// survive every operation on strings.
// Method: small templates over one message whose content is "<Data>"; outcomes written with the
// data in angle quotes.
#include "text/jinja_template.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sluice {
namespace {

TemplateInput input_with(const std::string& content) {
  TemplateInput input;
  TemplateValue message;
  message.set("role", "user");
  message.set("content", content);
  input.messages = TemplateValue::List{message};
  input.arguments.emplace_back("n", 3);
  return input;
}

Result<Segments> render(const std::string& source, const TemplateInput& input) {
  auto parsed = JinjaTemplate::parse(source);
  if (!parsed) return parsed.error();
  return parsed->render(input);
}

// The text, data as "«data»"; or the error.
std::string shown(const std::string& source, const TemplateInput& input = input_with("Data x")) {
  const auto segments = render(source, input);
  if (!segments) return segments.error().message;
  std::string text;
  for (const Segment& segment : *segments)
    text += segment.markup ? segment.text : "«" + segment.text + "»";
  return text;
}

std::string expression(const std::string& source) {
  return shown("{% set c = messages[0].content %}{{ " + source + " }}");
}

TEST(JinjaTemplate, KeepsMarks) {
  EXPECT_EQ(expression("'a' ~ c ~ 'b'"), "a«Data x»b");
  EXPECT_EQ(expression("c + '|' + c"), "«Data x»|«Data x»");
  EXPECT_EQ(expression("('ab' ~ c)[1:4]"), "b«Da»");
  EXPECT_EQ(expression("('ab' ~ c)[::-1]"), "«x ataD»ba");
  EXPECT_EQ(expression("c.upper()[0] ~ c | lower"), "«Ddata x»");
  EXPECT_EQ(expression("(' ' ~ c ~ ' ').strip()"), "«Data x»");
  EXPECT_EQ(expression("('-' ~ c).split(' ') | join('+')"), "-«Data»+«x»");
  EXPECT_EQ(expression("c.replace('a', '<s>')"), "«D»<s>«t»<s>« x»");
  EXPECT_EQ(expression("'<%s>' % c"), "<«Data x»>");
  EXPECT_EQ(expression("'{:>8}|{}'.format(c, 1)"), "  «Data x»|1");
  EXPECT_EQ(expression("[c, 1]"), "['«Data x»', 1]");
  EXPECT_EQ(expression("{'k': c} | tojson"), "{\"k\": \"«Data x»\"}");
  EXPECT_EQ(expression("('\"' ~ c) | tojson"), "\"\\\"«Data x»\"");
  EXPECT_EQ(expression("('{\"k\": \"' ~ c ~ '\"}') | from_json"), "{'«k»': '«Data x»'}");
  EXPECT_EQ(expression("c | list | first ~ c | last"), "«Dx»");
  EXPECT_EQ(expression("c * 2"), "«Data xData x»");
  EXPECT_EQ(expression("c | e ~ c | title ~ c | center(8)"), "«Data xData X» «Data x» ");
  EXPECT_EQ(expression("(c ~ '\\n' ~ c) | indent(2)"), "«Data x»\n  «Data x»");
  EXPECT_EQ(expression("c | urlencode"), "«Data%20x»");
  EXPECT_EQ(expression("{'a b': 'c d/'} | urlencode"), "a+b=c+d%2F");
  EXPECT_EQ(expression("('ab' | safe | center(4)) | list"), "[' ', 'a', 'b', ' ']");
  EXPECT_EQ(expression("c | truncate(3, true, '', 0)"), "«Dat»");
  EXPECT_EQ(expression("c | map('upper') | join"), "«DATA X»");
  EXPECT_EQ(expression("c | length"), "6");
  EXPECT_EQ(shown("{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(messages[0].content) | upper }}"),
            "[«DATA X»]");
  EXPECT_EQ(shown("{% set s %}({{ messages[0].content }}){% endset %}{{ s }}{{ s }}"),
            "(«Data x»)(«Data x»)");
}

TEST(JinjaTemplate, MarksByPlace) {
  TemplateInput input;
  auto messages = TemplateValue::parse(R"([{"role": "R", "name": "N", "thinking": "T", "content":
      [{"type": "text", "text": "C", "k": {"type": "Y", "z": "Z"}}], "tool_calls": [{"id": "I",
      "function": {"name": "F", "arguments": {"key": "A"}}}]}])");
  auto tools =
      TemplateValue::parse(R"([{"type": "function", "function": {"name": "F", "description":
      "D", "parameters": {"properties": {"description": {"enum": ["E"], "description": "P"}}}}}])");
  input.messages = *messages;
  input.tools = *tools;
  EXPECT_EQ(shown("{{ messages[0] | tojson }}", input),
            R"({"role": "R", "name": "N", "thinking": "«T»", "content": [{"type": "text", )"
            R"("text": "«C»", "k": {"type": "Y", "z": "«Z»"}}], "tool_calls": [{"id": "I", )"
            R"("function": {"name": "F", "arguments": {"key": "«A»"}}}], )"
            R"("reasoning_content": "«T»"})");
  EXPECT_EQ(shown("{{ tools | tojson }}", input),
            R"([{"type": "function", "function": {"name": "F", "description": "«D»", )"
            R"("parameters": {"properties": {"description": {"enum": ["E"], "description": )"
            R"("«P»"}}}}}])");
  input.documents = *TemplateValue::parse(R"([{"title": "X"}])");
  EXPECT_EQ(shown("{{ documents[0].title }}", input), "«X»");
  input.holds_control = [](std::string_view text) { return text == "N" || text == "E"; };
  EXPECT_EQ(shown("{{ messages[0].role }}{{ messages[0].name }}", input), "R«N»");
  EXPECT_EQ(shown("{{ tools[0].function.parameters.properties['description'].enum[0] }}", input),
            "«E»");
}

TEST(JinjaTemplate, SaysWhere) {
  const auto at = [](const std::string& source, const std::string& place) {
    const std::string message = shown(source);
    EXPECT_NE(message.find(place + ":"), std::string::npos) << source << "\n" << message;
  };
  at("a\n  {{ missing.x }}", "line 2, column 13");
  at("a\n  {{ 1 + 'x' }}", "line 2, column 8");
  at("{% if x %}\n", "line 1, column 11");
  at("é {{ 'a' | nosuch }}", "line 1, column 12");
  at("{% if n > 5 %}{% for x in [] if x is nosuch %}{% endfor %}{% endif %}",
     "line 1, column 35");
  at("{{ raise_exception('no ' ~ n) }}", "line 1, column 19");
  at("{% for a, b in [1] %}{% endfor %}", "line 1, column 1");
  at("\n{{ 'open }}", "line 2, column 4");
  at("{% macro m() %}\n{{ 1 / 0 }}{% endmacro %}\n{{ m() }}", "line 2, column 6");
  const auto raised = render("{{ raise_exception('a\nb') }}", input_with("x"));
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, Code::invalid);
  EXPECT_EQ(raised.error().message,
            "the chat template refuses the conversation at line 1, column 19: a b");
  EXPECT_EQ(render("{% include 'x' %}", {}).error().code, Code::unsupported);
  EXPECT_EQ(render("{% endif %}", {}).error().code, Code::corrupt);
}

// Every one of these would run, or grow, or nest without end.
TEST(JinjaTemplate, KeepsLimits) {
  const std::string deep(100000, '(');
  const std::string bombs[] = {
      "{{ 'x' * 1000000000000 }}",
      "{% set ns = namespace(x='xxxxxxxxxx') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x "
      "%}"
      "{% endfor %}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}"
      "{% endfor %}{{ ns.x }}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor "
      "%}"
      "{{ ns.x | tojson }}",
      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
      "{% set l = [1] %}{% set _ = l.append(l) %}{{ l == [1, l] }}{{ l | tojson }}",
      "{{ 'a' | center(2000000000) }}",
      "{{ '%2000000000d' % 1 }}",
      "{{ " + deep + "1",
      "{{ " + std::string(100000, '-') + "1 }}",
      "{{ " + std::string(100000, '[') + " }}",
      "{{ x" + std::string(100000, '.') + " }}",
      "{{ 2 ** 100000 }}",
      "{{ range(1000000000) | list }}",
      "{% for x in [[[]]] recursive %}{{ loop([[[]]]) }}{% endfor %}",
  };
  for (const std::string& bomb : bombs) {
    TemplateInput input = input_with("x");
    input.limits.steps = 1'000'000;
    input.limits.bytes = uint64_t{1} << 26;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(render(bomb, input)) << bomb.substr(0, 80);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took, std::chrono::seconds(20)) << bomb.substr(0, 80);
  }
  std::string chain = "{{ 1";
  for (int i = 0; i < 100000; ++i) chain += " + 1";
  EXPECT_FALSE(render(chain + " }}", input_with("x")));
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested += "{% if true %}";
  EXPECT_FALSE(render(nested, input_with("x")));
}

TEST(JinjaTemplate, RunsAsDeepAsPythonWould) {
  // A list nested as deeply as a tool's schema ever is, printed by a recursive macro.
  std::string value = "1";
  for (int i = 0; i < 20; ++i) value = "[" + value + "]";
  EXPECT_EQ(
      shown("{% macro show(x) %}{% if x is iterable %}{% for y in x %}<{{ show(y) }}>{% endfor %}"
            "{% else %}{{ x }}{% endif %}{% endmacro %}{{ show(" +
            value + ") }}"),
      std::string(20, '<') + "1" + std::string(20, '>'));
}

TEST(JinjaTemplate, HidesNamesAsJinjaDoes) {
  // Where a name is set without a condition, macros and loops before that do not see the caller's.
  EXPECT_EQ(shown("{% macro m() %}{{ n }}{% endmacro %}[{{ m() }}]{% set n = 5 %}[{{ m() }}]"),
            "[][5]");
  EXPECT_EQ(shown("{% for i in [1] %}{{ n }}{% endfor %}{% set n = 5 %}{{ n }}"), "5");
  EXPECT_EQ(shown("{% if false %}{% set n = 5 %}{% endif %}{{ n }}"), "3");
  EXPECT_EQ(shown("{{ n }}{% set n = 5 %}{{ n }}"), "35");
}

TEST(JinjaTemplate, AssignsToTheTargetsOfJinja) {
  EXPECT_EQ(shown("{% for a, in in [[1, 2]] %}{{ a }}{{ in }}{% endfor %}"), "12");
  EXPECT_EQ(shown("{% for (a,) in [[1]] %}{{ a }}{% endfor %}"), "1");
  EXPECT_EQ(shown("{% for x in n, recursive %}{{ x }};{% endfor %}"), "3;;");
  EXPECT_EQ(shown("{% set () = [] %}{% set a, %}x{% endset %}{{ a }}"), "x");
  EXPECT_EQ(shown("{% set s = namespace() %}{% set s.b, c = 1, 2 %}{{ s.b }}{{ c }}"), "12");
  for (const char* const refused :
       {"{% for a, in [[1]] %}{% endfor %}", "{% for a ,in [[1]] %}{% endfor %}",
        "{% set a, = [1] %}", "{% for [a] in [[1]] %}{% endfor %}",
        "{% for a,] in [[1]] %}{% endfor %}", "{% for in [1] %}{% endfor %}", "{% set = 1 %}",
        "{% set s = namespace() %}{% set (s.b, c) = 1, 2 %}"}) {
    const auto parsed = JinjaTemplate::parse(refused);
    ASSERT_FALSE(parsed) << refused;
    EXPECT_EQ(parsed.error().code, Code::corrupt) << refused;
  }
}

TEST(JinjaTemplate, AGeneratorFailsOnlyWhenItIsUsed) {
  EXPECT_EQ(shown("{% set u = none | unique %}x"), "x");
  EXPECT_FALSE(render("{{ none | unique | list }}", {}));
  EXPECT_EQ(shown("{% set u = none | batch(1) %}{% set u = [1] | slice(0) %}x"), "x");
  EXPECT_EQ(shown("{% set u = none | items %}x"), "x");
  EXPECT_FALSE(render("{{ none | items | list }}", {}));
  EXPECT_EQ(shown("{{ missing | unique | list }}"), "[]");
}

TEST(JinjaTemplate, UndefinedArgumentsFailOrNotAsInPython) {
  // An attribute that is no string is looked up as it is, and not found.
  EXPECT_EQ(shown("{{ [{'a': 1}] | map(attribute=missing) | list }}"), "[Undefined]");
  EXPECT_EQ(shown("{{ [2, 1] | sort(attribute=missing) }}"), "[2, 1]");
  for (const char* const failing :
       {"[2, 1] | sort(missing)", "[] | sort(none)", "{} | dictsort(false, 'key', missing)",
        "'a'.splitlines(missing)", "'a' | attr(missing)", "dict(missing)", "namespace(missing)"})
    EXPECT_FALSE(render("{{ " + std::string(failing) + " }}", {})) << failing;
  EXPECT_EQ(shown("{{ [1, 2] | sort(true) }}{{ 'a b'.splitlines(1) }}"), "[2, 1]['a b']");
}

TEST(JinjaTemplate, OddSubscriptsAndFormatsAreThoseOfPython) {
  EXPECT_EQ(shown("[{{ 'a'[] }}{{ {(): 5}[] }}{{ {(1, 2): 6}[1, 2] }}]"), "[56]");
  EXPECT_EQ(shown("{{ '{: }{:-}{:+}'.format(1, 2, 3) }}"), " 12+3");
  EXPECT_FALSE(render("{{ '{:,}'.format(missing) }}", {}));
  for (const char* const failing : {"{: }", "{:+}", "{:-}"})
    EXPECT_FALSE(render("{{ '" + std::string(failing) + "'.format('a') }}", {})) << failing;
}

TEST(JinjaTemplate, AnUndefinedValueIsTheSameOnlyAsItself) {
  EXPECT_EQ(expression("w is sameas(w)"), "False");
  EXPECT_EQ(expression("c.w is sameas(c.w)"), "False");
  EXPECT_EQ(shown("{% set u = w %}{% set v = u %}{{ v is sameas(u) }}{{ v is sameas(w) }}"),
            "TrueFalse");
  EXPECT_EQ(shown("{{ q is sameas q }}{% set q = 1 %}{{ q is sameas q }}"), "FalseTrue");
}

TEST(JinjaTemplate, OddArgumentsOfFiltersDoWhatTheyDoInPython) {
  const std::pair<const char*, const char*> expected[] = {
      {"'abc' | truncate(9, false, w)", "abc"},
      {"w | truncate(0, true, w, 0)", ""},
      {"'abc' | truncate(2, true, '', none)", "abc"},
      {"[1, 2, 3] | truncate(2, true, [4], 0)", "[1, 4]"},
      {"'ab cd ef' | e | truncate(7, false, '<', 0)", "ab cd&lt;"},
      {"[1, 2, 3] | batch(2.0) | list", "[[1, 2], [3]]"},
      {"[1, 2, 3] | batch('2') | list", "[[1, 2, 3]]"},
      {"[1, 2, 3] | batch(w) | list", "[[1, 2, 3]]"},
      {"[1, 2, 3] | batch(0, 'x') | list", "[[], [1, 2, 3]]"},
      {"[1, 2, 3] | batch(1.0, 'x') | list", "[[1], [2], [3]]"},
      {"[1, 2, 3] | batch(2, 'x') | list", "[[1, 2], [3, 'x']]"},
      {"[1, 2, 3] | batch(2.0, 'x') | first", "[1, 2]"},
      {"[1, 2, 3] | slice(-1) | list", "[]"},
      {"[1, 2, 3] | slice(true) | list", "[[1, 2, 3]]"},
      {"[1] | tojson(indent=none)", "[1]"},
      {"[1] | tojson(indent=true)", "[\n 1\n]"},
      {"[1] | tojson(indent=-3)", "[\n1\n]"},
      {"'a' | tojson(indent=1.5)", "\"a\""},
      {"'a' | tojson(separators=[1, 2])", "\"a\""},
      {"'12' | int(base=none)", "12"},
      {"'12' | int(base=99) + 12 | int(base=99)", "24"},
      {"2.5 | round(none) ~ 3.5 | round(none)", "24"},
      {"'%+s|% 3c|%+r' % ('a', 'b', 'c')", "a|  b|'c'"},
  };
  for (const auto& [source, text] : expected) EXPECT_EQ(expression(source), text) << source;
  for (const char* const failing :
       {"'abc' | truncate(2, true, w, 0)", "'abc' | truncate(2.5, true, '', 0)",
        "'abc' | truncate(-1, true, '', 0)", "'abc' | truncate(1, true, '', -1)",
        "[1, 2, 3] | batch(2.0, 'x') | list", "[1] | batch('2', 'x') | list",
        "[1] | slice(1.0) | list", "[1] | slice(0) | list", "[1] | tojson(indent=1.5)",
        "1 | tojson(indent=w)", "'a' | tojson(separators=[1])", "2.5 | round(none, 'ceil')",
        "'%5%' % ()"})
    EXPECT_FALSE(render("{{ " + std::string(failing) + " }}", {})) << failing;
}

TEST(JinjaTemplate, KeepsHugeTextsLinear) {
  const std::string content(1 << 20, ' ');
  const auto begin = std::chrono::steady_clock::now();
  const auto segments = render(
      "{% set c = messages[0].content %}{{ c.strip() }}{{ c.split('  ') | length }}{{ 'x' in c }}"
      "{{ c.replace('  ', ' ') | length }}{{ c[5:-5] | length }}{{ c | tojson | length }}",
      input_with(content));
  ASSERT_TRUE(segments) << segments.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sluice
