#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "store/policy_keyed.hpp"

namespace sluice {
namespace {

// The count of a unit demanded at tokens t_i is, at token t, the sum of 2^((t_i - t) / half_life).
// Multiplied by 2^(t / half_life) it no longer depends on t and orders units in the same way; its
// logarithm grows by 1 per half-life and so neither overflows nor loses precision.
class DecayedCount final : public KeyedPolicy {
 public:
  DecayedCount(uint32_t units, double half_life)
      : KeyedPolicy(units, -std::numeric_limits<double>::infinity()), half_life_(half_life) {
    SLUICE_CHECK(half_life > 0);
  }

  std::string_view name() const override { return "decayed"; }
  void advance(size_t rows) override { token_ += rows; }

 private:
  double key_after_use(UnitIndex unit, size_t row) const override {
    const double old = worth(unit);
    const double use = static_cast<double>(token_ + row) / half_life_;
    // log2(2^old + 2^use) without leaving the range of a double.
    return std::max(old, use) + std::log2(1.0 + std::exp2(-std::abs(old - use)));
  }
  double now() const override { return static_cast<double>(token_) / half_life_; }

  const double half_life_;
  uint64_t token_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_decayed_count(uint32_t units, double half_life) {
  return std::make_unique<DecayedCount>(units, half_life);
}

}  // namespace sluice
