// The store keeps units of weights in a fixed arena of slots and reads the missing ones from disk.
//
//   want(units)   announces demand: reads start at once, as far as slots and the reader's depth go
//   take()        hands out the next wanted unit as a Lease, waiting for its read if it must
//   hint(units)   a guess: read when nothing demanded waits; never pins, never counts as hit or miss
//
// A wanted list may be longer than the number of slots: the store works in waves, and a slot is
// reused as soon as its lease ends. Threads: one thread drives a store (leases may be read by many).
// Cost: all memory is allocated at open; want, take and hint allocate nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

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
  given,  ///< as listed: for results that are accumulated as they come
  ready,  ///< residents first, then as reads arrive: for results kept apart until the end
};

struct StoreOptions {
  size_t slots = 0;                  ///< at least 1
  std::span<std::byte> arena;        ///< slots * slot_bytes(catalog), page aligned, outlives the store
  size_t alignment = 4096;           ///< of direct reads; the largest of all files
  bool verify = true;                ///< compare re-read units with the checksum of their first read
};

/// Counted, never estimated. Byte counts are what was asked of the disk, rounding included.
struct StoreStats {
  uint64_t hits = 0;           ///< demanded units that were resident (or already being read by a hint)
  uint64_t misses = 0;         ///< demanded units that had to be read
  uint64_t hint_reads = 0;     ///< units read because of a hint
  uint64_t hint_used = 0;      ///< of those, demanded while resident
  uint64_t bytes_read = 0;
  uint64_t reads = 0;
  int64_t wait_ns = 0;         ///< take() waiting for reads
  int64_t flight_ns = 0;       ///< wall time with at least one read in flight
};

/// One demand, for traces: called at the moment a wanted unit is admitted.
using AccessLog = std::function<void(UnitIndex unit, bool hit)>;

class Store {
 public:
  /// `catalog`, `files` and `reader` must outlive the store. Errors: invalid, if the arena is too
  /// small or misaligned.
  static Result<std::unique_ptr<Store>> open(const Catalog& catalog, std::span<const File> files,
                                             Reader& reader, std::unique_ptr<Policy> policy,
                                             const StoreOptions& options);
  ~Store();

  /// Demands `units`, distinct. A previous list must have been taken to its end or abandoned.
  /// Errors: io, if reads cannot be submitted.
  Result<void> want(std::span<const UnitIndex> units, Order order);
  /// The next unit of the list. At most slots() - 1 leases of one list may be held while taking
  /// another. Errors: io or corrupt, naming file, offset and unit; the rest of the list is then
  /// abandoned and the store is ready for the next request.
  Result<Lease> take();
  /// Units left of the wanted list.
  size_t remaining() const;
  /// Forgets the rest of the wanted list. Reads in flight land in their slots.
  void abandon();

  void hint(std::span<const UnitIndex> units);
  /// Tells the policy that a step (one token, or one chunk) has passed.
  void advance();

  size_t slots() const;
  bool resident(UnitIndex unit) const;
  const StoreStats& stats() const;
  void set_access_log(AccessLog log);

 private:
  friend class Lease;
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  void release(uint32_t slot);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
