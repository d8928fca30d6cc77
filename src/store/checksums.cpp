#include "store/checksums.hpp"

#include <algorithm>
#include <utility>

// The plain header's functions use the instructions that all x86-64 processors have; this one's the
// best there are. Same sums, 18 against 29 GB/s (docs/experiments/2026-11-22-cold-prompts.md).
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace sluice {

namespace {

// What a member of the team sums up at a time: some 20 microseconds, several times what it costs to
// share a loop. Units that are no longer than one slice are not shared.
constexpr uint64_t kSliceBytes = 256 << 10;

size_t slices_of(const UnitGroup& group) {
  size_t slices = 0;
  for (const UnitPart& part : group.parts) {
    slices += static_cast<size_t>((part.bytes + kSliceBytes - 1) / kSliceBytes);
  }
  return slices;
}

}  // namespace

Checksums::Checksums(const Catalog& catalog, ForEach team)
    : catalog_(catalog), team_(std::move(team)), sums_(catalog.units(), kUnknown) {
  size_t most = 0;
  for (const UnitGroup& group : catalog.groups()) most = std::max(most, slices_of(group));
  slices_.reserve(most);
  slice_sums_.reserve(most);
}

bool Checksums::matches(UnitIndex unit, const std::byte* const* parts) {
  slices_.clear();
  uint64_t unit_bytes = 0;
  for (size_t part = 0; part < catalog_.parts(unit); ++part) {
    const uint64_t part_bytes = catalog_.extent(unit, part).bytes;
    unit_bytes += part_bytes;
    for (uint64_t begin = 0; begin < part_bytes; begin += kSliceBytes) {
      const auto bytes = static_cast<size_t>(std::min(part_bytes - begin, kSliceBytes));
      slices_.push_back({parts[part] + begin, bytes});
    }
  }
  slice_sums_.resize(slices_.size());
  const auto sum_up = [this](size_t i) {
    slice_sums_[i] = XXH3_64bits(slices_[i].data(), slices_[i].size());
  };
  if (team_ && unit_bytes > kSliceBytes) {
    team_(slices_.size(), sum_up);
  } else {
    for (size_t i = 0; i < slices_.size(); ++i) sum_up(i);
  }
  uint64_t sum = XXH3_64bits(slice_sums_.data(), slice_sums_.size() * sizeof(uint64_t));
  if (sum == kUnknown) sum = 1;
  uint64_t& known = sums_[to_number(unit)];
  if (known == kUnknown) known = sum;
  return known == sum;
}

}  // namespace sluice
