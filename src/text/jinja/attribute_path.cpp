#include "text/jinja/attribute_path.hpp"

#include <algorithm>

#include "text/jinja/letter_case.hpp"
#include "text/jinja/number.hpp"

namespace sluice::jinja {

AttributePath AttributePath::parse(Runtime& runtime, const Value& path) {
  AttributePath parsed;
  if (path.is(Kind::none)) return parsed;
  if (!path.is(Kind::string)) {
    parsed.parts_.push_back(path);
    return parsed;
  }
  std::string_view rest = path.bytes();
  while (true) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    const auto index = digits ? parse_integer(part, 10) : std::nullopt;
    parsed.parts_.push_back(index ? Value(*index) : runtime.string(std::string(part)));
    if (dot == rest.size()) return parsed;
    rest.remove_prefix(dot + 1);
  }
}

Result<Value> AttributePath::get(Runtime& runtime, const Value& item, const Value& fallback) const {
  Value value = item;
  for (const Value& part : parts_) {
    if (value.is(Kind::undefined)) return fail(undefined_reason(value));
    value = get_item(runtime, value, part);
    if (value.is(Kind::undefined) && !fallback.is(Kind::none)) value = fallback;
  }
  return value;
}

Result<Value> AttributePath::key(Runtime& runtime, const Value& item, bool ignore_case,
                                 const Value& fallback) const {
  SLUICE_LET(Value value, get(runtime, item, fallback));
  if (!ignore_case || !value.is(Kind::string)) return value;
  return runtime.string(to_lower(value.text()));
}

Result<std::vector<Value>> AttributePath::keys(Runtime& runtime, const std::vector<Value>& items,
                                               bool ignore_case, const Value& fallback) const {
  std::vector<Value> found;
  for (const Value& item : items) {
    SLUICE_LET(Value value, key(runtime, item, ignore_case, fallback));
    found.push_back(std::move(value));
  }
  return found;
}

}  // namespace sluice::jinja
