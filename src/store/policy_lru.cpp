#include "store/policy_keyed.hpp"

namespace sluice {
namespace {

class Lru final : public KeyedPolicy {
 public:
  explicit Lru(uint32_t units) : KeyedPolicy(units, -1e300) {}

  std::string_view name() const override { return "lru"; }
  void advance(size_t) override {}

 private:
  double key_after_use(UnitIndex, size_t) const override { return clock_ + 1; }
  void count_use() override { ++clock_; }
  double now() const override { return clock_; }

  double clock_ = 0;  // demands so far; exact up to 2^53
};

}  // namespace

std::unique_ptr<Policy> make_lru(uint32_t units) {
  return std::make_unique<Lru>(units);
}

}  // namespace sluice
