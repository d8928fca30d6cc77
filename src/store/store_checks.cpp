#include "store/store_checks.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "store/slot_table.hpp"

namespace sluice {

namespace {
constexpr size_t kPageBytes = 4096;
}  // namespace

Result<void> check_options(const Catalog& catalog, std::span<const File> files,
                           const StoreOptions& options) {
  const auto invalid = [](std::string message) { return Error{Code::invalid, std::move(message)}; };
  if (options.slots == 0 || options.slots >= kNoSlot) {
    return invalid("a store needs at least one slot, got " + std::to_string(options.slots));
  }
  if (!is_power_of_two(options.alignment)) return invalid("alignment must be a power of two");
  for (const File& file : files) {
    if (file.alignment() > options.alignment) {
      return invalid(file.path() + ": needs reads aligned to " + std::to_string(file.alignment()) +
                     ", the store was given " + std::to_string(options.alignment));
    }
  }
  const auto needed = checked_multiply(options.slots, catalog.slot_bytes(options.alignment));
  if (!needed || options.arena.size() < *needed) {
    return invalid("the arena of " + format_bytes(options.arena.size()) + " does not hold " +
                   std::to_string(options.slots) + " slots of " +
                   format_bytes(catalog.slot_bytes(options.alignment)));
  }
  const auto address = reinterpret_cast<uintptr_t>(options.arena.data());
  if (address % std::max(kPageBytes, options.alignment) != 0) {
    return invalid("the arena must begin on a page");
  }
  return {};
}

Result<void> check_extents(const Catalog& catalog, std::span<const File> files) {
  for (const UnitGroup& group : catalog.groups()) {
    for (const UnitPart& part : group.parts) {
      if (static_cast<size_t>(part.file) >= files.size()) {
        return Error{Code::invalid, group.name + " lies in a file that the store was not given"};
      }
      const File& file = files[static_cast<size_t>(part.file)];
      const auto last = checked_multiply(group.count - 1, part.stride);
      const auto begin = last ? checked_add(part.offset, *last) : std::nullopt;
      const auto end = begin ? checked_add(*begin, part.bytes) : std::nullopt;
      if (!end || *end > file.size()) {
        return Error{Code::corrupt,
                     file.path() + ": " + group.name + " at offset " + std::to_string(part.offset) +
                         " reaches past the end of the file (" + std::to_string(file.size()) +
                         " bytes); it may be truncated"};
      }
    }
  }
  return {};
}

}  // namespace sluice
