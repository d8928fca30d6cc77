// Who leaves the cache, and who may stay. A policy sees what is demanded and which units could be
// evicted, and names the one to evict. It does no I/O and knows no slots, so that replay of
// recorded traces drives the same code. Threads: used by one. Cost: memory_bytes(), allocated when
// built; every verb is cheap beside reading or computing a unit.
//
// Admission ("a newcomer worth less than every resident must not displace one") needs no verb of
// its own. Every read needs a slot, wanted or not, so there is always a slot whose unit is about to
// leave. A newcomer takes that slot, is used, and is then ranked among the residents by its own
// worth: if it is worth less than all of them it is the next to leave, and nobody else moved. A
// cache of n + 1 slots that evicts the least unit is a cache of n with admission and one scratch
// slot; with m reads in flight at once, m of the slots act as scratch. A policy whose newcomers
// always rank highest (LRU) has no admission. Measured:
// docs/experiments/2026-11-21-cache-replay.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "store/catalog.hpp"

namespace sluice {

/// What one layer's router chose, for one token or a chunk of them: `choices` [rows, per_row], each
/// counted from `first`, strongest first where the caller knows. Borrowed for the call.
struct Demand {
  UnitIndex first{};
  std::span<const uint32_t> choices;
  size_t per_row = 0;
  std::span<const float> weights;  ///< of the router, the same shape; may be empty

  size_t rows() const { return per_row == 0 ? 0 : choices.size() / per_row; }
  UnitIndex unit(size_t i) const { return UnitIndex{to_number(first) + choices[i]}; }
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view name() const = 0;
  virtual size_t memory_bytes() const = 0;

  /// A layer chose its units. Called once per layer and step, before any of them is looked for.
  virtual void demand(const Demand& demand) = 0;
  /// A step is over: as many tokens as its demands had rows.
  virtual void advance(size_t rows) = 0;
  /// These units will probably be demanded when their layer comes next. A guess.
  virtual void expect(std::span<const UnitIndex> units) = 0;

  /// `unit` may be evicted from now on, or no longer.
  virtual void insert(UnitIndex unit) = 0;
  virtual void remove(UnitIndex unit) = 0;
  /// The unit to evict first of those that may be; none if there is none. Of equals always the same
  /// one, so that replays repeat.
  virtual std::optional<UnitIndex> victim() = 0;
  /// How much the policy wants to keep a unit just now, on a scale of its own: the least leaves
  /// first.
  virtual double worth(UnitIndex unit) const = 0;
  /// Would `unit`, were it demanded in its layer's next turn, be worth more than `resident`?
  virtual bool displaces(UnitIndex unit, UnitIndex resident) const = 0;

  /// What the policy knows, to be continued in another process by the same policy over the same
  /// catalogue: at most a few hundred kilobytes.
  virtual std::vector<std::byte> save() const = 0;
  /// Takes back what save() gave, before the first demand. False, and nothing changed, if it is not
  /// that; it may come from a damaged or hostile file.
  virtual bool restore(std::span<const std::byte> state) = 0;
};

/// Least recently used: a unit's worth is the number of its last demand.
std::unique_ptr<Policy> make_lru(uint32_t units);

/// A use count that halves every `half_life` tokens and is kept for all units, resident or not
/// (ghosts): the worth is its logarithm to base 2, plus the token in half-lives.
/// Source: design note "streaming", section 2.3 (EMA + admission).
std::unique_ptr<Policy> make_decayed_count(uint32_t units, double half_life);

/// Popularity, what followed similar routing before, and the time until the layer's next turn; see
/// policy_hazard.cpp. `catalog` is not kept.
std::unique_ptr<Policy> make_hazard(const Catalog& catalog);

/// By name: "hazard", "decayed" with a half-life of 8 tokens, or "lru".
/// Errors: invalid, listing the names.
Result<std::unique_ptr<Policy>> make_policy(std::string_view name, const Catalog& catalog);

}  // namespace sluice
