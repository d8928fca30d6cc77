#include "replay/report.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace sluice::replay {

namespace {

double ratio(const Count& count, const Count& base) {
  if (base.reads() == 0) return 1;
  return static_cast<double>(count.reads()) / static_cast<double>(base.reads());
}

// A field that holds a comma, a quotation mark or a line's end is quoted (RFC 4180).
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string as_text(const Report& report) {
  const Trace& trace = report.trace;
  const std::string& base = report.policies[0];
  std::string text =
      fmt::format("{}: {} tokens, {} layers x {} experts, {} units a token\n", trace.name,
                  report.tokens, trace.layers, trace.experts, trace.token_set);
  text += fmt::format("{:>6} {:>6} {:>6} |", "x", "units", "%");
  for (const std::string& policy : report.policies) text += fmt::format(" {:>9}", policy);
  text += " |";
  for (const std::string& policy : report.policies) {
    if (policy != base) text += fmt::format(" {:>13}", policy);
  }
  text += fmt::format("\n{:20} | {:{}} | reads / reads of {}, second half (whole)\n", "",
                      "hits in percent, second half", report.policies.size() * 10 - 1, base);
  for (const Row& row : report.rows) {
    text += fmt::format("{:6.2f} {:6} {:6.1f} |", report.x(row), row.slots, report.percent(row));
    for (const Score& score : row.scores) {
      text += fmt::format(" {:9.1f}", score.second_half.hit_percent());
    }
    text += " |";
    for (size_t i = 1; i < row.scores.size(); ++i) {
      text += fmt::format(" {:5.3f} ({:5.3f})",
                          ratio(row.scores[i].second_half, row.scores[0].second_half),
                          ratio(row.scores[i].whole, row.scores[0].whole));
    }
    text += "\n";
  }
  return text;
}

std::string as_csv(const std::vector<Report>& reports) {
  std::string text =
      "trace,policy,units,x,percent,demands,hits,reads_ratio,half_demands,half_hits,"
      "half_reads_ratio\n";
  for (const Report& report : reports) {
    for (const Row& row : report.rows) {
      for (size_t i = 0; i < row.scores.size(); ++i) {
        const Score& score = row.scores[i];
        text += fmt::format("{},{},{},{:.4f},{:.3f},{},{},{:.4f},{},{},{:.4f}\n",
                            csv_field(report.trace.name), report.policies[i], row.slots,
                            report.x(row),
                            report.percent(row), score.whole.demands, score.whole.hits,
                            ratio(score.whole, row.scores[0].whole), score.second_half.demands,
                            score.second_half.hits,
                            ratio(score.second_half, row.scores[0].second_half));
      }
    }
  }
  return text;
}

std::string as_json(const std::vector<Report>& reports) {
  const auto counted = [](const Count& count, const Count& base) {
    return nlohmann::ordered_json{{"demands", count.demands},
                                  {"hits", count.hits},
                                  {"reads", count.reads()},
                                  {"reads_ratio", ratio(count, base)}};
  };
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Report& report : reports) {
    nlohmann::ordered_json one{{"trace", report.trace.name},
                               {"tokens", report.tokens},
                               {"layers", report.trace.layers},
                               {"experts", report.trace.experts},
                               {"token_set", report.trace.token_set},
                               {"compared_with", report.policies[0]}};
    one["sizes"] = nlohmann::ordered_json::array();
    for (const Row& row : report.rows) {
      nlohmann::ordered_json size{{"units", row.slots},
                                  {"x", report.x(row)},
                                  {"percent", report.percent(row)}};
      for (size_t i = 0; i < row.scores.size(); ++i) {
        size["policies"][report.policies[i]] = {
            {"whole", counted(row.scores[i].whole, row.scores[0].whole)},
            {"second_half", counted(row.scores[i].second_half, row.scores[0].second_half)}};
      }
      one["sizes"].push_back(std::move(size));
    }
    all.push_back(std::move(one));
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::replay
