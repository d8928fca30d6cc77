// Opening an engine with a reader of one's own: tests put a faulty one under the whole engine.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "io/reader.hpp"
#include "sluice/engine.hpp"

namespace sluice {

/// Makes the reader over the model's files, which outlive it.
using ReaderFactory = std::function<Result<std::unique_ptr<Reader>>(std::span<const File> files)>;

/// Engine::open with this reader instead of the one the options name (which an empty function
/// leaves in place). Errors: as Engine::open.
Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& options,
                                            const ReaderFactory& make_reader);

}  // namespace sluice
