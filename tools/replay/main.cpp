// replay: what hit rate would this cache have had? Drives the store and the policies of the engine
// with recorded routing, without a disk, and computes the optimum beside them.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "replay/report.hpp"

namespace sluice::replay {

namespace {

struct Arguments {
  std::vector<std::string> traces;
  std::vector<std::string> policies = {"lru", "decayed", "hazard", "belady"};
  std::vector<double> token_sets;
  std::vector<double> percents;
  std::vector<size_t> units;
  bool prompt = false;
  bool json = false;
  bool csv = false;
  std::string plot;
};

// CLI::Range lets "nan" through.
CLI::Validator positive_up_to(double most) {
  return CLI::Validator(
      [most](std::string& text) {
        double size = 0;
        const bool number = CLI::detail::lexical_cast(text, size);
        if (number && size > 0 && size <= most) return std::string();
        return fmt::format("\"{}\" is no size; write a number above 0, at most {}", text, most);
      },
      "NUMBER");
}

void describe(CLI::App& app, Arguments& arguments) {
  app.description("Replays recorded routing through the cache, without a disk");
  app.footer("Traces: of --trace (docs/traces.md), of waste (JSON Lines), of BigMoeOnEdge (CSV).\n"
             "Policies: lru, decayed, hazard as in the engine, where a layer's units are demanded\n"
             "together; belady is the optimum, plain-lru demands one unit at a time. Reads are\n"
             "compared with those of the first policy. Counted are decode tokens. A cache of more\n"
             "than all units is one of all units.");
  app.add_option("TRACE", arguments.traces, "Files")->required();
  app.add_option("--policies", arguments.policies, "A,B,C")
      ->delimiter(',')
      ->check(CLI::IsMember({"lru", "decayed", "hazard", "belady", "plain-lru"}))
      ->capture_default_str();
  app.add_option("-x", arguments.token_sets, "Cache sizes in token sets")
      ->delimiter(',')
      ->check(positive_up_to(1e6));
  app.add_option("--percent", arguments.percents, "Cache sizes in percent of all units")
      ->delimiter(',')
      ->check(positive_up_to(100));
  app.add_option("--units", arguments.units, "Cache sizes in units")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 30));
  app.add_flag("--prompt", arguments.prompt, "Let the trace's prompt warm the cache");
  CLI::Option* const json = app.add_flag("--json", arguments.json, "The result as JSON");
  app.add_flag("--csv", arguments.csv, "The result as comma-separated values")->excludes(json);
  app.add_option("--plot", arguments.plot, "Draw an SVG picture into this file");
}

std::vector<size_t> cache_sizes(const Arguments& arguments, const Trace& trace) {
  std::vector<size_t> sizes = arguments.units;
  std::vector<double> token_sets = arguments.token_sets;
  if (token_sets.empty() && arguments.percents.empty() && sizes.empty()) {
    token_sets = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 3, 4, 6, 8};
  }
  for (const double x : token_sets) {
    sizes.push_back(static_cast<size_t>(x * trace.token_set + 0.5));
  }
  for (const double percent : arguments.percents) {
    sizes.push_back(static_cast<size_t>(percent / 100 * trace.units() + 0.5));
  }
  for (size_t& size : sizes) size = std::clamp<size_t>(size, 1, trace.units());
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

Result<Report> make_report(const Arguments& arguments, const std::string& path) {
  SLUICE_LET(const Trace trace, load_trace(path));
  Report report;
  report.policies = arguments.policies;
  for (const size_t slots : cache_sizes(arguments, trace)) {
    Row row{slots, {}};
    for (const std::string& policy : arguments.policies) {
      SLUICE_LET(const Score score, replay(trace, policy, slots, arguments.prompt));
      row.scores.push_back(score);
    }
    report.rows.push_back(std::move(row));
  }
  for (const Token& token : trace.tokens) report.tokens += token.prefill ? 0 : 1;
  report.trace = trace;
  report.trace.tokens.clear();
  return report;
}

Result<void> answer(const Arguments& arguments) {
  std::vector<Report> reports;
  for (const std::string& path : arguments.traces) {
    SLUICE_LET(Report report, make_report(arguments, path));
    if (!arguments.json && !arguments.csv) std::printf("%s\n", as_text(report).c_str());
    reports.push_back(std::move(report));
  }
  if (arguments.json) std::fputs(as_json(reports).c_str(), stdout);
  if (arguments.csv) std::fputs(as_csv(reports).c_str(), stdout);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Error{Code::io, "standard output cannot be written"};
  }
  if (arguments.plot.empty()) return {};
  std::ofstream file(arguments.plot);
  file << as_svg(reports);
  file.close();
  if (!file) return Error{Code::io, arguments.plot + ": cannot be written"};
  return {};
}

}  // namespace

}  // namespace sluice::replay

int main(int count, char** values) {
  CLI::App app;
  sluice::replay::Arguments arguments;
  sluice::replay::describe(app, arguments);
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto answered = sluice::replay::answer(arguments);
  if (answered) return 0;
  std::fprintf(stderr, "replay: %s\n", answered.error().message.c_str());
  return 1;
}
