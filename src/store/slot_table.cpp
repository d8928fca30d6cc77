#include "store/slot_table.hpp"

#include "base/check.hpp"

namespace sluice {

SlotTable::SlotTable(uint32_t units, uint32_t slots, Policy& policy)
    : policy_(policy), slots_(slots), slot_of_(units, kNoSlot) {
  empty_.reserve(slots);
  for (uint32_t slot = slots; slot > 0; --slot) empty_.push_back(slot - 1);
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
  empty_.push_back(index);
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
  if (slot.evictable() == slot.offered) return;
  if (slot.offered) return withdraw(index);
  policy_.insert(slot.unit);
  slot.offered = true;
}

void SlotTable::withdraw(uint32_t index) {
  if (slots_[index].offered) policy_.remove(slots_[index].unit);
  slots_[index].offered = false;
}

}  // namespace sluice
