#include "store/store.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "store/store_checks.hpp"
#include "store/store_impl.hpp"

namespace sluice {

namespace {

// In Order::given, residents whose turn is still to come are given up for reading ahead only while
// fewer than this many units are admitted. Each of them costs a second read later, so no more than
// what keeps a disk busy: 2 to 4 large requests in flight (design note "streaming", section 1.3).
constexpr size_t kDisplacingReads = 4;

}  // namespace

void Store::Impl::routed(const Demand& demand) {
  SLUICE_CHECK(demand.rows() > 0);
  if (log_.on_route) log_.on_route(demand);
  policy_->demand(demand);
  step_rows_ = std::max(step_rows_, demand.rows());
  routed_ = true;
}

void Store::Impl::advance() {
  policy_->advance(step_rows_);
  step_rows_ = 1;
}

Result<void> Store::Impl::want(std::span<const UnitIndex> units, Order order) {
  SLUICE_CHECK(remaining() == 0);
  ++list_number_;
  for (const UnitIndex unit : units) {
    SLUICE_CHECK(to_number(unit) < catalog_.units());
    SLUICE_CHECK(listed_in_[to_number(unit)] != list_number_);
    listed_in_[to_number(unit)] = list_number_;
  }
  if (!routed_ && !units.empty()) {
    numbers_.clear();
    for (const UnitIndex unit : units) numbers_.push_back(to_number(unit));
    routed({.first = UnitIndex{0}, .choices = numbers_, .per_row = units.size(), .weights = {}});
  }
  routed_ = false;
  hints_.clear();
  next_hint_ = 0;
  failure_.reset();
  list_.clear();
  next_ = taken_ = 0;
  order_ = order;
  if (order == Order::given) {
    list_.assign(units.begin(), units.end());
    for (const UnitIndex unit : units) {
      const uint32_t slot = table_.find(unit);
      if (slot == kNoSlot) continue;
      table_[slot].later = true;
      table_.settle(slot);
    }
  } else {
    for (const UnitIndex unit : units) {
      if (table_.find(unit) != kNoSlot) list_.push_back(unit);
    }
    const size_t residents = list_.size();
    for (const UnitIndex unit : units) {
      if (table_.find(unit) == kNoSlot) list_.push_back(unit);
    }
    while (next_ < residents) admit(table_.find(list_[next_]), true);
  }
  if (auto pumped = pump(); !pumped) return fail(std::move(pumped.error()));
  return {};
}

Result<uint32_t> Store::Impl::take() {
  SLUICE_CHECK(remaining() > 0);
  for (;;) {
    if (auto pumped = pump(); !pumped) return fail(std::move(pumped.error()));
    if (failure_) return fail(std::move(*failure_));
    if (!ready_.empty() && table_[ready_.front()].state == SlotState::resident) {
      if (verify(ready_.front())) break;
      SLUICE_TRY(read_again());
      continue;
    }
    if (reads_.in_flight() == 0) {
      SLUICE_CHECK(next_ < list_.size());
      return fail(Error{Code::invalid, "all " + std::to_string(table_.limit()) +
                                           " slots are leased: no room for " +
                                           catalog_.describe(list_[next_])});
    }
    const int64_t begin_ns = now_ns();
    auto waited = take_in(1);
    stats_.wait_ns += now_ns() - begin_ns;
    if (!waited) return fail(std::move(waited.error()));
  }
  const uint32_t slot = ready_.pop();
  table_[slot].wanted = false;
  ++table_[slot].leases;
  ++taken_;
  return slot;
}

void Store::Impl::release(uint32_t slot) {
  SLUICE_CHECK(table_[slot].leases > 0);
  --table_[slot].leases;
  table_.settle(slot);
  retire_idle();
}

// Everything that can go on without waiting.
Result<void> Store::Impl::pump() {
  SLUICE_TRY(take_in(0));
  while (!failure_) {
    bool admitted = false;
    while (admit_next()) admitted = true;
    SLUICE_TRY(reads_.submit());
    if (!admitted) break;
  }
  read_hints();
  return {};
}

Result<void> Store::Impl::take_in(size_t minimum) {
  SLUICE_LET(const auto landed, reads_.collect(minimum));
  for (const UnitReads::Landed& one : landed) land(one);
  retire_idle();
  return {};
}

void Store::Impl::land(const UnitReads::Landed& landed) {
  Slot& slot = table_[landed.slot];
  const bool wanted = slot.wanted;
  if (wanted) --demanded_reads_;
  if (!landed.complete || slot.state == SlotState::draining) {
    if (wanted && !failure_) failure_ = reads_.failure(landed.slot);
    table_.vacate(landed.slot);
    return;
  }
  slot.state = SlotState::resident;
  slot.unverified = checksums_.has_value();
  if (wanted && order_ == Order::ready) ready_.push(landed.slot);
  table_.settle(landed.slot);
}

// Admits the next unit of the list if there is a slot for it; false if not.
bool Store::Impl::admit_next() {
  if (next_ == list_.size()) return false;
  const UnitIndex unit = list_[next_];
  uint32_t slot = table_.find(unit);
  const bool hit = slot != kNoSlot;
  if (!hit) {
    // A victim is chosen when its successor's read can start, not earlier.
    if (reads_.in_flight() + reads_.queued() >= depth_) return false;
    slot = slot_for_demand();
    if (slot == kNoSlot) return false;
    table_.assign(slot, unit);
    reads_.enqueue(slot, unit);
  }
  admit(slot, hit);
  return true;
}

// Makes `slot`, which holds or reads the next unit of the list, that unit's own.
void Store::Impl::admit(uint32_t index, bool hit) {
  Slot& slot = table_[index];
  slot.wanted = true;
  slot.later = false;
  table_.settle(index);
  ++(hit ? stats_.hits : stats_.misses);
  if (slot.hinted) ++stats_.hint_used;
  slot.hinted = false;
  const bool complete = slot.state == SlotState::resident;
  if (!complete) ++demanded_reads_;
  if (complete || order_ == Order::given) ready_.push(index);
  ++next_;
  if (log_.on_access) log_.on_access(slot.unit, hit);
}

uint32_t Store::Impl::slot_for_demand() {
  if (const uint32_t slot = table_.empty_slot(); slot != kNoSlot) return slot;
  if (const uint32_t slot = table_.victim(); slot != kNoSlot) return slot;
  if (order_ == Order::ready || ready_.size() >= kDisplacingReads) return kNoSlot;
  return last_wanted_later();
}

// The complete unit whose turn in the list is furthest away: what an optimal cache gives up. Its
// slot must be one of those that may be used again.
uint32_t Store::Impl::last_wanted_later() const {
  for (size_t position = list_.size(); position > next_ + 1; --position) {
    const uint32_t slot = table_.find(list_[position - 1]);
    if (slot < table_.limit() && table_[slot].idle()) return slot;
  }
  return kNoSlot;
}

void Store::Impl::hint(std::span<const UnitIndex> units) {
  hints_.assign(units.begin(), units.begin() + std::min(units.size(), hints_.capacity()));
  next_hint_ = 0;
  ++hint_round_;
  for (const UnitIndex unit : hints_) SLUICE_CHECK(to_number(unit) < catalog_.units());
  policy_->expect(hints_);
  read_hints();
}

void Store::Impl::poll() {
  auto pumped = pump();
  if (!pumped && remaining() > 0 && !failure_) failure_ = std::move(pumped.error());
}

void Store::Impl::read_hints() {
  const size_t room = step_rows_ > 1 ? reads_.depth() : depth_ / 2;
  const bool idle = next_ == list_.size() && reads_.queued() == 0 && demanded_reads_ == 0;
  while (idle && next_hint_ < hints_.size()) {
    const UnitIndex unit = hints_[next_hint_];
    if (table_.find(unit) == kNoSlot) {
      if (reads_.in_flight() + catalog_.parts(unit) > room) return;
      const uint32_t slot = slot_for_hint(unit);
      if (slot == kNoSlot) return;
      table_.assign(slot, unit);
      table_[slot].hinted = true;
      table_[slot].unasked = true;
      table_[slot].hint_round = hint_round_;
      reads_.enqueue(slot, unit);
      ++stats_.hint_reads;
      if (!reads_.submit()) {
        hints_.clear();
        return cancel_queued();
      }
    }
    ++next_hint_;
  }
}

uint32_t Store::Impl::slot_for_hint(UnitIndex unit) const {
  if (const uint32_t slot = table_.empty_slot(); slot != kNoSlot) return slot;
  const uint32_t victim = table_.victim();
  if (victim == kNoSlot) return kNoSlot;
  // One hint does not undo another of the same call.
  if (table_[victim].hinted && table_[victim].hint_round == hint_round_) return kNoSlot;
  return policy_->displaces(unit, table_[victim].unit) ? victim : kNoSlot;
}

void Store::Impl::cancel_queued() {
  // What nobody reads any more must not be taken for a read under way.
  for (uint32_t slot = 0; slot < table_.slots(); ++slot) {
    if (table_[slot].state == SlotState::reading && reads_.is_queued(slot)) table_.detach(slot);
  }
  for (const UnitReads::Landed& landed : reads_.cancel_queued()) table_.vacate(landed.slot);
}

void Store::Impl::abandon() {
  failure_.reset();
  if (remaining() == 0) return;
  list_.clear();
  next_ = taken_ = 0;
  ready_.clear();
  demanded_reads_ = 0;
  cancel_queued();
  for (uint32_t slot = 0; slot < table_.slots(); ++slot) {
    table_[slot].wanted = table_[slot].later = false;
    table_[slot].unasked = true;  // by the next list
    table_.settle(slot);
  }
  retire_idle();
}

Error Store::Impl::fail(Error error) {
  abandon();
  return error;
}

bool Store::Impl::verify(uint32_t slot) {
  if (!table_[slot].unverified) return true;
  table_[slot].unverified = false;
  return checksums_->matches(table_[slot].unit, parts(slot).data());
}

// The next unit to hand out is not what it was before. If its read was no part of this demand, that
// was a guess that failed: it is forgotten, and the unit is read now.
Result<void> Store::Impl::read_again() {
  const uint32_t index = ready_.front();
  Slot& slot = table_[index];
  if (!slot.unasked) {
    const UnitIndex unit = slot.unit;
    ready_.pop();
    slot.wanted = false;
    table_.vacate(index);
    return fail(
        blame(unit, "read differently than before (checksum): the disk or memory is failing"));
  }
  if (order_ == Order::ready) ready_.pop();  // it comes again when it has been read
  slot.unasked = false;
  slot.state = SlotState::reading;
  ++demanded_reads_;
  reads_.enqueue(index, slot.unit);
  return {};
}

Error Store::Impl::blame(UnitIndex unit, std::string_view what) const {
  const Extent extent = catalog_.extent(unit, 0);
  return Error{Code::corrupt, files_[static_cast<size_t>(extent.file)].path() + ": " +
                                  catalog_.describe(unit) + " at offset " +
                                  std::to_string(extent.offset) + " " + std::string(what)};
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const Catalog& catalog, std::span<const File> files,
                                           Reader& reader, std::unique_ptr<Policy> policy,
                                           const StoreOptions& options) {
  SLUICE_TRY(check_options(catalog, files, options));
  SLUICE_TRY(check_extents(catalog, files));
  auto impl = std::make_unique<Impl>(catalog, files, reader, std::move(policy), options);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<void> Store::want(std::span<const UnitIndex> units, Order order) {
  return impl_->want(units, order);
}

Result<Lease> Store::take() {
  SLUICE_LET(const uint32_t slot, impl_->take());
  Lease lease;
  lease.store_ = this;
  lease.unit_ = impl_->unit(slot);
  lease.slot_ = slot;
  lease.parts_ = impl_->parts(slot);
  return lease;
}

size_t Store::remaining() const {
  return impl_->remaining();
}
void Store::abandon() {
  impl_->abandon();
}
void Store::hint(std::span<const UnitIndex> units) {
  impl_->hint(units);
}
void Store::poll() {
  impl_->poll();
}
void Store::routed(const Demand& demand) {
  impl_->routed(demand);
}
void Store::advance() {
  impl_->advance();
}
Error Store::blame(UnitIndex unit, std::string_view what) const {
  return impl_->blame(unit, what);
}
void Store::set_slot_limit(size_t limit) {
  impl_->set_slot_limit(static_cast<uint32_t>(limit));
}
Result<void> Store::settle() {
  return impl_->settle();
}
size_t Store::slots() const {
  return impl_->table().limit();
}
size_t Store::empty_slots() const {
  return impl_->table().empty_slots();
}
size_t Store::untouched_bytes() const {
  return impl_->reads().untouched_bytes(slots());
}
void Store::note_memory(size_t bytes) {
  impl_->reads().note_memory(bytes);
}
const StoreStats& Store::stats() const {
  return impl_->stats();
}
Policy& Store::policy() {
  return impl_->policy();
}
void Store::set_log(StoreLog log) {
  impl_->set_log(std::move(log));
}
void Store::release(uint32_t slot) {
  impl_->release(slot);
}

bool Store::resident(UnitIndex unit) const {
  const uint32_t slot = impl_->table().find(unit);
  return slot != kNoSlot && impl_->table()[slot].state == SlotState::resident;
}

}  // namespace sluice
