// The part that LRU and the decayed count share: policies whose worth of a unit changes only when
// the unit is demanded, never because time passed, so that one heap over all residents is enough.
// Threads: used by one. Cost: 28 bytes per unit; a victim is found at once, a change takes a
// logarithm of the residents.
#pragma once

#include <cstring>
#include <vector>

#include "store/eviction_heap.hpp"
#include "store/policy.hpp"

namespace sluice {

class KeyedPolicy : public Policy {
 public:
  size_t memory_bytes() const override { return keys_.size() * 28; }
  void demand(const Demand& demand) override;
  void expect(std::span<const UnitIndex>) override {}
  void insert(UnitIndex unit) override { heap_.insert(to_number(unit), worth(unit)); }
  void remove(UnitIndex unit) override { heap_.remove(to_number(unit)); }
  std::optional<UnitIndex> victim() override {
    if (heap_.empty()) return std::nullopt;
    return UnitIndex{heap_.first()};
  }
  double worth(UnitIndex unit) const override { return keys_[to_number(unit)]; }
  bool displaces(UnitIndex unit, UnitIndex resident) const override {
    return worth(resident) < key_after_use(unit, 0);
  }
  std::vector<std::byte> save() const override;
  bool restore(std::span<const std::byte> state) override;

 protected:
  KeyedPolicy(uint32_t units, double never) : heap_(units), keys_(units, never) {}

  /// The key of `unit` if token `row` of this step demands it. Keys only grow.
  virtual double key_after_use(UnitIndex unit, size_t row) const = 0;
  /// Called after each use.
  virtual void count_use() {}
  /// What keys of now are relative to: save() and restore() keep their distance from it.
  virtual double now() const = 0;
  double never() const { return never_; }

 private:
  EvictionHeap heap_;
  std::vector<double> keys_;
  double never_ = keys_.empty() ? 0 : keys_[0];
};

}  // namespace sluice
