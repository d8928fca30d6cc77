// Who leaves the cache, and who may stay. Pure: a policy sees the history of demands and gives each
// unit a key; the store evicts the smallest key. It does no I/O and knows no slots, so that replay
// of recorded traces drives the same code. Threads: used by one. Cost: eight bytes per unit.
//
// Keys do not age: the key of a unit changes in touch(unit) only, never because time passed. (A
// decayed count is kept as its logarithm plus the decay still to come, which has the same order.)
// So the store can keep its residents in a heap, and a miss costs a logarithm of the slots.
//
// Admission ("a newcomer worth less than every resident must not displace one") needs no verb of
// its own. Every read needs a slot, wanted or not, so there is always a slot whose unit is about to
// leave. A newcomer takes that slot, is used, and is then ranked among the residents by its own
// key: if it is worth less than all of them it is the next to leave, and nobody else moved. A cache
// of n + 1 slots that evicts the smallest key is a cache of n with admission and one scratch slot;
// with m reads in flight at once, m of the slots act as scratch. A policy whose newcomers always
// rank highest (LRU) has no admission. Measured: docs/experiments/2026-11-21-cache-replay.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/error.hpp"
#include "store/catalog.hpp"

namespace sluice {

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view name() const = 0;

  /// A token (or a chunk of tokens) has passed: time advances by one step.
  virtual void advance() = 0;
  /// `unit` was demanded now; called once per demand, hit or miss, resident or not.
  virtual void touch(UnitIndex unit) = 0;
  /// How much the policy wants to keep a unit, on a scale of its own: the smallest leaves first.
  virtual double key(UnitIndex unit) const = 0;
  /// The key that touch(unit) would give it now.
  virtual double key_after_touch(UnitIndex unit) const = 0;
};

/// Least recently used: the key is the number of the last demand.
std::unique_ptr<Policy> make_lru(uint32_t units);

/// A use count that halves every `half_life` steps and is kept for all units, resident or not
/// (ghosts): the key is its logarithm to base 2, plus the step in half-lives.
/// Source: design note "streaming", section 2.3 (EMA + admission).
std::unique_ptr<Policy> make_decayed_count(uint32_t units, double half_life);

/// By name: "lru", or "decayed" with the half-life of 8 steps that did best on recorded traces.
/// Errors: invalid, listing the names.
Result<std::unique_ptr<Policy>> make_policy(std::string_view name, uint32_t units);

}  // namespace sluice
