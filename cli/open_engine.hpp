// Opens an engine the way every command does: with progress and Ctrl-C.
#pragma once

#include <memory>

#include "cli/args.hpp"
#include "cli/console.hpp"

namespace sluice::cli {

Result<std::unique_ptr<Engine>> open_engine(const ModelArgs& args, Console& console);
/// Whether the plan fits, before anything is loaded. Errors: as Engine::plan; budget, as
/// open_engine() would say it.
Result<void> check_fits(const EngineOptions& options);
/// Keeps what the cache learned for the next run, or notes why it cannot.
void save_cache_state(const Engine& engine, Console& console);
/// Writes --stats-json, if asked for. Errors: io.
Result<void> save_statistics(const ModelArgs& args, const Stats& stats);

}  // namespace sluice::cli
