#include "text/jinja/format.hpp"

#include <algorithm>
#include <cmath>

#include "text/jinja/number.hpp"
#include "text/jinja/text_tools.hpp"
#include "text/utf8.hpp"

namespace sluice::jinja {

namespace {

constexpr size_t kWidthMax = 1'000'000;

// "%..." % values: one walk over the format.
class PercentFormat {
 public:
  PercentFormat(Runtime& runtime, const MarkedText& format, const Value& values)
      : runtime_(runtime), format_(format), values_(values) {
    tuple_ = values.is(Kind::array) && values.array().flavor == Flavor::tuple;
  }

  Result<MarkedText> run() {
    const std::string_view bytes = format_.bytes();
    while (at_ < bytes.size()) {
      const size_t percent = std::min(bytes.find('%', at_), bytes.size());
      out_.append(format_, at_, percent);
      at_ = percent;
      if (percent == bytes.size()) break;
      SLUICE_TRY(directive());
    }
    const size_t given = tuple_ ? values_.array().items.size() : 1;
    const bool by_name = values_.is(Kind::dict) || values_.is(Kind::array);
    if (used_ < given && (tuple_ || !by_name))
      return fail("not all values were used by the format");
    out_.set_safe(format_.safe());
    return std::move(out_);
  }

 private:
  char peek() const { return at_ < format_.size() ? format_.bytes()[at_] : '\0'; }

  Result<Value> next_value() {
    if (!tuple_) {
      if (used_++ > 0) return fail("the format needs more values");
      return values_;
    }
    if (used_ == values_.array().items.size()) return fail("the format needs more values");
    return values_.array().items[used_++];
  }

  Result<Value> named_value() {
    const size_t begin = at_ + 1;
    const size_t end = format_.bytes().find(')', begin);
    if (end == std::string_view::npos) return fail("a name in a format lacks its ')'");
    at_ = end + 1;
    if (!values_.is(Kind::dict)) return fail("a format with names needs a dict");
    const Value* const found = values_.dict().find(format_.bytes().substr(begin, end - begin));
    if (found == nullptr) return fail("the format names a value that is missing");
    used_ = 1;
    return *found;
  }

  Result<size_t> number() {
    if (peek() == '*') {
      ++at_;
      SLUICE_LET(const Value value, next_value());
      const auto size = value.as_integer();
      if (!size || *size < 0 || *size > Integer(kWidthMax)) return fail("'*' needs a small number");
      return static_cast<size_t>(*size);
    }
    size_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = value * 10 + static_cast<size_t>(peek() - '0');
      if (value > kWidthMax) return fail("a format asks for a field too wide");
    }
    return value;
  }

  Result<void> flags(FormatSpec& spec) {
    spec.align = '>';
    for (; std::string_view("-+ #0").find(peek()) != std::string_view::npos && peek() != 0; ++at_) {
      if (peek() == '-') spec.align = '<';
      if (peek() == '+') spec.sign = '+';
      if (peek() == ' ' && spec.sign != '+') spec.sign = ' ';
      if (peek() == '#') spec.alternate = true;
      if (peek() == '0') spec.zeros = true;
    }
    SLUICE_LET(spec.width, number());
    if (peek() != '.') return {};
    ++at_;
    SLUICE_LET(spec.precision, number());
    return {};
  }

  Result<void> directive() {
    ++at_;
    if (peek() == '%') {
      ++at_;
      out_.append("%", false);
      return {};
    }
    FormatSpec spec;
    std::optional<Value> value;
    if (peek() == '(') {
      SLUICE_LET(value, named_value());
    }
    SLUICE_TRY(flags(spec));
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    if (at_ == format_.size()) return fail("a format ends within a directive");
    const char type = peek();
    ++at_;
    if (!value) {
      SLUICE_LET(value, next_value());
    }
    SLUICE_LET(const MarkedText text, converted(*value, type, spec));
    out_.append(format_.safe() && type == 's' ? html_escaped(text) : text);
    if (!runtime_.spend_bytes(text.size())) return runtime_.exhausted();
    return {};
  }

  Result<MarkedText> converted(const Value& value, char type, FormatSpec spec) {
    const bool character = type == 'c';
    const bool literal = type == 'r' || type == 'a';
    if (type == 's' || literal || character) spec.sign = 0, spec.zeros = false;
    if (type == 's' || literal) {
      MarkedText text;
      SLUICE_TRY(literal ? print_literal(runtime_, text, value) : print(runtime_, text, value));
      return format_value(runtime_, runtime_.string(std::move(text)), spec);
    }
    if (spec.zeros && spec.align == '>') spec.align = '=', spec.fill = "0";
    spec.zeros = false;
    if (character) {
      spec.precision.reset();
      if (value.is(Kind::string) && count_points(value.bytes()) == 1)
        return format_value(runtime_, value, spec);
      if (!value.as_integer()) return fail("%c needs a character or its number");
      spec.type = 'c';
      return format_value(runtime_, Value(*value.as_integer()), spec);
    }
    if (!value.as_real()) return fail("%" + std::string(1, type) + " needs a number");
    if (std::string_view("diu").find(type) != std::string_view::npos) return whole(value, spec);
    if (std::string_view("eEfFgGxXo").find(type) == std::string_view::npos)
      return fail("a format has the unknown directive '%" + std::string(1, type) + "'");
    const bool integer_type = type == 'x' || type == 'X' || type == 'o';
    if (integer_type && value.is(Kind::real)) return fail("%x and %o need an integer");
    if (integer_type) spec.precision.reset();
    spec.type = type;
    if (integer_type) return format_value(runtime_, Value(*value.as_integer()), spec);
    if (!spec.precision) spec.precision = 6;
    return format_value(runtime_, Value(*value.as_real()), spec);
  }

  Result<MarkedText> whole(const Value& value, FormatSpec spec) {
    auto number = value.as_integer();
    if (!number) number = whole_number(std::trunc(value.real()));
    if (!number) return fail("%d needs a number that is finite and not huge");
    spec.precision.reset();
    spec.type = 'd';
    return format_value(runtime_, Value(*number), spec);
  }

  Runtime& runtime_;
  const MarkedText& format_;
  const Value& values_;
  bool tuple_ = false;
  size_t at_ = 0;
  size_t used_ = 0;
  MarkedText out_;
};

// "{...}".format(...): one walk over the format.
class BracesFormat {
 public:
  BracesFormat(Runtime& runtime, const MarkedText& format, const Arguments& arguments)
      : runtime_(runtime), format_(format), arguments_(arguments) {}

  Result<MarkedText> run() {
    const std::string_view bytes = format_.bytes();
    for (size_t at = 0; at < bytes.size();) {
      const size_t brace = std::min(bytes.find_first_of("{}", at), bytes.size());
      out_.append(format_, at, brace);
      if (brace == bytes.size()) break;
      if (brace + 1 < bytes.size() && bytes[brace + 1] == bytes[brace]) {
        out_.append(format_, brace, brace + 1);
        at = brace + 2;
        continue;
      }
      const size_t end = bytes.find('}', brace);
      if (bytes[brace] == '}' || end == std::string_view::npos)
        return fail("a single brace stands in a format");
      SLUICE_TRY(field(bytes.substr(brace + 1, end - brace - 1)));
      at = end + 1;
    }
    out_.set_safe(format_.safe());
    return std::move(out_);
  }

 private:
  Result<void> field(std::string_view text) {
    if (text.find('{') != std::string_view::npos)
      return fail("formats within formats are not supported");
    const size_t colon = std::min(text.find(':'), text.size());
    std::string_view name = text.substr(0, colon);
    char conversion = 0;
    if (name.size() >= 2 && name[name.size() - 2] == '!') {
      conversion = name.back();
      name.remove_suffix(2);
    }
    SLUICE_LET(Value value, lookup(name));
    if (conversion != 0) {
      if (conversion != 's' && conversion != 'r') return fail("a format has an unknown conversion");
      MarkedText text_of;
      SLUICE_TRY(conversion == 's' ? print(runtime_, text_of, value)
                                   : print_literal(runtime_, text_of, value));
      value = runtime_.string(std::move(text_of));
    }
    SLUICE_LET(const FormatSpec spec,
               parse_format_spec(text.substr(std::min(colon + 1, text.size()))));
    SLUICE_LET(MarkedText formatted, format_value(runtime_, value, spec));
    out_.append(format_.safe() ? html_escaped(formatted) : formatted);
    if (!runtime_.spend_bytes(formatted.size())) return runtime_.exhausted();
    return {};
  }

  Result<Value> lookup(std::string_view name) {
    const size_t end = std::min(name.find_first_of(".["), name.size());
    SLUICE_LET(Value value, argument(name.substr(0, end)));
    for (std::string_view rest = name.substr(end); !rest.empty();) {
      const bool dot = rest[0] == '.';
      const size_t close =
          dot ? std::min(rest.find_first_of(".[", 1), rest.size()) : rest.find(']');
      if (close == std::string_view::npos) return fail("a format has '[' without ']'");
      const std::string_view key = rest.substr(1, close - 1);
      if (key.empty()) return fail("a format has an empty attribute");
      if (dot) {
        value = get_attribute(runtime_, value, key);
      } else {
        const auto index = parse_integer(key, 10);
        value =
            get_item(runtime_, value, index ? Value(*index) : runtime_.string(std::string(key)));
      }
      if (value.is(Kind::undefined)) return fail("a format names a value that is missing");
      rest.remove_prefix(dot ? close : close + 1);
    }
    return value;
  }

  Result<Value> argument(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) {
      const auto given = name.empty() ? Integer(next_++) : parse_integer(name, 10).value_or(-1);
      if ((name.empty() ? numbered_ : next_ > 0))
        return fail("a format mixes '{}' with numbered fields");
      numbered_ = !name.empty();
      if (given < 0 || given >= Integer(arguments_.positional.size()))
        return fail("the format needs more values");
      return arguments_.positional[static_cast<size_t>(given)];
    }
    for (const auto& [key, value] : arguments_.named)
      if (key == name) return value;
    return fail("the format names a value that is missing");
  }

  Runtime& runtime_;
  const MarkedText& format_;
  const Arguments& arguments_;
  size_t next_ = 0;
  bool numbered_ = false;
  MarkedText out_;
};

}  // namespace

Result<MarkedText> format_percent(Runtime& runtime, const MarkedText& format, const Value& values) {
  return PercentFormat(runtime, format, values).run();
}

Result<MarkedText> format_braces(Runtime& runtime, const MarkedText& format,
                                 const Arguments& arguments) {
  return BracesFormat(runtime, format, arguments).run();
}

}  // namespace sluice::jinja
