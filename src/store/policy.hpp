// Who leaves the cache, and who may enter. Pure: a policy sees the history of accesses and answers
// questions; it does no I/O and knows no slots, so that replay of recorded traces drives the same
// code. Threads: used by one thread. Cost: memory proportional to the number of units.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
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
  /// The worst of `candidates` (resident, evictable; not empty): the one to evict first.
  virtual UnitIndex victim(std::span<const UnitIndex> candidates) const = 0;
  /// After its use, should `unit` stay at the expense of `victim`? Without admission always true.
  virtual bool admit(UnitIndex unit, UnitIndex victim) const = 0;
  /// How much the policy wants to keep a unit; larger stays longer. victim() is the argmin.
  virtual double score(UnitIndex unit) const = 0;
};

/// Least recently used.
std::unique_ptr<Policy> make_lru(uint32_t units);

/// A use count that halves every `half_life` steps and is kept for all units, resident or not
/// (ghosts), with admission: a newcomer that scores below the worst resident does not displace it.
/// Source: design note "streaming", section 2.3 (EMA + admission).
std::unique_ptr<Policy> make_decayed_count(uint32_t units, double half_life);

/// By name: "lru", "decayed". Errors: invalid, listing the names.
Result<std::unique_ptr<Policy>> make_policy(std::string_view name, uint32_t units);

}  // namespace sluice
