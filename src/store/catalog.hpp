// The catalogue of units: which extents of which files are read together into one slot. Formats and
// architectures build it; it does not know what a unit means. Threads: const after building.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/file.hpp"

namespace sluice {

/// One unit of streamed weights, numbered over the whole model.
enum class UnitIndex : uint32_t {};
constexpr uint32_t to_number(UnitIndex unit) {
  return static_cast<uint32_t>(unit);
}

/// A contiguous range of one file.
struct Extent {
  FileIndex file{};
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// One part of each unit of a group, at a fixed stride: unit i's part lies at offset + i * stride.
struct UnitPart {
  FileIndex file{};
  uint64_t offset = 0;
  uint64_t stride = 0;
  uint64_t bytes = 0;
};

/// Most parts in a unit (gate, up and down of an expert; all matrices of a dense layer).
inline constexpr size_t kMaxParts = 8;

/// `count` units of the same shape, numbered from `first`.
struct UnitGroup {
  UnitIndex first{};
  uint32_t count = 0;
  std::string name;             ///< "blk.3.exps": used in messages as "blk.3.exps unit 17"
  std::vector<UnitPart> parts;  ///< 1..kMaxParts, in the order the user of the unit wants them
};

class Catalog {
 public:
  /// Appends a group of `count` units and returns the first's index.
  UnitIndex add(std::string name, uint32_t count, std::vector<UnitPart> parts);

  uint32_t units() const { return units_; }
  const std::vector<UnitGroup>& groups() const { return groups_; }
  /// The group a unit belongs to. Cost: a binary search.
  const UnitGroup& group_of(UnitIndex unit) const;
  Extent extent(UnitIndex unit, size_t part) const;
  size_t parts(UnitIndex unit) const { return group_of(unit).parts.size(); }
  /// Sum of the parts' bytes.
  uint64_t bytes(UnitIndex unit) const;
  uint64_t total_bytes() const;
  /// Bytes a slot needs to hold any unit when each part's read is rounded outwards to `alignment`:
  /// whole pages, so that the memory of each slot can be given back by itself.
  uint64_t slot_bytes(size_t alignment) const;
  /// "blk.3.exps unit 17".
  std::string describe(UnitIndex unit) const;

 private:
  std::vector<UnitGroup> groups_;
  uint32_t units_ = 0;
};

}  // namespace sluice
