// Tests: what stands behind `is`.
#include <cmath>

#include "text/jinja/builtin.hpp"
#include "text/jinja/arithmetic.hpp"
#include "text/jinja/letter_case.hpp"

namespace sluice::jinja {

namespace {

template <Kind kind>
Result<Value> is_kind(Call& call) {
  return Value(call.subject.is(kind));
}

template <bool wanted>
Result<Value> is_boolean_value(Call& call) {
  return Value(call.subject.is(Kind::boolean) && call.subject.boolean() == wanted);
}

template <bool wanted>
Result<Value> is_defined(Call& call) {
  return Value(call.subject.is(Kind::undefined) != wanted);
}

Result<Value> is_number(Call& call) { return Value(call.subject.as_real().has_value()); }

Result<Value> is_callable(Call& call) {
  // An undefined value can be called as well; that this is an error is another matter.
  return Value(
      call.subject.is(Kind::undefined) ||
      (call.subject.is(Kind::object) && call.subject.object().type != Object::Type::space));
}

Result<Value> is_iterable(Call& call) {
  const Kind kind = call.subject.kind();
  const bool loop = kind == Kind::object && call.subject.object().type == Object::Type::loop;
  return Value(kind == Kind::undefined || kind == Kind::string || kind == Kind::array ||
               kind == Kind::dict || loop);
}

Result<Value> is_sequence(Call& call) {
  const Kind kind = call.subject.kind();
  if (kind != Kind::array)
    return Value(kind == Kind::string || kind == Kind::dict || kind == Kind::undefined);
  const Flavor flavor = call.subject.array().flavor;
  return Value(flavor == Flavor::list || flavor == Flavor::tuple || flavor == Flavor::range);
}

template <int divisor, int rest>
Result<Value> has_remainder(Call& call) {
  SLUICE_LET(const Value remainder,
             arithmetic(call.runtime, Operator::modulo, call.subject, Value(Integer{divisor})));
  SLUICE_LET(const bool same, equal(call.runtime, remainder, Value(Integer{rest})));
  return Value(same);
}

Result<Value> is_divisible(Call& call) {
  SLUICE_LET(const Value remainder,
             arithmetic(call.runtime, Operator::modulo, call.subject, call.value(0)));
  SLUICE_LET(const bool same, equal(call.runtime, remainder, Value(Integer{0})));
  return Value(same);
}

template <Operator comparison>
Result<Value> compares(Call& call) {
  SLUICE_LET(const bool outcome, compare(call.runtime, comparison, call.subject, call.value(0)));
  return Value(outcome);
}

Result<Value> is_same(Call& call) { return Value(identical(call.subject, call.value(0))); }

Result<Value> is_escaped(Call& call) {
  return Value(call.subject.is(Kind::string) && call.subject.text().safe());
}

template <bool upper>
Result<Value> is_in_case(Call& call) {
  SLUICE_LET(const MarkedText text, subject_text(call));
  const Value printed_text = call.runtime.string(text);
  const Builtin* const method = find_method(printed_text, upper ? "isupper" : "islower");
  return call_builtin(call.runtime, *method, printed_text, {});
}

template <const Builtin* (*find)(std::string_view)>
Result<Value> is_known(Call& call) {
  if (!dict_key(call.subject)) return fail("a name of a filter or test has to be a string");
  return Value(call.subject.is(Kind::string) && find(call.subject.bytes()) != nullptr);
}

constexpr Builtin kTests[] = {
    {"!=", "other", compares<Operator::not_equal>},
    {"<", "other", compares<Operator::less>},
    {"<=", "other", compares<Operator::less_equal>},
    {"==", "other", compares<Operator::equal>},
    {">", "other", compares<Operator::greater>},
    {">=", "other", compares<Operator::greater_equal>},
    {"boolean", "", is_kind<Kind::boolean>},
    {"callable", "", is_callable},
    {"defined", "", is_defined<true>},
    {"divisibleby", "num", is_divisible},
    {"eq", "other", compares<Operator::equal>},
    {"equalto", "other", compares<Operator::equal>},
    {"escaped", "", is_escaped},
    {"even", "", has_remainder<2, 0>},
    {"false", "", is_boolean_value<false>},
    {"filter", "", is_known<find_filter>},
    {"float", "", is_kind<Kind::real>},
    {"ge", "other", compares<Operator::greater_equal>},
    {"greaterthan", "other", compares<Operator::greater>},
    {"gt", "other", compares<Operator::greater>},
    {"in", "seq", compares<Operator::in>},
    {"integer", "", is_kind<Kind::integer>},
    {"iterable", "", is_iterable},
    {"le", "other", compares<Operator::less_equal>},
    {"lessthan", "other", compares<Operator::less>},
    {"lower", "", is_in_case<false>},
    {"lt", "other", compares<Operator::less>},
    {"mapping", "", is_kind<Kind::dict>},
    {"ne", "other", compares<Operator::not_equal>},
    {"none", "", is_kind<Kind::none>},
    {"number", "", is_number},
    {"odd", "", has_remainder<2, 1>},
    {"sameas", "other", is_same},
    {"sequence", "", is_sequence},
    {"string", "", is_kind<Kind::string>},
    {"test", "", is_known<find_test>},
    {"true", "", is_boolean_value<true>},
    {"undefined", "", is_defined<false>},
    {"upper", "", is_in_case<true>},
};

}  // namespace

const Builtin* find_test(std::string_view name) {
  for (const Builtin& test : kTests)
    if (test.name == name) return &test;
  return nullptr;
}

}  // namespace sluice::jinja
