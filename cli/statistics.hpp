// The counted statistics: as JSON for scripts, as a footer for people.
#pragma once

#include <string>

#include "sluice/engine.hpp"

namespace sluice::cli {

/// One JSON document with the field names of the interface; what was not counted is null.
std::string statistics_json(const Stats& stats);
/// What was counted between two moments of a session.
Stats between(const Stats& before, const Stats& after);
/// A few lines for a terminal.
std::string statistics_text(const Stats& stats, const MemoryPlan& plan);
/// "1.50 GiB".
std::string human_bytes(double bytes);

/// "40.4 million", "235 billion".
std::string human_count(double count);

}  // namespace sluice::cli
