// Results of a replay as text, CSV, JSON and a picture. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "replay/simulate.hpp"

namespace sluice::replay {

struct Row {
  size_t slots = 0;
  std::vector<Score> scores;  ///< one for each policy
};

struct Report {
  Trace trace;                        ///< its tokens may be gone
  size_t tokens = 0;                  ///< that were counted
  std::vector<std::string> policies;  ///< the first is what reads are compared with
  std::vector<Row> rows;

  /// The cache in token sets.
  double x(const Row& row) const {
    return static_cast<double>(row.slots) / static_cast<double>(trace.token_set);
  }
  /// The cache in percent of all units.
  double percent(const Row& row) const {
    return 100.0 * static_cast<double>(row.slots) / static_cast<double>(trace.units());
  }
};

std::string as_text(const Report& report);
/// With a header line; one line for each cache size and policy.
std::string as_csv(const std::vector<Report>& reports);
std::string as_json(const std::vector<Report>& reports);
/// Hit rate of the second half over the size of the cache, a panel for each report.
std::string as_svg(const std::vector<Report>& reports);

}  // namespace sluice::replay
