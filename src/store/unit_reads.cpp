#include "store/unit_reads.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/pages.hpp"

namespace sluice {

namespace {
uint64_t make_tag(uint32_t slot, size_t part) {
  return uint64_t{slot} * kMaxParts + part;
}
}  // namespace

UnitReads::UnitReads(const Catalog& catalog, std::span<const File> files, Reader& reader,
                     const StoreOptions& options, StoreStats& stats)
    : catalog_(catalog),
      files_(files),
      reader_(reader),
      arena_(options.arena),
      slot_bytes_(catalog.slot_bytes(options.alignment)),
      alignment_(options.alignment),
      stats_(stats),
      progress_(options.slots),
      touched_(options.slots),
      waiting_(options.slots),
      completions_(reader.depth()) {
  batch_.reserve(reader.depth());
  landed_.reserve(std::max(options.slots, reader.depth()));
}

UnitReads::~UnitReads() {
  cancel_queued();
  // A reader that can no longer say what is in flight leaves no safe way on.
  while (in_flight_ > 0) SLUICE_CHECK(collect(1));
}

UnitReads::Regions UnitReads::layout(UnitIndex unit) const {
  Regions regions;
  size_t slot_offset = 0;
  for (size_t part = 0; part < catalog_.parts(unit); ++part) {
    const Extent extent = catalog_.extent(unit, part);
    const size_t alignment = files_[static_cast<size_t>(extent.file)].alignment();
    const uint64_t begin = align_down(extent.offset, alignment);
    const uint64_t end = align_up(extent.offset + extent.bytes, alignment);
    regions[part] = {.slot_offset = slot_offset,
                     .file_offset = begin,
                     .bytes = end - begin,
                     .lead = extent.offset - begin,
                     .needed = extent.offset - begin + extent.bytes,
                     .file = extent.file};
    slot_offset += align_up(end - begin, alignment_);
  }
  SLUICE_CHECK(slot_offset <= slot_bytes_);
  return regions;
}

std::array<const std::byte*, kMaxParts> UnitReads::parts(uint32_t slot, UnitIndex unit) const {
  std::array<const std::byte*, kMaxParts> pointers{};
  const Regions regions = layout(unit);
  for (size_t part = 0; part < catalog_.parts(unit); ++part) {
    pointers[part] = slot_memory(slot) + regions[part].slot_offset + regions[part].lead;
  }
  return pointers;
}

void UnitReads::enqueue(uint32_t slot, UnitIndex unit) {
  SLUICE_CHECK(progress_[slot].landed == progress_[slot].submitted);
  progress_[slot] = {.unit = unit, .parts = static_cast<uint8_t>(catalog_.parts(unit))};
  waiting_.push(slot);
  queued_ += progress_[slot].parts;
}

Result<void> UnitReads::submit() {
  const size_t room = reader_.depth() - in_flight_;
  if (queued_ == 0 || room == 0) return {};
  // First only look, so that a refusal leaves the queue as it was.
  batch_.clear();
  for (size_t i = 0; i < waiting_.size() && batch_.size() < room; ++i) {
    const uint32_t slot = waiting_[i];
    const Progress& progress = progress_[slot];
    const Regions regions = layout(progress.unit);
    for (size_t part = progress.submitted; part < progress.parts && batch_.size() < room; ++part) {
      const Region& region = regions[part];
      batch_.push_back({.file = region.file,
                        .offset = region.file_offset,
                        .bytes = region.bytes,
                        .needed = region.needed,
                        .destination = slot_memory(slot) + region.slot_offset,
                        .untouched = !touched_[slot],
                        .tag = make_tag(slot, part)});
    }
  }
  SLUICE_TRY(reader_.submit(batch_));
  if (in_flight_ == 0) busy_since_ns_ = now_ns();
  in_flight_ += batch_.size();
  queued_ -= batch_.size();
  stats_.reads += batch_.size();
  for (const ReadRequest& request : batch_) {
    stats_.bytes_read += request.bytes;
    ++progress_[request.tag / kMaxParts].submitted;
  }
  while (!waiting_.empty()) {
    const uint32_t slot = waiting_.front();
    const Progress& progress = progress_[slot];
    if (progress.submitted < progress.parts) break;
    touched_[slot] = true;
    waiting_.pop();
  }
  return {};
}

Result<std::span<const UnitReads::Landed>> UnitReads::collect(size_t minimum) {
  landed_.clear();
  if (in_flight_ == 0) return std::span<const Landed>(landed_);
  SLUICE_LET(const size_t count, reader_.reap(completions_, minimum));
  for (size_t i = 0; i < count; ++i) land(completions_[i]);
  in_flight_ -= count;
  if (in_flight_ == 0) stats_.flight_ns += now_ns() - busy_since_ns_;
  return std::span<const Landed>(landed_);
}

void UnitReads::land(const Completion& completion) {
  const auto slot = static_cast<uint32_t>(completion.tag / kMaxParts);
  SLUICE_CHECK(slot < progress_.size());
  Progress& progress = progress_[slot];
  SLUICE_CHECK(progress.landed < progress.submitted);
  ++progress.landed;
  if (completion.error != 0 && !progress.failed) {
    progress.failed = true;
    progress.failed_part = static_cast<uint8_t>(completion.tag % kMaxParts);
    progress.failure = completion;
  }
  if (!progress.over()) return;
  if (progress.submitted < progress.parts) {
    // It failed while some of its parts still waited; they are not worth reading any more.
    queued_ -= static_cast<size_t>(progress.parts - progress.submitted);
    for (size_t i = waiting_.size(); i > 0; --i) {
      const uint32_t other = waiting_.pop();
      if (other != slot) waiting_.push(other);
    }
  }
  landed_.push_back({.slot = slot, .complete = !progress.failed});
}

std::span<const UnitReads::Landed> UnitReads::cancel_queued() {
  landed_.clear();
  while (!waiting_.empty()) {
    const uint32_t slot = waiting_.pop();
    Progress& progress = progress_[slot];
    progress.failed = true;
    progress.parts = progress.submitted;
    if (progress.over()) landed_.push_back({.slot = slot, .complete = false});
  }
  queued_ = 0;
  return landed_;
}

void UnitReads::copy(uint32_t from, uint32_t to) {
  std::memcpy(slot_memory(to), slot_memory(from), slot_bytes_);
  touched_[to] = true;
}

void UnitReads::discard(uint32_t first, uint32_t end) {
  const size_t begin_byte = first * slot_bytes_;
  const size_t end_byte = end * slot_bytes_;
  std::fill(touched_.begin() + first, touched_.begin() + end, false);
  touched_end_ = std::min<size_t>(touched_end_, first);
  found_bytes_ = std::min(found_bytes_, begin_byte);
  give_back(arena_.subspan(begin_byte, end_byte - begin_byte));  // if refused, it simply stays
}

void UnitReads::note_memory(size_t bytes) {
  if (bytes <= found_bytes_) return;
  const size_t slots = std::min(bytes / slot_bytes_, touched_.size());
  for (size_t slot = found_bytes_ / slot_bytes_; slot < slots; ++slot) touched_[slot] = true;
  found_bytes_ = bytes;
}

size_t UnitReads::untouched_bytes(size_t slots) {
  while (touched_end_ < touched_.size() && touched_[touched_end_]) ++touched_end_;
  size_t bytes = 0;
  for (size_t slot = touched_end_; slot < slots; ++slot) {
    const size_t begin = slot * slot_bytes_;
    const size_t found = found_bytes_ - std::min(found_bytes_, begin);
    if (!touched_[slot]) bytes += slot_bytes_ - std::min(found, slot_bytes_);
  }
  return bytes;
}

Error UnitReads::failure(uint32_t slot) const {
  const Progress& progress = progress_[slot];
  const Region region = layout(progress.unit)[progress.failed_part];
  Error error = read_error(files_[static_cast<size_t>(region.file)], region.file_offset,
                           region.needed, progress.failure);
  error.message += " (" + catalog_.describe(progress.unit) + ")";
  return error;
}

}  // namespace sluice
