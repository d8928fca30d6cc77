#include "store/checksums.hpp"

// The plain header's functions use the instructions that all x86-64 processors have; this one's the
// best there are. Same sums, 18 against 29 GB/s (docs/experiments/2026-11-22-cold-prompts.md).
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace sluice {

bool Checksums::matches(const Catalog& catalog, UnitIndex unit, const std::byte* const* parts) {
  uint64_t sum = 0;
  for (size_t part = 0; part < catalog.parts(unit); ++part) {
    // The sum so far is the seed of the next part, so that the order of the parts counts.
    sum = XXH3_64bits_withSeed(parts[part], catalog.extent(unit, part).bytes, sum);
  }
  if (sum == kUnknown) sum = 1;
  uint64_t& known = sums_[to_number(unit)];
  if (known == kUnknown) known = sum;
  return known == sum;
}

}  // namespace sluice
