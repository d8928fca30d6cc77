#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/check.hpp"
#include "store/policy.hpp"

namespace sluice {
namespace {

// The count of a unit demanded at steps t_i is, at step t, the sum of 2^((t_i - t) / half_life).
// Multiplied by 2^(t / half_life) it no longer depends on t and orders units in the same way; its
// logarithm grows by 1 per half-life and so neither overflows nor loses precision.
class DecayedCount final : public Policy {
 public:
  DecayedCount(uint32_t units, double half_life)
      : half_life_(half_life), keys_(units, -std::numeric_limits<double>::infinity()) {
    SLUICE_CHECK(half_life > 0);
  }

  std::string_view name() const override { return "decayed"; }
  void advance() override { ++step_; }
  void touch(UnitIndex unit) override { keys_[to_number(unit)] = key_after_touch(unit); }
  double key(UnitIndex unit) const override { return keys_[to_number(unit)]; }

  double key_after_touch(UnitIndex unit) const override {
    const double old = keys_[to_number(unit)];
    const double use = static_cast<double>(step_) / half_life_;
    // log2(2^old + 2^use) without leaving the range of a double.
    return std::max(old, use) + std::log2(1.0 + std::exp2(-std::abs(old - use)));
  }

 private:
  const double half_life_;
  uint64_t step_ = 0;
  std::vector<double> keys_;
};

}  // namespace

std::unique_ptr<Policy> make_decayed_count(uint32_t units, double half_life) {
  return std::make_unique<DecayedCount>(units, half_life);
}

}  // namespace sluice
