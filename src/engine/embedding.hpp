// Where the embedding is: with the trunk in memory, or on disk, from which the rows of a step's
// tokens are read. Threads: used during open by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/binder.hpp"
#include "engine/source.hpp"
#include "sluice/error.hpp"
#include "sluice/plan.hpp"
#include "store/row_reader.hpp"

namespace sluice {

/// The rows of the embedding in the file, or nothing if the model needs it whole.
std::optional<RowTable> embedding_rows(const Source& source);

/// What was asked for, as far as the model can do it: `memory` if it needs the embedding whole, or
/// has one too small to be worth a read for each token
/// (docs/experiments/2026-11-30-embedding-on-disk.md). Errors: invalid, if `disk` was asked for and
/// the model needs the embedding whole.
Result<EmbeddingPlace> embedding_place(const Source& source, EmbeddingPlace asked);

/// The tensors that are to be resident.
std::vector<TrunkBinding> resident_tensors(const Source& source, bool embedding_on_disk);

}  // namespace sluice
