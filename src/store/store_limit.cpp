// How slots are given back while the store is in use.
#include <algorithm>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "store/store_impl.hpp"

namespace sluice {

void Store::Impl::set_slot_limit(uint32_t limit) {
  SLUICE_CHECK(limit >= 1 && limit <= table_.slots());
  leaving_end_ = std::max(leaving_end_, table_.limit());
  table_.set_limit(limit);
  retire_idle();
}

Result<void> Store::Impl::settle() {
  SLUICE_CHECK(remaining() == 0);
  hints_.clear();
  next_hint_ = 0;
  if (reads_.in_flight() == 0) return {};
  const int64_t start = now_ns();
  Result<void> taken;
  while (taken && reads_.in_flight() > 0) taken = take_in(1);
  stats_.wait_ns += now_ns() - start;
  return taken;
}

// Empties the slots beyond the limit that nobody uses and gives their memory back, in runs. A unit
// that a list will come to leaves as well: memory is wanted now, and it can be read again.
void Store::Impl::retire_idle() {
  if (leaving_end_ <= table_.limit()) return;
  uint32_t run = kNoSlot;  // where the current run of slots to give back begins
  uint32_t held_end = 0;
  for (uint32_t slot = table_.limit(); slot <= leaving_end_; ++slot) {
    bool leaves = false;
    if (slot < leaving_end_ && table_[slot].state != SlotState::retired) {
      if (table_[slot].idle()) make_room_for(slot) ? move_down(slot) : table_.vacate(slot);
      leaves = table_[slot].state == SlotState::empty;
      if (!leaves) held_end = slot + 1;
    }
    if (leaves) {
      table_.retire(slot);
      ++stats_.slots_retired;
      if (run == kNoSlot) run = slot;
    } else if (run != kNoSlot) {
      reads_.discard(run, slot);
      run = kNoSlot;
    }
  }
  leaving_end_ = held_end;
}

void Store::Impl::move_down(uint32_t slot) {
  reads_.copy(slot, table_.empty_slot());
  table_.move_to_empty(slot);
}

// Is there an empty slot for the unit of a slot that leaves? A unit worth less gives up its own.
bool Store::Impl::make_room_for(uint32_t slot) {
  if (table_.empty_slot() != kNoSlot) return true;
  const uint32_t victim = table_.victim();
  if (victim == kNoSlot) return false;
  if (policy_->worth(table_[victim].unit) >= policy_->worth(table_[slot].unit)) return false;
  table_.vacate(victim);
  return true;
}

}  // namespace sluice
