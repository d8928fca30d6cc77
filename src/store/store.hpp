// The store keeps units of weights in a fixed arena of slots and reads the missing ones from disk.
//
//   want(units)   announces demand: reads start at once, as far as slots and the reader's depth go
//   take()        hands out the next wanted unit as a Lease, waiting for its read if it must
//   hint(units)   a guess: read when nothing demanded waits; never pins, never a hit or a miss
//
// A wanted unit is admitted when a slot becomes its own: it is then counted as a hit (it was there,
// or already being read) or as a miss (its read starts), and stays pinned until its lease ends. A
// wanted list may be longer than the number of slots: the store works in waves, admitting in order
// as leases end; one slot is enough.
//
// Who leaves: the unit that the policy would miss least among those complete, not leased and not
// wanted. Units whose turn in the list is still to come leave only if nothing else can, the last
// in the list first, and then only to keep a few reads going (Order::given).
//
// Progress: take() returns, or fails, as long as the reader does, if the caller holds at most
// slots() - 1 leases (of this list and earlier ones together). Proof: a slot without a lease is
// empty or evictable (then the next unit is admitted into it), or its unit is wanted and complete
// (then it is handed out; in Order::given the oldest admitted unit is always among those read), or
// a read into it is in flight (then take() waits for it and asks again).
//
// Threads: one thread drives a store and ends its leases (their bytes may be read by many). Only
// checksums are summed up by a team, if there is one.
// Cost: all memory is allocated at open; want, take, hint and advance allocate nothing, unless an
// error has to be told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/for_each.hpp"
#include "io/file.hpp"
#include "io/reader.hpp"
#include "sluice/error.hpp"
#include "store/catalog.hpp"
#include "store/policy.hpp"

namespace sluice {

class Store;

/// A pinned, complete unit. Move-only; its end releases the pin. Must not outlive the store.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  explicit operator bool() const { return store_ != nullptr; }
  UnitIndex unit() const { return unit_; }
  /// First byte of a part, as it lies in the file; any address.
  const std::byte* part(size_t index) const { return parts_[index]; }

 private:
  friend class Store;
  Store* store_ = nullptr;
  UnitIndex unit_{};
  uint32_t slot_ = 0;
  std::array<const std::byte*, kMaxParts> parts_{};
};

/// In which order take() hands out a wanted list.
enum class Order {
  /// As listed: for results that are accumulated as they come. Admitted strictly in this order.
  given,
  /// As they become complete: for results kept apart until the end. Units that are resident at
  /// want() are admitted there and come first; the misses are admitted in list order and come as
  /// their reads arrive.
  ready,
};

struct StoreOptions {
  size_t slots = 0;              ///< at least 1
  std::span<std::byte> arena{};  ///< slots * slot_bytes(catalog), page aligned, outlives the store
  size_t alignment = 4096;       ///< of direct reads; the largest of all files
  /// Demanded reads in flight at most; 0: as many as the reader takes.
  size_t reads_in_flight = 0;
  bool verify = true;            ///< compare re-read units with the checksum of their first read
  ForEach team{};                ///< helps with the checksums; empty: nobody does
};

/// Counted, never estimated. Byte counts are what was asked of the disk, rounding included.
struct StoreStats {
  uint64_t hits = 0;        ///< demanded units that were resident, or already being read
  uint64_t misses = 0;      ///< demanded units that had to be read
  uint64_t hint_reads = 0;  ///< units read because of a hint
  uint64_t hint_used = 0;   ///< of those, demanded while resident
  uint64_t bytes_read = 0;
  uint64_t reads = 0;
  uint64_t slots_retired = 0;  ///< emptied for a limit; one that was used again counts again
  int64_t wait_ns = 0;            ///< take() and settle() waiting for reads
  int64_t flight_ns = 0;  ///< wall time with at least one read in flight, up to the last reap
};

/// For traces. Routes are told as Store::routed was told them; an access at the moment a wanted
/// unit is admitted.
struct StoreLog {
  std::function<void(const Demand& demand)> on_route;
  std::function<void(UnitIndex unit, bool hit)> on_access;
};

class Store {
 public:
  /// `catalog`, `files` and `reader` must outlive the store, which is the reader's only user
  /// meanwhile, but for who borrows it between settle() and the next call. Errors: invalid, if the
  /// arena is too small or misaligned; corrupt, if a unit reaches past the end of its file.
  static Result<std::unique_ptr<Store>> open(const Catalog& catalog, std::span<const File> files,
                                             Reader& reader, std::unique_ptr<Policy> policy,
                                             const StoreOptions& options);
  ~Store();

  /// Tells the policy which router choices the next want() comes from: it learns more from the
  /// lists of single tokens than from their union. Without it the wanted list counts as one
  /// token's.
  void routed(const Demand& demand);
  /// Demands `units`, distinct. A previous list must have been taken to its end or abandoned; its
  /// leases may still be held. Replaces what is left of the last hint.
  /// Errors: io, if reads cannot be submitted; the list is then abandoned.
  Result<void> want(std::span<const UnitIndex> units, Order order);
  /// The next unit of the list, of which something must remain. At most slots() - 1 leases may be
  /// held meanwhile. Errors: io or corrupt, naming file, offset and unit; invalid, if every slot is
  /// leased. The rest of the list is then abandoned and the store is ready for the next request.
  Result<Lease> take();
  /// Units left of the wanted list.
  size_t remaining() const;
  /// Forgets the rest of the wanted list. Reads in flight land in their slots. Leases stay valid.
  void abandon();

  /// Says that `units` may be wanted next. They are read in this order while no demanded read is
  /// queued or in flight, into empty slots or in place of units that the policy would rank below
  /// the hinted one, were it demanded now: with at most half of the reads that demands may have in
  /// flight, or, in a step of several tokens, whose guesses are sure and whose layers take long,
  /// with all that the reader takes. want(), take(), hint() and poll() are the moments at which
  /// such reads start. Errors in them are forgotten: a demand for the unit reads it again.
  void hint(std::span<const UnitIndex> units);
  /// Takes in what has arrived and starts what can start, without waiting: for long stretches of
  /// computing. An error comes with the next take().
  void poll();
  /// Tells the policy that a step (one token, or one chunk as long as its demands) has passed.
  void advance();

  /// The error that a unit's bytes deserve, as whoever used them found out: "FILE: UNIT at offset N
  /// WHAT".
  Error blame(UnitIndex unit, std::string_view what) const;

  /// Uses the first `limit` slots only (1 to those it was opened with), or more of them again. The
  /// units that the policy would keep longest stay; the memory of the other slots goes back to the
  /// system at once, or when a lease or a read still holds it, at its end. In the middle of a
  /// wanted list as well, at the price of reading again what the list has not come to. Cost: a copy
  /// of a unit for each one that must move.
  void set_slot_limit(size_t limit);
  /// Drops the hints and waits until no read is in flight. No list may be open. Whatever no lease
  /// holds beyond the limit is empty then. Errors: io, if the reader itself fails.
  Result<void> settle();
  /// Slots in use: the limit.
  size_t slots() const;
  /// Of those, slots without a unit.
  size_t empty_slots() const;
  /// Bytes of the slots in use that the system may not have given yet: nothing was put there.
  size_t untouched_bytes() const;
  /// Says that the first `bytes` of the arena have memory (host/prefault.hpp).
  void note_memory(size_t bytes);
  bool resident(UnitIndex unit) const;
  const StoreStats& stats() const;
  Policy& policy();
  void set_log(StoreLog log);

 private:
  friend class Lease;
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  void release(uint32_t slot);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
