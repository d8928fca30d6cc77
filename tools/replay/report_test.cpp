// Goal: the reports hold the numbers and their own syntax. Method: one made-up result, written in
// every form.
#include "replay/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::replay {
namespace {

Report some_report() {
  Report report;
  report.trace.name = "a<b>&c";
  report.trace.layers = 4;
  report.trace.experts = 10;
  report.trace.token_set = 8;
  report.tokens = 20;
  report.policies = {"lru", "hazard"};
  for (const size_t slots : {4u, 8u, 16u}) {
    Row row{slots, {}};
    row.scores.push_back({.whole = {160, 60}, .second_half = {80, 40}});
    row.scores.push_back({.whole = {160, 80}, .second_half = {80, 60}});
    report.rows.push_back(row);
  }
  return report;
}

TEST(Report, Text) {
  const std::string text = as_text(some_report());
  EXPECT_NE(text.find("20 tokens, 4 layers x 10 experts, 8 units a token"), std::string::npos);
  EXPECT_NE(text.find("  1.00      8   20.0 |      50.0      75.0 | 0.500 (0.800)"),
            std::string::npos) << text;
}

TEST(Report, CsvAndJson) {
  const std::string csv = as_csv({some_report(), some_report()});
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 3 * 2);
  EXPECT_NE(csv.find("a<b>&c,hazard,8,1.0000,20.000,160,80,0.8000,80,60,0.5000\n"),
            std::string::npos) << csv;
  Report odd = some_report();
  odd.trace.name = "a,\"b\"";
  EXPECT_NE(as_csv({odd}).find("\n\"a,\"\"b\"\"\",hazard,8,"), std::string::npos) << as_csv({odd});
  const auto json = nlohmann::json::parse(as_json({some_report()}));
  EXPECT_EQ(json[0]["sizes"][1]["policies"]["hazard"]["second_half"]["reads"], 20);
  EXPECT_EQ(json[0]["sizes"][1]["policies"]["hazard"]["second_half"]["reads_ratio"], 0.5);
}

TEST(Report, Picture) {
  Report odd = some_report();
  odd.trace.name = "gr\xfc\x01n";
  EXPECT_NE(as_svg({odd}).find("gr??n"), std::string::npos);
  const std::string svg = as_svg({some_report(), some_report()});
  size_t curves = 0;
  for (size_t at = 0; (at = svg.find("<polyline", at)) != std::string::npos; ++at) ++curves;
  EXPECT_EQ(curves, 4u);
  EXPECT_NE(svg.find("a&lt;b&gt;&amp;c"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.rfind("</svg>\n"), svg.size() - 7);
}

}  // namespace
}  // namespace sluice::replay
