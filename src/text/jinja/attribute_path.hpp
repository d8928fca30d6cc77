// attribute='a.b.0' as filters take it: a path of names and indexes into each item.
// Threads: values. Cost: one look-up for each part.
#pragma once

#include <optional>
#include <vector>

#include "text/jinja/builtin.hpp"

namespace sluice::jinja {

class AttributePath {
 public:
  /// From an argument: none for the item itself; what is no string is one part, found or not.
  static AttributePath parse(Runtime& runtime, const Value& path);

  /// The value at the path; `fallback` replaces an undefined part if it is not none.
  /// Errors: unsupported, for a part of an undefined value.
  Result<Value> get(Runtime& runtime, const Value& item, const Value& fallback = None{}) const;
  /// The same, in lower case if it is a string and `ignore_case`.
  Result<Value> key(Runtime& runtime, const Value& item, bool ignore_case,
                    const Value& fallback = None{}) const;
  Result<std::vector<Value>> keys(Runtime& runtime, const std::vector<Value>& items,
                                  bool ignore_case, const Value& fallback = None{}) const;

 private:
  std::vector<Value> parts_;
};

}  // namespace sluice::jinja
