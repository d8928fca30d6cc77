// The inside of Store, for the files that implement it: store.cpp (demand, hints, reads) and
// store_limit.cpp (fewer slots, and more again). Threads, ownership and cost: as store.hpp says.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/fixed_queue.hpp"
#include "store/checksums.hpp"
#include "store/slot_table.hpp"
#include "store/store.hpp"
#include "store/unit_reads.hpp"

namespace sluice {

class Store::Impl {
 public:
  Impl(const Catalog& catalog, std::span<const File> files, Reader& reader,
       std::unique_ptr<Policy> policy, const StoreOptions& options)
      : catalog_(catalog),
        files_(files),
        policy_(std::move(policy)),
        table_(catalog.units(), static_cast<uint32_t>(options.slots), *policy_),
        reads_(catalog, files, reader, options, stats_),
        depth_(options.reads_in_flight == 0 ? reads_.depth() : options.reads_in_flight),
        listed_in_(catalog.units(), 0),
        ready_(options.slots) {
    if (options.verify) checksums_.emplace(catalog, options.team);
    list_.reserve(catalog.units());
    hints_.reserve(catalog.units());
    numbers_.reserve(catalog.units());
  }

  Result<void> want(std::span<const UnitIndex> units, Order order);
  Result<uint32_t> take();
  void release(uint32_t slot);
  void abandon();
  void hint(std::span<const UnitIndex> units);
  void poll();

  size_t remaining() const { return list_.size() - taken_; }
  void set_slot_limit(uint32_t limit);
  Result<void> settle();
  void routed(const Demand& demand);
  void advance();
  Policy& policy() { return *policy_; }
  void set_log(StoreLog log) { log_ = std::move(log); }
  Error blame(UnitIndex unit, std::string_view what) const;
  const StoreStats& stats() const { return stats_; }
  const SlotTable& table() const { return table_; }
  UnitReads& reads() { return reads_; }
  UnitIndex unit(uint32_t slot) const { return table_[slot].unit; }
  std::array<const std::byte*, kMaxParts> parts(uint32_t slot) const {
    return reads_.parts(slot, unit(slot));
  }

 private:
  Result<void> pump();
  Result<void> take_in(size_t minimum);
  void land(const UnitReads::Landed& landed);
  bool admit_next();
  void admit(uint32_t slot, bool hit);
  uint32_t slot_for_demand();
  uint32_t last_wanted_later() const;
  void read_hints();
  uint32_t slot_for_hint(UnitIndex unit) const;
  void cancel_queued();
  void retire_idle();
  bool make_room_for(uint32_t slot);
  void move_down(uint32_t slot);
  bool verify(uint32_t slot);
  Result<void> read_again();
  Error fail(Error error);

  const Catalog& catalog_;
  const std::span<const File> files_;
  const std::unique_ptr<Policy> policy_;
  StoreStats stats_;
  SlotTable table_;
  UnitReads reads_;
  const size_t depth_;  // demanded reads in flight at most
  std::optional<Checksums> checksums_;  // if reads are to be verified
  StoreLog log_;

  // The wanted list: [0, taken_) handed out, [taken_, next_) admitted, the rest still to come. (In
  // Order::ready units are handed out of turn, and the first two are only counts.)
  std::vector<UnitIndex> list_;
  Order order_ = Order::given;
  size_t next_ = 0;
  size_t taken_ = 0;
  uint32_t list_number_ = 0;
  std::vector<uint32_t> listed_in_;  // by unit: the last list that named it
  std::vector<uint32_t> numbers_;    // a wanted list that no router was named for
  bool routed_ = false;              // the policy knows of the next list
  size_t step_rows_ = 1;             // tokens of this step
  // Admitted slots in the order of their handing out. Order::given: all of them, complete or not.
  // Order::ready: the complete ones.
  FixedQueue<uint32_t> ready_;
  size_t demanded_reads_ = 0;  // admitted units that are not complete
  std::optional<Error> failure_;

  uint32_t leaving_end_ = 0;  // slots from the limit to here may still hold something

  std::vector<UnitIndex> hints_;
  size_t next_hint_ = 0;
  uint32_t hint_round_ = 0;
};

}  // namespace sluice
