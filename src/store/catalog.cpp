#include "store/catalog.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace sluice {

UnitIndex Catalog::add(std::string name, uint32_t count, std::vector<UnitPart> parts) {
  SLUICE_CHECK(count > 0 && !parts.empty() && parts.size() <= kMaxParts);
  SLUICE_CHECK(units_ + count > units_);
  for (const UnitPart& part : parts) SLUICE_CHECK(part.bytes > 0);
  const UnitIndex first{units_};
  groups_.push_back(
      {.first = first, .count = count, .name = std::move(name), .parts = std::move(parts)});
  units_ += count;
  return first;
}

const UnitGroup& Catalog::group_of(UnitIndex unit) const {
  SLUICE_CHECK(to_number(unit) < units_);
  const auto after = std::upper_bound(
      groups_.begin(), groups_.end(), unit,
      [](UnitIndex wanted, const UnitGroup& group) { return wanted < group.first; });
  return *std::prev(after);
}

Extent Catalog::extent(UnitIndex unit, size_t part) const {
  const UnitGroup& group = group_of(unit);
  const UnitPart& shape = group.parts[part];
  const uint64_t index = to_number(unit) - to_number(group.first);
  return {.file = shape.file, .offset = shape.offset + index * shape.stride, .bytes = shape.bytes};
}

uint64_t Catalog::bytes(UnitIndex unit) const {
  uint64_t sum = 0;
  for (const UnitPart& part : group_of(unit).parts) sum += part.bytes;
  return sum;
}

uint64_t Catalog::total_bytes() const {
  uint64_t sum = 0;
  for (const UnitGroup& group : groups_) sum += group.count * bytes(group.first);
  return sum;
}

uint64_t Catalog::slot_bytes(size_t alignment) const {
  SLUICE_CHECK(is_power_of_two(alignment));
  uint64_t most = 0;
  for (const UnitGroup& group : groups_) {
    uint64_t sum = 0;
    for (const UnitPart& part : group.parts) {
      // A part begins at most alignment - step bytes past an aligned offset, where step is the
      // largest power of two that divides every begin.
      const uint64_t stride = group.count > 1 ? part.stride : 0;
      const uint64_t step = std::gcd(std::gcd(part.offset, stride), uint64_t{alignment});
      sum += align_up(part.bytes + alignment - step, alignment);
    }
    most = std::max(most, align_up(sum, kPage));
  }
  return most;
}

std::string Catalog::describe(UnitIndex unit) const {
  const UnitGroup& group = group_of(unit);
  return group.name + " unit " + std::to_string(to_number(unit) - to_number(group.first));
}

}  // namespace sluice
