"""Compares the template engine with Python's Jinja2 on random templates.

    python tools/fuzz_template_against_jinja.py RENDER_TEMPLATES [--count 10000] [--seed 1]

RENDER_TEMPLATES is the program render_templates of the build (tools/render_templates.cpp). Each
template is drawn from the subset that the engine supports, with values of the right type most of the
time. Texts have to be equal; where one side fails, both have to. Further, characters that only the
conversation holds have to be marked as data, and characters that only templates hold must not be.
Needs jinja2 3.1.6. Exit status 1 if anything differs; the differences are printed.
"""

import argparse
import datetime
import json
import random
import re
import signal
import subprocess
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

NOW = datetime.datetime(2026, 2, 3, 4, 5, 6)
DATA_LETTERS = "数据内容"
TEMPLATE_LETTERS = "模板"
MESSAGES = [
    {"role": "system", "content": " 数据 Be brief.\n"},
    {"role": "user", "content": "内容 <b>&'\" \\ hi\tthere\n\n  line two", "name": "ann"},
    {"role": "assistant", "content": "<think>\n数数\n</think>\n\n42 据", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "get", "arguments": {"k": "容", "n": [1, 2.5, None, True]}}}]},
    {"role": "tool", "content": "", "tool_call_id": "c1"},
    {"role": "user", "content": [{"type": "text", "text": "数 据"}, {"type": "image"}]},
]
CONTEXT = {
    "items": ["a", "b", "c"], "numbers": [3, 1, 2, 10], "mixed": [1, "x", None, True, 2.5, [1], {"k": 1}],
    "empty": [], "n": 3, "neg": -7, "x": 2.5, "zero": 0, "flag": True, "nothing": None, "blank": "  ",
    "text": "  Two\n words here  ", "word": "Hello", "path": "a.b-c,d e", "uni": "Äpfel ß 模板 Σας", "long": "lorem ipsum " * 5,
    "d": {"b": 1, "a": {"z": [1, 2], "y": "q\"'"}, "C": 2.0, "items": "key"}, "pairs": [["k", 1], ["l", 2]], "e": {},
    "rows": [{"name": "x", "v": 2, "deep": {"k": "K"}}, {"name": "Y", "v": 1, "deep": {"k": "a"}}, {"name": "x", "v": 3}],
}


class Generation(jinja2.ext.Extension):
    """{% generation %}, as transformers has it: prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_support"), [], [], body).set_lineno(line)

    def _support(self, caller):
        return caller()


class Raised(Exception):
    pass


def environment():
    def raise_exception(message):
        raise Raised(str(message))

    def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = jinja2.sandbox.SandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = to_json
    made.filters["from_json"] = json.loads
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = NOW.strftime
    return made


class Writer:
    """Draws templates. Every method returns source text."""

    def __init__(self, rng):
        self.rng = rng
        self.locals = []
        self.macros = []
        self.loops = 0

    def pick(self, *choices):
        return self.rng.choice(choices)

    # Expressions, by the type they should have.

    def string(self, depth):
        r = self.rng
        if depth <= 0 or r.random() < 0.2:
            return self.pick("text", "word", "path", "uni", "blank", "'a'", "''", "'x y'", "\"it's\"", "'模'", "'\\n'", "'<b>'", "messages[0].content",
                             "messages[1]['content']", "messages[2].content", "messages[1].role", "'%s'", "'{}'", "'abcABC'", "'1'", "' 2.5 '", "'a\\tb'", "long")
        s, t = self.string(depth - 1), self.string(depth - 1)
        i = self.number(depth - 1) if r.random() < 0.4 else str(r.randint(-4, 6))
        return self.pick(
            f"{s} ~ {self.any(depth - 1)}", f"({s} + {t})", f"({s})[{self.bound()}:{self.bound()}]", f"({s})[{self.bound()}:{self.bound()}:{self.pick('1', '2', '-1', '-2', '')}]",
            f"({s})[{i}]", f"({s}).strip()", f"({s}).{self.pick('strip', 'lstrip', 'rstrip')}({self.pick(repr('ab '), s, '')})", f"({s}).{self.pick('upper', 'lower', 'title', 'capitalize', 'swapcase')}()",
            f"({s}) | {self.pick('upper', 'lower', 'title', 'capitalize', 'trim', 'string', 'safe', 'e', 'reverse', 'forceescape')}", f"({s}).replace({t}, {self.string(0)})",
            f"({s}) | replace({self.string(0)}, {t})", f"({s}) | replace({self.string(0)}, {t}, {r.randint(0, 2)})", f"({s}).replace({self.string(0)}, {t}, {r.randint(-1, 2)})",
            f"{self.list(depth - 1)} | join({self.pick('', s, repr('-'))})", f"({s}).join({self.list(depth - 1)} | map('string'))", f"{self.any(depth - 1)} | tojson", f"{self.any(depth - 1)} | tojson(indent={self.count(0, 3)})",
            f"{self.any(depth - 1)} | tojson(separators=(',', ':'), sort_keys={self.pick('true', 'false')})", f"{self.any(depth - 1)} | string", f"({s}) | indent({self.pick('2', repr('> '), '1, true', '3, first=true', 'width=2, blank=true')})",
            f"({s}) | default({t})", f"({s}) | default({t}, true)", f"({s}) * {r.randint(-1, 3)}", f"({s}) | truncate({self.count(3, 12)}{self.pick('', ', true', ', false, ' + repr('..'), ', true, missing, ' + self.count(0, 3))})",
            f"'%s|%5s|%-4s' % ({s}, {t}, {self.any(depth - 1)})", f"'{{}}-{{:>8}}|{{0!r}}'.format({s}, {t})" if r.random() < 0.1 else f"'{{}}:{{:^9}}|{{:.2}}'.format({s}, {t}, {s})",
            f"'%{self.pick('d', '5d', '-5d', '05d', 'x', 'o', '+d', 'i', '.2f', '8.3f', 'e', 'g', '.3g', 's', 'r')}' % {self.number(depth - 1)}", f"'%s' | format({s})",
            f"'{{:{self.pick('d', '5', '<5', '>5', '^5', '05', '+', ',', '.2f', '8.3f', 'e', 'g', '.3g', 'x', '%', '*^9')}}}'.format({self.number(depth - 1)})",
            f"({s}) | center({r.randint(0, 14)})", f"({s}).{self.pick('ljust', 'rjust', 'center', 'zfill')}({r.randint(0, 12)})", f"({s}) | urlencode", f"({s} if {self.boolean(depth - 1)} else {t})", f"({s} if {self.boolean(depth - 1)})",
            f"({s}).{self.pick('partition', 'rpartition')}({self.string(0)})[{self.pick('0', '1', '2', '-1')}]", f"({s}).split({self.pick('', self.string(0), repr(' '))})[{self.pick('0', '-1', '1')}]",
            f"({s}).{self.pick('removeprefix', 'removesuffix')}({self.string(0)})", self.macro_call(depth - 1), f"{self.list(depth - 1)} | {self.pick('first', 'last')}", f"({s} or {t})", f"({s} and {t})",
            f"strftime_now({self.pick(repr('%Y-%m-%d'), repr('%d %b %y %H:%M:%S %p %I %j %%'), repr('%A %B %-d %U %w %e'))})")

    def count(self, least, most):
        """A number of that range; now and then something that is no count."""
        if self.rng.random() < 0.85:
            return str(self.rng.randint(least, most))
        return self.pick("none", "missing", "true", "false", "'2'", "2.0", "1.5", "0", "-1", "[]")

    def bound(self):
        return self.pick("", "", "0", "1", "2", "-1", "-2", "5", "-9", "n", "99")

    def number(self, depth):
        r = self.rng
        if depth <= 0 or r.random() < 0.25:
            return self.pick("n", "neg", "x", "zero", "0", "1", "2", "7", "-3", "2.5", "1e3", "0.1", "1e16", "1e-5", "10", "true", "100000000000000000000", "-0.0")
        a, b = self.number(depth - 1), self.number(depth - 1)
        return self.pick(
            f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / {b})", f"({a} // {b})", f"({a} % {b})", f"({a} ** {r.randint(-2, 3)})", f"-{a}", f"+{a}", f"({a} | abs)", f"({a} | int)", f"({a} | float)",
            f"({a} | round)", f"({a} | round({r.randint(0, 3)}))", f"({a} | round(1, {self.pick(repr('ceil'), repr('floor'))}))", f"({self.string(depth - 1)} | length)", f"({self.list(depth - 1)} | length)", f"({self.string(depth - 1)} | int)",
            f"({self.string(depth - 1)} | int({r.randint(0, 9)}))", f"({self.string(depth - 1)} | float)", f"({self.list(depth - 1)} | {self.pick('sum', 'min', 'max', 'count')})", f"({self.string(depth - 1)}).{self.pick('find', 'rfind', 'count', 'index')}({self.string(0)})",
            f"({self.string(depth - 1)} | wordcount)", f"({a} if {self.boolean(depth - 1)} else {b})", self.pick("loop.index", "loop.index0", "loop.revindex", "loop.length", "loop.depth") if self.loops else a)

    def boolean(self, depth):
        r = self.rng
        if depth <= 0 or r.random() < 0.15:
            return self.pick("true", "false", "flag", "not flag", "n > 2", "items", "empty", "nothing is none", "x is defined", "missing is defined", "tools is none", "add_generation_prompt")
        test = self.pick("defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "iterable", "sequence", "true", "false", "callable", "odd", "even", "lower", "upper", "escaped", "filter", "test")
        op = self.pick("==", "!=", "<", "<=", ">", ">=", "in", "not in")
        return self.pick(
            f"({self.any(depth - 1)} is {self.pick('', 'not ')}{test})", f"({self.any(depth - 1)} {op} {self.any(depth - 1)})", f"({self.number(depth - 1)} {op} {self.number(depth - 1)})", f"({self.string(depth - 1)} {op} {self.string(depth - 1)})",
            f"(not {self.boolean(depth - 1)})", f"({self.boolean(depth - 1)} {self.pick('and', 'or')} {self.boolean(depth - 1)})", f"({self.any(depth - 1)} {self.pick('in', 'not in')} {self.list(depth - 1)})", f"({self.string(0)} in {self.dict(depth - 1)})",
            f"({self.number(depth - 1)} < {self.number(depth - 1)} <= {self.number(0)})", f"({self.number(depth - 1)} is divisibleby {r.randint(1, 4)})", f"({self.any(depth - 1)} is {self.pick('eq', 'ne', 'equalto', 'sameas', 'in')}({self.any(depth - 1)}))",
            f"({self.string(depth - 1)}).{self.pick('startswith', 'endswith')}({self.pick(self.string(0), '(' + repr('a') + ', ' + repr('  ') + ')')})", f"({self.string(depth - 1)}).{self.pick('isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isalnum')}()",
            self.pick("loop.first", "loop.last", "loop.changed(n)") if self.loops else "flag")

    def list(self, depth):
        r = self.rng
        if depth <= 0 or r.random() < 0.25:
            return self.pick("items", "numbers", "mixed", "empty", "messages", "rows", "pairs", "[1, 2]", "['b', 'A', 'c']", "()", "(1,)", "[[1, 'a'], [0, 'b']]", "range(4)", "tools")
        a = self.list(depth - 1)
        attribute = self.pick("role", "name", "v", "content", "deep.k", "0", "missing")
        return self.pick(
            f"({a} + {self.list(depth - 1)})", f"({a})[{self.bound()}:{self.bound()}]", f"({a})[::-1]", f"({a}) | {self.pick('list', 'sort', 'reverse | list', 'unique | list', 'sort(reverse=true)', 'first', 'last', 'reverse', 'unique')}",
            f"({self.string(depth - 1)}).split({self.pick('', self.string(0), repr(' '), 'none, 1', repr('e') + ', 1')})", f"({self.string(depth - 1)}).{self.pick('splitlines()', 'splitlines(true)', 'rsplit(none, 1)', 'rsplit(' + repr('a') + ', 1)')}", f"({self.string(depth - 1)}) | list",
            f"({self.dict(depth - 1)}).{self.pick('items()', 'keys()', 'values()')} | list", f"{self.dict(depth - 1)} | {self.pick('dictsort', 'items | list', 'list', 'dictsort(true)', 'dictsort(by=' + repr('value') + ')', 'dictsort(reverse=true)')}",
            f"({a}) | map({self.pick(*map(repr, ('upper', 'string', 'length', 'int', 'trim', 'first', 'tojson', 'list')))}) | list", f"({a}) | map(attribute='{attribute}') | list", f"({a}) | map(attribute='{attribute}', default='?') | list",
            f"({a}) | {self.pick('select', 'reject')}({self.pick('', *map(repr, ('string', 'odd', 'defined', 'none', 'mapping', 'number')))}) | list", f"({a}) | {self.pick('selectattr', 'rejectattr')}('{attribute}'{self.pick('', ', ' + repr('defined'), ', ' + repr('equalto') + ', ' + repr('user'), ', ' + repr('in') + ', [' + repr('x') + ']')}) | list",
            f"({a}) | sort(attribute='{attribute}')", f"({a}) | batch({self.count(1, 3)}{self.pick('', ', ' + repr('-'))}) | list", f"({a}) | slice({self.count(1, 3)}) | list", f"({a}) | groupby('{attribute}')", f"[{self.any(depth - 1)}, {self.any(depth - 1)}]", f"({self.any(depth - 1)}, {self.any(depth - 1)})",
            f"range({r.randint(-2, 3)}, {r.randint(-2, 6)}{self.pick('', ', 2', ', -1')})", f"({a} if {self.boolean(depth - 1)} else {self.list(0)})", f"({a} or {self.list(0)})", f"[{self.any(0)}] * {r.randint(0, 2)}", f"({a}) | map('join', '-') | list", f"({a}) | sum(start=[])")

    def dict(self, depth):
        if depth <= 0 or self.rng.random() < 0.4:
            return self.pick("d", "e", "messages[1]", "messages[0]", "rows[0]", "{'a': 1}", "{'k': 'v', 'B': [1]}", "{}", "messages[2].tool_calls[0].function.arguments")
        return self.pick(f"{{'x': {self.any(depth - 1)}, {self.string(0)}: {self.any(depth - 1)}}}", f"dict(a={self.any(depth - 1)})", f"{{{self.number(0)}: {self.any(depth - 1)}}}", "d.a", f"dict({self.dict(depth - 1)}, z={self.any(0)})")

    def any(self, depth):
        r = self.rng
        if self.locals and r.random() < 0.25:
            return r.choice(self.locals)
        if r.random() < 0.12:
            d = self.dict(depth - 1)
            key = self.pick("a", "b", "items", "role", "content", "missing", "k", "x")
            return self.pick(f"({d}).{key}", f"({d})['{key}']", f"({d}).get('{key}')", f"({d}).get('{key}', {self.string(0)})", "missing", "none", "nothing", "messages[-1].content[0].text", "rows[0].deep.k", "ns.v", f"({self.list(depth - 1)})[{self.bound() or 0}]",
                             "loop.previtem" if self.loops else "missing", "loop.nextitem" if self.loops else "none", "loop.cycle('a', 'b')" if self.loops else "n")
        kind = r.choices((self.string, self.number, self.boolean, self.list, self.dict), (5, 3, 2, 3, 1))[0]
        return kind(depth)

    def macro_call(self, depth):
        if not self.macros:
            return "word"
        name = self.rng.choice(self.macros)
        return self.pick(f"{name}({self.any(depth)})", f"{name}({self.any(depth)}, {self.any(depth)})", f"{name}(q={self.any(depth)}, p={self.any(depth)})", f"{name}()")

    # Statements.

    def blanks(self):
        return self.pick("", "", " ", "\n", "  ", "\n  ", "\n\n", "\t")

    def literal(self):
        return self.blanks() + self.pick("", "text", "模板", "a b", "{", "}", "%", "#", "'", "<|im_start|>", "x\n y", "\n") + self.blanks()

    def tag(self, inside):
        left, right = self.pick("", "", "-", "+"), self.pick("", "", "-", "+")
        return "{%" + left + self.pick(" ", " ", "") + inside + " " + right + "%}"

    def output(self, depth):
        return "{{" + self.pick("", "", "-") + " " + self.any(depth) + " " + self.pick("", "", "-") + "}}"

    def name(self):
        return self.pick("u", "v", "w", "item", "x", "text", "n")

    def assignable(self, depth):
        known = len(self.locals)
        body = self.block(depth)
        del self.locals[known:]
        return body

    def loop(self, depth):
        target, iterable = self.name(), self.list(2)
        if self.rng.random() < 0.25:
            target, iterable = "k, v", self.pick("d.items()", "pairs", "d | dictsort", "rows[0] | items", self.list(2))
        head = f"for {target} in {iterable}" + (f" if {self.boolean(2)}" if self.rng.random() < 0.25 else "")
        known, self.loops = len(self.locals), self.loops + 1
        self.locals += [t.strip() for t in target.split(",")] * 2
        body = self.block(depth - 1)
        if self.rng.random() < 0.2:
            body += self.tag(f"if {self.boolean(2)}") + self.tag(self.pick("break", "continue")) + self.tag("endif") + self.literal()
        del self.locals[known:]
        self.loops -= 1
        other = self.tag("else") + self.block(depth - 1) if self.rng.random() < 0.2 else ""
        return self.tag(head) + body + other + self.tag("endfor")

    def statement(self, depth):
        r = self.rng
        choice = r.random()
        if depth <= 0 or choice < 0.35:
            return self.output(r.randint(1, 3))
        if choice < 0.5:
            return self.loop(depth)
        if choice < 0.65:
            parts = self.tag(f"if {self.boolean(2)}") + self.block(depth - 1)
            if r.random() < 0.3:
                parts += self.tag(f"elif {self.any(2)}") + self.block(depth - 1)
            if r.random() < 0.5:
                parts += self.tag("else") + self.block(depth - 1)
            return parts + self.tag("endif")
        if choice < 0.78:
            name = self.name()
            value = self.any(3)
            self.locals.append(name)
            if r.random() < 0.15:
                return self.tag(f"set {name}{self.pick('', ' | upper', ' | trim')}") + self.assignable(depth - 1) + self.tag("endset")
            if r.random() < 0.2:
                return self.tag(f"set ns.v = {value}")
            if r.random() < 0.1:
                return self.tag(f"set {name}, w = {value}, 2")
            return self.tag(f"set {name} = {value}")
        if choice < 0.84:
            return self.tag(f"with {self.name()} = {self.any(2)}") + self.assignable(depth - 1) + self.tag("endwith")
        if choice < 0.88:
            return self.tag(f"filter {self.pick('upper', 'trim', 'indent(2)', 'replace(' + repr('a') + ', ' + repr('b') + ')', 'title | trim')}") + self.assignable(depth - 1) + self.tag("endfilter")
        if choice < 0.91:
            return self.pick("{# c #}", "{#- c #}", "{# c -#}", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% x {%- endraw -%}")
        if choice < 0.925 and self.loops == 0:
            return self.pick("{% set _ = items.append(n) %}", "{% set _ = numbers.pop() %}", "{% set _ = e.update(a=1, b=n) %}", "{% set _ = d.setdefault('q', 5) %}{{ _ }}", "{% set _ = d.pop('C', 0) %}{{ d }}",
                             "{% set _ = items.insert(1, x) %}", "{% set _ = numbers.sort() %}{{ numbers }}", "{% set _ = items.reverse() %}", "{% set _ = items.extend(numbers) %}", "{{ numbers.index(2) }}{{ items.count('a') }}",
                             "{% for r in [{'c': [{'c': []}, {}]}, {}] recursive %}{{ loop.depth }}{{ loop.index }}({{ loop(r.c) if r.c }}){% endfor %}", "{% for r in [[1, [2]], [], [[3]]] recursive %}{{ loop.depth0 }}{% if r is iterable %}<{{ loop(r) }}>{% else %}{{ r }}{{ loop.last }}{% endif %}{% else %}none{% endfor %}")
        loops, self.loops = self.loops, 0
        if choice < 0.94:
            text = self.tag("generation") + self.assignable(depth - 1) + self.tag("endgeneration")
        elif choice < 0.96 and self.macros:
            text = self.tag(f"call {r.choice(self.macros)}(1)") + self.assignable(depth - 1) + self.tag("endcall")
        else:
            text = self.macro(depth)
        self.loops = loops
        return text

    def macro(self, depth):
        name = self.pick("m", "mm", "m2")
        known = len(self.locals)
        self.locals += ["p", "q"]
        extra = self.pick("", "", "{{ caller() }}", "{{ varargs }}{{ kwargs }}", "{{ caller is defined }}")
        macros, self.macros = self.macros, [] if self.rng.random() < 0.9 else self.macros + [name]
        body = self.block(depth - 1) + extra
        self.macros = macros + [name]
        del self.locals[known:]
        return self.tag(f"macro {name}(p, q={self.any(1)})") + body + self.tag("endmacro")

    def block(self, depth):
        return "".join(self.literal() + self.statement(depth) for _ in range(self.rng.randint(1, 3))) + self.literal()

    def template(self):
        kind = self.rng.random()
        if kind < 0.4:
            return "{{ " + self.any(self.rng.randint(1, 4)) + " }}"
        head = "{% set ns = namespace(v=0) %}" if self.rng.random() < 0.7 else ""
        return head + self.block(self.rng.randint(1, 4))


def mutated(rng, template):
    """A few random edits, for errors and odd places of blanks."""
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(template) + 1)
        template = template[:at] + rng.choice(["", " ", "-", "\n", "{{", "%}", "(", "'", "is", " if ", "|", "1", ".", ","]) + template[at + rng.randint(0, 2):]
    return template


def expected(env, template):
    context = json.loads(json.dumps({"messages": MESSAGES, "tools": None, "documents": None, "add_generation_prompt": True, **CONTEXT}))
    signal.alarm(20)
    try:
        return env.from_string(template).render(**context)
    except (RecursionError, TimeoutError):
        return None
    except Exception as error:
        return error
    finally:
        signal.alarm(0)


def stop(number, frame):
    raise TimeoutError


# What prints an address, or names Python's own types, cannot be equal.
UNSTABLE = re.compile(r" at 0x|<Macro|<generator|<built-in|<bound|<function|<class|<Undefined|Cycler|jinja2\.|LoopContext|Lazy|&lt;Macro|&lt;generator", re.IGNORECASE)
# The engine says these are beyond it; Python goes on.
BEYOND = re.compile(r"127 bits|nested too deeply|not supported|steps|bytes of values|no such power|%d needs a number|has no slices|unknown directive '%a'")


def marks_wrong(reply):
    """Whether a character of the conversation is not marked, or one of the template is."""
    raw = reply["text"].encode()
    data = bytearray(len(raw))
    for begin, end in reply["data"]:
        data[begin:end] = b"\1" * (end - begin)
    for letters, want in ((DATA_LETTERS, 1), (TEMPLATE_LETTERS, 0)):
        for letter in letters:
            code = letter.encode()
            at = raw.find(code)
            while at >= 0:
                if any(data[i] != want for i in range(at, at + len(code))):
                    return True
                at = raw.find(code, at + 1)
    return False


def differs(want, reply):
    """None, or what is different."""
    if want is None or (isinstance(want, str) and UNSTABLE.search(want)):
        return None
    if isinstance(want, str):
        if reply.get("text") == want:
            return "marks" if marks_wrong(reply) else None
        if "error" in reply and BEYOND.search(reply["message"]):
            return None
        return "text"
    if "changed size during iteration" in str(want):
        return None  # lists and dicts are copied before a loop here
    if isinstance(want, (MemoryError, OverflowError)) or "exceeds the limit" in str(want):
        return None
    return None if "error" in reply else "error"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutate", type=float, default=0.1, help="share of templates with random edits")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    rng, env = random.Random(options.seed), environment()
    signal.signal(signal.SIGALRM, stop)
    child = subprocess.Popen([options.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    counts = {"text": 0, "error": 0, "different": 0}
    for _ in range(options.count):
        template = Writer(rng).template()
        if rng.random() < options.mutate:
            template = mutated(rng, template)
        want = expected(env, template)
        child.stdin.write(json.dumps({"template": template, "messages": MESSAGES, "tools": None, "add_generation_prompt": True, "context": CONTEXT}) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            sys.exit(f"the program ended at {template!r}")
        reply = json.loads(line)
        counts["text" if isinstance(want, str) else "error"] += 1
        kind = differs(want, reply)
        if kind:
            counts["different"] += 1
            if counts["different"] <= options.show:
                print(f"--- {kind}\n{template!r}\n  python {want!r}\n  sluice {reply}")
    print(f"{options.count} templates, seed {options.seed}: {counts['text']} rendered, {counts['error']} failed in Python, {counts['different']} different")
    sys.exit(counts["different"] > 0)


if __name__ == "__main__":
    main()
