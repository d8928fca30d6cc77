#include "store/policy.hpp"

#include <string>

namespace sluice {

namespace {
// Best, or within a point of the best, on the traces at hand (measured in
// docs/experiments/2026-11-21-cache-replay.md).
constexpr double kHalfLife = 8.0;
}  // namespace

Result<std::unique_ptr<Policy>> make_policy(std::string_view name, const Catalog& catalog) {
  if (name == "hazard") return make_hazard(catalog);
  if (name == "decayed") return make_decayed_count(catalog.units(), kHalfLife);
  if (name == "lru") return make_lru(catalog.units());
  return Error{Code::invalid, "unknown cache policy '" + std::string(name) +
                                  "': known are hazard, decayed and lru"};
}

}  // namespace sluice
