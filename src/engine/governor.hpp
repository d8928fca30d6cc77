// The memory governor: gives slots back while memory is tight and takes them again when it is not,
// without touching the request that runs. Slots change when bytes are read, never which are used.
// As long as none was given back, it has the system find the memory of slots ahead of their use.
// Slots that are out of use for other reasons, lent or set aside, are in its account as well.
//
// Memory is tight when less is left than a cushion: half of what machine or control group had to
// spare beyond the budget when the engine opened, or has since a limit fell, within bounds; when
// the group's limit has fallen below the budget; or when tasks stall for want of memory (PSI).
// Slots that have no memory yet count as used: they soon will be. Shrinking is immediate, in the
// middle of a layer too, but for what is lent to a chunk of a prompt; growing waits for calm and
// goes in small steps, so that the two do not chase each other. Threads: the engine's caller. Cost:
// one reading (tens of microseconds) each kGovernorIntervalNs, and each time that half a cushion of
// slots was filled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>

#include "host/prefault.hpp"
#include "host/pressure.hpp"
#include "store/store.hpp"

namespace sluice {

inline constexpr int64_t kGovernorIntervalNs = 20'000'000;

struct GovernorOptions {
  uint64_t budget_bytes = 0;
  uint64_t slots = 0;             ///< never more
  uint64_t floor_slots = 1;       ///< never fewer
  uint64_t slot_bytes = 0;
  PressureReading at_open;        ///< before anything was allocated
  /// Of the slots; must outlive the governor. Empty: nothing is found ahead.
  std::span<std::byte> arena;
};

/// The rule alone: pure, but for what it remembers of earlier readings.
class GovernorRule {
 public:
  explicit GovernorRule(const GovernorOptions& options);

  /// How many slots to have, from how many there are. `untouched_bytes` of them hold nothing yet:
  /// the system has not counted these.
  uint64_t decide(const PressureReading& reading, uint64_t slots, uint64_t untouched_bytes,
                  int64_t now_ns);
  /// Never more than so many slots from now on, until said otherwise.
  void set_most(uint64_t slots) { most_ = slots; }
  /// What was there at open beyond the cushions and what else the plan will take.
  uint64_t spare_at_open() const;
  /// The smaller of the two cushions.
  uint64_t cushion_bytes() const { return std::min(group_cushion_, machine_cushion_); }

 private:
  bool stalls(const PressureReading& reading, int64_t now_ns);
  void fit_cushion(const PressureReading& reading);

  const GovernorOptions options_;
  uint64_t most_ = 0;
  uint64_t group_cushion_ = 0;
  uint64_t machine_cushion_ = 0;
  PressureReading last_;       // when stalls were last judged
  int64_t last_ns_ = 0;
  int64_t calm_since_ns_ = 0;
  int64_t grown_ns_ = 0;
};

class Governor {
 public:
  using Source = std::function<PressureReading()>;

  Governor(const GovernorOptions& options, Source source);

  /// Looks and acts, if it is time.
  void tick(Store& store, int64_t now_ns);

  /// Takes so many slots, fewer than slots(), out of use for the caller, in place of those that it
  /// lent before: the last of the arena, whichever slots pressure has taken. Their memory has been
  /// given back; the caller puts something there at once, and gives it back before the slots.
  void lend(Store& store, uint64_t slots);
  uint64_t lent() const { return lent_; }
  /// Says that the memory of so many slots is used for something that lies elsewhere, in place of
  /// what was said before: these slots are out of use. Beyond what is lent, floor_slots must
  /// remain. More: the slots' memory has been given back when the store has settled.
  void set_aside(Store& store, uint64_t slots);
  uint64_t aside() const { return aside_; }
  /// Slots that pressure and what is aside left, lent ones included.
  uint64_t slots(const Store& store) const { return store.slots() + lent_; }
  /// Slots given back under pressure; one that was taken again and given back counts twice.
  uint64_t given_back() const { return given_back_; }

 private:
  void set_total(Store& store, uint64_t slots);
  void note_found(Store& store) const;
  uint64_t untouched_bytes(Store& store) const;

  const uint64_t slots_;
  const uint64_t slot_bytes_;
  const uint64_t floor_slots_;
  GovernorRule rule_;
  Source source_;
  int64_t next_ns_ = 0;
  int64_t glanced_ns_ = 0;
  uint64_t last_untouched_ = 0;
  uint64_t lent_ = 0;
  uint64_t aside_ = 0;
  uint64_t given_back_ = 0;
  Prefaulter prefaulter_;
};

}  // namespace sluice
