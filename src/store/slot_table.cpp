#include "store/slot_table.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace sluice {

SlotTable::SlotTable(uint32_t units, uint32_t slots, Policy& policy)
    : policy_(policy), slots_(slots), slot_of_(units, kNoSlot), limit_(0) {
  empty_.reserve(slots);
  set_limit(slots);
}

void SlotTable::set_limit(uint32_t limit) {
  const uint32_t before = std::exchange(limit_, limit);
  for (uint32_t slot = before; slot < limit; ++slot) {
    if (slots_[slot].state == SlotState::retired) slots_[slot].state = SlotState::empty;
  }
  empty_.clear();
  for (uint32_t slot = limit; slot > 0; --slot) {
    if (slots_[slot - 1].state == SlotState::empty) empty_.push_back(slot - 1);
  }
  for (uint32_t slot = std::min(before, limit); slot < std::max(before, limit); ++slot) {
    settle(slot);
  }
}

void SlotTable::assign(uint32_t index, UnitIndex unit) {
  Slot& slot = slots_[index];
  SLUICE_CHECK(find(unit) == kNoSlot && slot.leases == 0);
  if (slot.state == SlotState::empty) {
    SLUICE_CHECK(index == empty_.back());
    empty_.pop_back();
  } else {
    SLUICE_CHECK(slot.state == SlotState::resident && !slot.wanted);
    withdraw(index);
    slot_of_[to_number(slot.unit)] = kNoSlot;
  }
  slot = Slot{};
  slot.unit = unit;
  slot.state = SlotState::reading;
  slot_of_[to_number(unit)] = index;
}

void SlotTable::vacate(uint32_t index) {
  Slot& slot = slots_[index];
  SLUICE_CHECK(slot.state != SlotState::empty && slot.leases == 0);
  withdraw(index);
  if (slot.state != SlotState::draining) slot_of_[to_number(slot.unit)] = kNoSlot;
  slot = Slot{};
  if (index < limit_) empty_.push_back(index);
}

void SlotTable::move_to_empty(uint32_t from) {
  SLUICE_CHECK(slots_[from].state == SlotState::resident && slots_[from].leases == 0);
  const uint32_t to = empty_.back();
  empty_.pop_back();
  withdraw(from);
  slots_[to] = slots_[from];
  slot_of_[to_number(slots_[to].unit)] = to;
  slots_[from] = Slot{};
  if (from < limit_) empty_.push_back(from);
  settle(to);
}

void SlotTable::retire(uint32_t slot) {
  SLUICE_CHECK(slot >= limit_ && slots_[slot].state == SlotState::empty);
  slots_[slot].state = SlotState::retired;
}

void SlotTable::detach(uint32_t index) {
  Slot& slot = slots_[index];
  SLUICE_CHECK(slot.state == SlotState::reading);
  slot_of_[to_number(slot.unit)] = kNoSlot;
  slot = Slot{};
  slot.state = SlotState::draining;
}

void SlotTable::settle(uint32_t index) {
  Slot& slot = slots_[index];
  if ((slot.evictable() && index < limit_) == slot.offered) return;
  if (slot.offered) return withdraw(index);
  policy_.insert(slot.unit);
  slot.offered = true;
}

void SlotTable::withdraw(uint32_t index) {
  if (slots_[index].offered) policy_.remove(slots_[index].unit);
  slots_[index].offered = false;
}

}  // namespace sluice
