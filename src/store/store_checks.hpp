// What a store asks of its options, catalogue and files before it opens. Pure.
#pragma once

#include <span>

#include "io/file.hpp"
#include "sluice/error.hpp"
#include "store/catalog.hpp"
#include "store/store.hpp"

namespace sluice {

/// Slots, alignment and arena fit together. Errors: invalid.
Result<void> check_options(const Catalog& catalog, std::span<const File> files,
                           const StoreOptions& options);
/// Every unit lies inside its files. Errors: invalid (a file that is not there), corrupt.
Result<void> check_extents(const Catalog& catalog, std::span<const File> files);

}  // namespace sluice
