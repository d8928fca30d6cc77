#include "engine/governor.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace sluice {

namespace {

// Bounds of the cushions. A group whose limit is the budget itself leaves the plan's own slack only
// (docs/experiments/2026-11-21-process-memory.md), so its cushion must be small.
constexpr uint64_t kGroupCushionLeast = 2 * kMiB;
constexpr uint64_t kGroupCushionMost = 64 * kMiB;
constexpr uint64_t kMachineCushionLeast = 32 * kMiB;
constexpr uint64_t kMachineCushionMost = 256 * kMiB;
// Stalled for this share of the time since the last look: memory is being fought for.
constexpr double kStallShare = 0.1;
// The machine's stalls may be those of other groups; they count while it has less than this left.
constexpr uint64_t kMachineTightShare = 16;
// Stalls are judged over at least so long: a short one is no sign of anything.
constexpr int64_t kStallWindowNs = 250'000'000;
// Growing waits this long after the last sign of pressure, and goes in sixteenths of the plan, one
// in each such while.
constexpr int64_t kCalmNs = 2'000'000'000;
constexpr int64_t kGrowNs = 250'000'000;
constexpr uint64_t kStepShare = 16;
// Between two looks it counts what was filled, this often at most: half a megabyte of a fast disk.
constexpr int64_t kGlanceNs = 200'000;
// Memory is found so far ahead of its use: what a disk delivers in half a second or more. A short
// request should not make the system find all of a large budget
// (docs/experiments/2026-11-22-prefault.md).
constexpr uint64_t kAhead = kGiB;

uint64_t less(uint64_t a, uint64_t b) { return a - std::min(a, b); }

uint64_t cushion(const std::optional<uint64_t>& available, uint64_t budget, uint64_t least,
                 uint64_t most) {
  return std::clamp(less(available.value_or(0), budget) / 2, least, most);
}

// What is missing to have `wanted` available.
uint64_t shortfall(const std::optional<uint64_t>& available, uint64_t wanted) {
  return available ? less(wanted, *available) : 0;
}

// What is available beyond `wanted`.
uint64_t surplus(const std::optional<uint64_t>& available, uint64_t wanted) {
  return available ? less(*available, wanted) : ~uint64_t{0};
}

uint64_t grown(const std::optional<uint64_t>& now, const std::optional<uint64_t>& before) {
  return now && before ? less(*now, *before) : 0;
}

}  // namespace

GovernorRule::GovernorRule(const GovernorOptions& options)
    : options_(options),
      most_(options.slots),
      group_cushion_(cushion(options.at_open.group_available, options.budget_bytes,
                             kGroupCushionLeast, kGroupCushionMost)),
      machine_cushion_(cushion(options.at_open.machine_available, options.budget_bytes,
                               kMachineCushionLeast, kMachineCushionMost)),
      last_(options.at_open) {}

uint64_t GovernorRule::spare_at_open() const {
  const uint64_t rest = less(options_.budget_bytes, options_.arena.size());
  return std::min(surplus(options_.at_open.group_available, rest + group_cushion_),
                  surplus(options_.at_open.machine_available, rest + machine_cushion_));
}

// A limit that has fallen leaves less to spare than there was at open.
void GovernorRule::fit_cushion(const PressureReading& reading) {
  const PressureReading& open = options_.at_open;
  if (!open.group_limit || !open.group_available || !reading.group_limit) return;
  const uint64_t fallen = less(*open.group_limit, *reading.group_limit);
  group_cushion_ = cushion(less(*open.group_available, fallen), options_.budget_bytes,
                           kGroupCushionLeast, kGroupCushionMost);
}

bool GovernorRule::stalls(const PressureReading& reading, int64_t now_ns) {
  if (last_ns_ != 0 && now_ns - last_ns_ < kStallWindowNs) return false;
  const double passed_us = static_cast<double>(now_ns - last_ns_) / 1000;
  const bool first = last_ns_ == 0;
  const auto longest = static_cast<uint64_t>(kStallShare * passed_us);
  const bool group = grown(reading.group_stall_us, last_.group_stall_us) > longest;
  const bool machine = grown(reading.machine_stall_us, last_.machine_stall_us) > longest;
  const bool tight = reading.machine_total && reading.machine_available &&
                     *reading.machine_available < *reading.machine_total / kMachineTightShare;
  last_ = reading;
  last_ns_ = now_ns;
  return !first && (group || (machine && tight));
}

uint64_t GovernorRule::decide(const PressureReading& reading, uint64_t slots,
                              uint64_t untouched_bytes, int64_t now_ns) {
  const uint64_t floor = std::min(options_.floor_slots, options_.slots);
  const uint64_t step = std::max<uint64_t>(1, options_.slots / kStepShare);
  const auto in_slots = [&](uint64_t bytes) {
    return (bytes + options_.slot_bytes - 1) / options_.slot_bytes;
  };
  fit_cushion(reading);
  // A limit below the budget is known before it hurts: what it takes away goes at once.
  const uint64_t budget = align_down(options_.budget_bytes, kPage);
  const uint64_t cut = reading.group_limit ? less(budget, *reading.group_limit) : 0;
  const uint64_t most = std::max(floor, less(most_, in_slots(cut)));

  const uint64_t missing =
      std::max(shortfall(reading.group_available, group_cushion_ + untouched_bytes),
               shortfall(reading.machine_available, machine_cushion_ + untouched_bytes));
  uint64_t target = std::min(slots, most);
  if (missing > 0) {
    // Some more than is missing: whoever takes it has probably not finished. From the slots that
    // are there: what a fallen limit takes away is missing too, and is not taken twice.
    const uint64_t more = missing + std::min(missing, cushion_bytes());
    target = std::max(floor, std::min(target, less(slots, in_slots(more))));
  }
  if (stalls(reading, now_ns)) target = std::max(floor, less(target, step));
  if (target < slots || missing > 0) {
    calm_since_ns_ = now_ns;
    return std::min(target, slots);
  }
  if (slots >= most || now_ns - calm_since_ns_ < kCalmNs) return slots;
  if (now_ns - grown_ns_ < kGrowNs) return slots;
  const uint64_t spare =
      std::min(surplus(reading.group_available, 2 * group_cushion_ + untouched_bytes),
               surplus(reading.machine_available, 2 * machine_cushion_ + untouched_bytes));
  const uint64_t room = spare / options_.slot_bytes;
  grown_ns_ = now_ns;
  return std::min({slots + step, slots + room, most});
}

Governor::Governor(const GovernorOptions& options, Source source)
    : slots_(options.slots),
      slot_bytes_(options.slot_bytes),
      floor_slots_(std::min(options.floor_slots, options.slots)),
      rule_(options),
      source_(std::move(source)),
      prefaulter_(options.arena) {
  prefaulter_.reach(std::min(kAhead, rule_.spare_at_open()));
}

void Governor::note_found(Store& store) const {
  if (!prefaulter_.stopped()) store.note_memory(prefaulter_.begun());
}

uint64_t Governor::untouched_bytes(Store& store) const {
  note_found(store);
  return store.untouched_bytes();
}

void Governor::lend(Store& store, uint64_t slots) {
  const uint64_t all = this->slots(store);
  lent_ = slots;
  set_total(store, all);
}

void Governor::set_aside(Store& store, uint64_t slots) {
  const uint64_t freed = less(aside_, slots);
  const uint64_t most = slots_ - slots;
  SLUICE_CHECK(most >= lent_ + floor_slots_);
  aside_ = slots;
  rule_.set_most(most);
  const uint64_t all = std::min(this->slots(store) + freed, most);
  set_total(store, std::max(all, lent_ + floor_slots_));
}

void Governor::set_total(Store& store, uint64_t slots) {
  const uint64_t own = slots - lent_;
  note_found(store);  // while the prefaulter can still say it
  if (own < store.slots()) prefaulter_.keep_below(own * slot_bytes_);
  store.set_slot_limit(own);
}

void Governor::tick(Store& store, int64_t now_ns) {
  if (now_ns < next_ns_ && now_ns - glanced_ns_ < kGlanceNs) return;
  glanced_ns_ = now_ns;
  const bool filled = less(last_untouched_, untouched_bytes(store)) > rule_.cushion_bytes() / 2;
  if (now_ns < next_ns_ && !filled) return;
  next_ns_ = now_ns + kGovernorIntervalNs;
  const uint64_t slots = this->slots(store);
  // In this order: what the system finds in between would count twice in the other.
  const PressureReading reading = source_();
  const uint64_t decided = rule_.decide(reading, slots, untouched_bytes(store), now_ns);
  const uint64_t wanted = std::max(decided, lent_ + floor_slots_);  // what is lent stays lent
  if (wanted < slots) given_back_ += slots - wanted;
  if (wanted != slots) set_total(store, wanted);
  prefaulter_.reach((store.slots() - store.empty_slots()) * slot_bytes_ + kAhead);
  last_untouched_ = untouched_bytes(store);
}

}  // namespace sluice
