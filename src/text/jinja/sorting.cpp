#include "text/jinja/sorting.hpp"

#include <algorithm>

namespace sluice::jinja {

Result<std::vector<size_t>> sorted_positions(Runtime& runtime, const std::vector<Value>& keys,
                                             bool reverse) {
  std::vector<size_t> order(keys.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  // After a failure nothing is less than anything, which lets stable_sort finish.
  std::optional<Error> failure;
  const auto before = [&](size_t a, size_t b) {
    if (failure) return false;
    const Result<bool> outcome =
        reverse ? less(runtime, keys[b], keys[a]) : less(runtime, keys[a], keys[b]);
    if (!outcome) failure = outcome.error();
    return outcome && *outcome;
  };
  std::stable_sort(order.begin(), order.end(), before);
  if (failure) return *std::move(failure);
  return order;
}

Result<std::vector<Value>> sorted(Runtime& runtime, const std::vector<Value>& items,
                                  const std::vector<Value>& keys, bool reverse) {
  SLUICE_LET(const std::vector<size_t> order, sorted_positions(runtime, keys, reverse));
  std::vector<Value> out;
  for (const size_t at : order) out.push_back(items[at]);
  return out;
}

}  // namespace sluice::jinja
