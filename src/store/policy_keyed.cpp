#include "store/policy_keyed.hpp"

#include <cmath>

namespace sluice {

void KeyedPolicy::demand(const Demand& demand) {
  for (size_t i = 0; i < demand.choices.size(); ++i) {
    const UnitIndex unit = demand.unit(i);
    const double key = key_after_use(unit, i / demand.per_row);
    count_use();
    keys_[to_number(unit)] = key;
    if (!heap_.contains(to_number(unit))) continue;
    heap_.remove(to_number(unit));
    heap_.insert(to_number(unit), key);
  }
}

// One float for each unit: its key's distance from now, or minus infinity.
std::vector<std::byte> KeyedPolicy::save() const {
  std::vector<std::byte> state(keys_.size() * sizeof(float));
  for (size_t unit = 0; unit < keys_.size(); ++unit) {
    const auto distance =
        keys_[unit] == never_ ? -INFINITY : static_cast<float>(keys_[unit] - now());
    std::memcpy(state.data() + unit * sizeof(float), &distance, sizeof(float));
  }
  return state;
}

bool KeyedPolicy::restore(std::span<const std::byte> state) {
  if (state.size() != keys_.size() * sizeof(float)) return false;
  std::vector<double> keys(keys_.size());
  for (size_t unit = 0; unit < keys.size(); ++unit) {
    float distance = 0;
    std::memcpy(&distance, state.data() + unit * sizeof(float), sizeof(float));
    if (std::isnan(distance) || distance > 1e9f) return false;
    keys[unit] = std::isinf(distance) ? never_ : now() + distance;
  }
  keys_ = std::move(keys);
  return true;
}

}  // namespace sluice
