// Order by key, as Python's sorted. Threads: functions without state. Cost: n log n comparisons.
#pragma once

#include <vector>

#include "text/jinja/runtime.hpp"

namespace sluice::jinja {

/// `items` ordered by `keys` (one each), stable in either direction. Errors: unsupported (keys
/// without an order).
Result<std::vector<Value>> sorted(Runtime& runtime, const std::vector<Value>& items,
                                  const std::vector<Value>& keys, bool reverse);

/// The positions of `keys` in order. Errors: as above.
Result<std::vector<size_t>> sorted_positions(Runtime& runtime, const std::vector<Value>& keys,
                                             bool reverse);

}  // namespace sluice::jinja
