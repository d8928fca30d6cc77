// The reads of units: turns "this unit into that slot" into one request per part, keeps the reader
// busy, and reports slots whose requests have all come back. Knows nothing of who wants a unit or
// why. Threads: used by one. Ownership: catalog, files, reader, arena and stats must outlive it; it
// must be the reader's only user. Cost: all memory allocated when built.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/fixed_queue.hpp"
#include "io/file.hpp"
#include "io/reader.hpp"
#include "sluice/error.hpp"
#include "store/catalog.hpp"
#include "store/store.hpp"

namespace sluice {

class UnitReads {
 public:
  /// A slot none of whose reads is in flight any more.
  struct Landed {
    uint32_t slot = 0;
    bool complete = false;  ///< every part arrived; otherwise failure() tells what did not
  };

  UnitReads(const Catalog& catalog, std::span<const File> files, Reader& reader,
            const StoreOptions& options, StoreStats& stats);
  /// Waits for reads in flight: they land in the arena, which belongs to others.
  ~UnitReads();
  UnitReads(const UnitReads&) = delete;
  UnitReads& operator=(const UnitReads&) = delete;

  /// Queues the reads of `unit` into `slot`, which has none.
  void enqueue(uint32_t slot, UnitIndex unit);
  /// Submits queued reads, in order, as far as the reader's depth goes. Errors: io, if the system
  /// refuses; the reads then stay queued.
  Result<void> submit();
  /// Takes in what has arrived, waiting for at least `minimum` reads (if that many are in flight).
  /// The span is valid until the next call. Errors: io, if the reader itself fails.
  Result<std::span<const Landed>> collect(size_t minimum);
  /// Drops what was not submitted. The span lists the slots with nothing in flight, valid until the
  /// next call; the others land later, incomplete.
  std::span<const Landed> cancel_queued();

  /// What kept the unit of an incomplete slot from arriving, naming file, offset and unit.
  Error failure(uint32_t slot) const;
  /// Where the parts of `unit` begin if it lies in `slot`.
  std::array<const std::byte*, kMaxParts> parts(uint32_t slot, UnitIndex unit) const;

  /// Copies what lies in a slot to another; no reads into either may be in flight.
  void copy(uint32_t from, uint32_t to);
  /// Gives the memory of slots [first, end), which is whole pages, back to the system. It comes
  /// back, as zeros, when it is written to.
  void discard(uint32_t first, uint32_t end);

  /// The first `bytes` of the arena have memory.
  void note_memory(size_t bytes);
  /// Bytes of the first `slots` that may have no memory yet.
  size_t untouched_bytes(size_t slots);

  size_t in_flight() const { return in_flight_; }
  /// Does the unit in `slot` still have reads that were not submitted?
  bool is_queued(uint32_t slot) const { return progress_[slot].submitted < progress_[slot].parts; }
  /// Reads queued and not submitted.
  size_t queued() const { return queued_; }
  size_t depth() const { return reader_.depth(); }

 private:
  // The reads into one slot.
  struct Progress {
    UnitIndex unit{};
    uint8_t parts = 0;
    uint8_t submitted = 0;
    uint8_t landed = 0;
    uint8_t failed_part = 0;
    bool failed = false;
    Completion failure{};

    bool over() const { return landed == submitted && (submitted == parts || failed); }
  };
  // A part's bytes in the file, rounded outwards, and where they go in the slot.
  struct Region {
    size_t slot_offset = 0;
    uint64_t file_offset = 0;
    size_t bytes = 0;   ///< to read
    size_t lead = 0;    ///< of those, before the part
    size_t needed = 0;  ///< lead and part
    FileIndex file{};
  };
  using Regions = std::array<Region, kMaxParts>;

  Regions layout(UnitIndex unit) const;
  std::byte* slot_memory(uint32_t slot) const { return arena_.data() + slot * slot_bytes_; }
  void land(const Completion& completion);

  const Catalog& catalog_;
  const std::span<const File> files_;
  Reader& reader_;
  const std::span<std::byte> arena_;
  const size_t slot_bytes_;
  const size_t alignment_;
  StoreStats& stats_;
  size_t in_flight_ = 0;
  size_t queued_ = 0;
  int64_t busy_since_ns_ = 0;
  std::vector<Progress> progress_;  // by slot
  std::vector<bool> touched_;       // by slot: has memory
  size_t touched_end_ = 0;          // slots before it are touched
  size_t found_bytes_ = 0;          // of the arena: have memory, used or not
  FixedQueue<uint32_t> waiting_;    // slots with parts not submitted
  std::vector<ReadRequest> batch_;
  std::vector<Completion> completions_;
  std::vector<Landed> landed_;
};

}  // namespace sluice
