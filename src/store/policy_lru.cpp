#include <vector>

#include "store/policy.hpp"

namespace sluice {
namespace {

class Lru final : public Policy {
 public:
  explicit Lru(uint32_t units) : last_(units, 0.0) {}

  std::string_view name() const override { return "lru"; }
  void advance() override {}
  void touch(UnitIndex unit) override { last_[to_number(unit)] = ++clock_; }
  double key(UnitIndex unit) const override { return last_[to_number(unit)]; }
  double key_after_touch(UnitIndex) const override { return clock_ + 1; }

 private:
  double clock_ = 0;  // exact up to 2^53 demands
  std::vector<double> last_;
};

}  // namespace

std::unique_ptr<Policy> make_lru(uint32_t units) {
  return std::make_unique<Lru>(units);
}

}  // namespace sluice
