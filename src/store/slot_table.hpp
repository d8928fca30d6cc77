// Which unit lies in which slot, and which slot may be given to another. Holds no bytes and starts
// no reads. Threads: used by one. Cost: all memory allocated when built; a slot is found at once, a
// victim as fast as the policy names one.
#pragma once

#include <cstdint>
#include <vector>

#include "store/catalog.hpp"
#include "store/policy.hpp"

namespace sluice {

inline constexpr uint32_t kNoSlot = ~uint32_t{0};

enum class SlotState : uint8_t {
  empty,
  reading,   ///< reads of its unit are queued or in flight
  resident,  ///< its unit is complete
  draining,  ///< reads nobody waits for are still in flight into it; it has no unit
  retired,   ///< beyond the limit, without a unit: its memory has been given back
};

struct Slot {
  UnitIndex unit{};
  uint32_t leases = 0;
  uint32_t hint_round = 0;  ///< the hint() that had it read
  SlotState state = SlotState::empty;
  bool wanted = false;      ///< admitted to the wanted list and not yet handed out
  bool later = false;       ///< in the wanted list, its turn still to come
  bool hinted = false;      ///< read because of a hint and not demanded since
  bool unasked = false;     ///< no demand that still stands had it read
  bool unverified = false;  ///< read and not yet checked against its checksum
  bool offered = false;     ///< the policy knows that it may be evicted

  /// Complete, and nobody is using it or next to use it.
  bool idle() const { return state == SlotState::resident && leases == 0 && !wanted; }
  /// Idle, and no list will come to it.
  bool evictable() const { return idle() && !later; }
};

class SlotTable {
 public:
  /// `policy` must outlive the table.
  SlotTable(uint32_t units, uint32_t slots, Policy& policy);

  uint32_t slots() const { return static_cast<uint32_t>(slots_.size()); }
  /// Slots from the limit on take no unit and are not offered to the policy; what they hold stays
  /// until retire() or move_to_empty().
  uint32_t limit() const { return limit_; }
  void set_limit(uint32_t limit);
  const Slot& operator[](uint32_t slot) const { return slots_[slot]; }
  /// For changes of what evictable() looks at, call settle() afterwards.
  Slot& operator[](uint32_t slot) { return slots_[slot]; }
  /// The slot that holds or reads `unit`, or kNoSlot.
  uint32_t find(UnitIndex unit) const { return slot_of_[to_number(unit)]; }

  /// The slot to use next without losing anything (an empty one), or kNoSlot.
  uint32_t empty_slot() const { return empty_.empty() ? kNoSlot : empty_.back(); }
  size_t empty_slots() const { return empty_.size(); }
  /// The evictable slot whose unit the policy would give up first, or kNoSlot.
  uint32_t victim() const {
    const auto unit = policy_.victim();
    return unit ? find(*unit) : kNoSlot;
  }

  /// Gives a slot (the empty one, or a resident without leases) to `unit`, to be read.
  void assign(uint32_t slot, UnitIndex unit);
  /// Takes the unit out of a slot that has no leases; the slot becomes empty.
  void vacate(uint32_t slot);
  /// Moves the unit of a resident slot without leases to the empty slot.
  void move_to_empty(uint32_t slot);
  /// Marks an empty slot beyond the limit as having no memory.
  void retire(uint32_t slot);
  /// Takes the unit out of a slot whose reads are still in flight.
  void detach(uint32_t slot);
  /// Tells the policy whether the slot's unit may be evicted, after a change to the slot.
  void settle(uint32_t slot);

 private:
  void withdraw(uint32_t slot);

  Policy& policy_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> slot_of_;
  std::vector<uint32_t> empty_;  // below the limit
  uint32_t limit_;
};

}  // namespace sluice
