// Puts remembered measurements to use for a model: how many reads to keep in flight, and how fast
// it will decode. Reads two small files; without them it says nothing. Threads: used during open.
#pragma once

#include <string>

#include "engine/measurements.hpp"
#include "engine/source.hpp"
#include "io/probe.hpp"
#include "sluice/engine.hpp"
#include "sluice/plan.hpp"

namespace sluice {

/// The mean size of the reads that fetch this model's units, rounding to blocks included; 0 if it
/// streams nothing.
uint64_t mean_read_bytes(const Source& source);

/// Of the named reader ("auto": uring if it was measured, else pread).
ReadChoice choose_model_reads(const Source& source, const std::vector<ProbePoint>& points,
                              const std::string& reader);

/// Seconds that one token computes with every unit resident; nothing if the rate of a type that
/// matters is not known.
std::optional<double> compute_seconds(const Source& source, const std::vector<KernelRate>& rates);

/// Fills plan.reads_in_flight and plan.prediction as far as `options.measurements_folder` knows
/// disk and processor.
void forecast(const Source& source, const EngineOptions& options, const ProcessorKey& processor,
              MemoryPlan& plan);

}  // namespace sluice
