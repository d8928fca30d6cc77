// One checksum for every unit, recorded when it is first read: a later read of the same unit that
// brings other bytes means that a disk, a cable or the memory is failing. Threads: used by one.
// Cost: eight bytes per unit, allocated when built; a check costs about as much as copying the
// unit.
#pragma once

#include <cstdint>
#include <vector>

#include "store/catalog.hpp"

namespace sluice {

class Checksums {
 public:
  explicit Checksums(uint32_t units) : sums_(units, kUnknown) {}

  /// Checks the bytes of `unit` against those seen first, or records them if it is the first time.
  /// parts: one pointer for each part of the unit. False if they differ.
  bool matches(const Catalog& catalog, UnitIndex unit, const std::byte* const* parts);

 private:
  static constexpr uint64_t kUnknown = 0;
  std::vector<uint64_t> sums_;
};

}  // namespace sluice
