// One checksum for every unit, recorded when it is first read: a later read of the same unit that
// brings other bytes means that a disk, a cable or the memory is failing. Threads: used by one,
// which may have a team that helps. Cost: eight bytes per unit, allocated when built; a check costs
// about as much as reading the unit from memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/for_each.hpp"
#include "store/catalog.hpp"

namespace sluice {

class Checksums {
 public:
  /// `team` may be empty: then the caller does everything itself.
  Checksums(const Catalog& catalog, ForEach team);

  /// Checks the bytes of `unit` against those seen first, or records them if it is the first time.
  /// parts: one pointer for each part of the unit. False if they differ.
  bool matches(UnitIndex unit, const std::byte* const* parts);

 private:
  static constexpr uint64_t kUnknown = 0;
  const Catalog& catalog_;
  const ForEach team_;
  std::vector<uint64_t> sums_;  // by unit
  std::vector<std::span<const std::byte>> slices_;  // of the unit being checked
  std::vector<uint64_t> slice_sums_;
};

}  // namespace sluice
