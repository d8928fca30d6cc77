// Goal: `sluice bench` prints what it counted in each of its forms, and null or "-" for what it did
// not count.
// Method: the program itself on the demo model, which streams a part of its experts.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

CommandResult bench(const char* repeat, const std::vector<std::string>& more) {
  std::vector<std::string> all = {"bench", demo_model_path(), "--prompt", "8", "--gen", "8"};
  all.insert(all.end(), {"--ctx", "64", "--repeat", repeat});
  all.insert(all.end(), more.begin(), more.end());
  CommandResult result = run_sluice(all);
  EXPECT_EQ(result.status, 0) << result.err;
  return result;
}

TEST(Bench, CountsAsJson) {
  const auto json =
      nlohmann::json::parse(bench("2", {"--json", "--memory", "20MiB"}).out, nullptr, false);
  ASSERT_EQ(json["rows"].size(), 2u);
  for (const auto& row : json["rows"]) {
    EXPECT_GT(row["slots"], 0);
    EXPECT_LT(row["slots"], row["units"]);
    for (const char* const name :
         {"prefill_tokens_per_second", "decode_tokens_per_second", "hit_rate",
          "compute_seconds_per_token", "disk_bytes_per_second", "roofline"}) {
      ASSERT_TRUE(row[name].is_object()) << name << row;
      EXPECT_GT(row[name]["median"], 0) << name;
      EXPECT_LE(row[name]["low"], row[name]["median"]) << name;
      EXPECT_GE(row[name]["high"], row[name]["median"]) << name;
    }
    EXPECT_LE(row["hit_rate"]["high"], 1);
    EXPECT_GE(row["flash_bytes_per_decode_token"]["median"], 0);
  }
  EXPECT_EQ(json["rows"][0]["start"], "cold");
  EXPECT_EQ(json["rows"][1]["start"], "warm");
  EXPECT_TRUE(json["environment"].is_string());
  EXPECT_TRUE(json["commit"].is_string());
}

TEST(Bench, ComparesBudgetsAsCsv) {
  const CommandResult result = bench("1", {"--csv", "--cold", "--budgets", "18MiB,24MiB"});
  std::istringstream lines(result.out);
  std::vector<size_t> commas;
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.size(), line.find(",\"")));  // texts that may hold commas end it
    commas.push_back(static_cast<size_t>(std::count(line.begin(), line.end(), ',')));
  }
  ASSERT_EQ(commas.size(), 3u) << result.out;
  EXPECT_EQ(commas[1], commas[2]);
  EXPECT_EQ(commas[1] + 2, commas[0]);  // model and environment
  EXPECT_NE(result.out.find(",commit,model,environment\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("\n" + std::to_string(18 << 20) + ",cold,"), std::string::npos);
  EXPECT_NE(result.out.find("\n" + std::to_string(24 << 20) + ",cold,"), std::string::npos);
}

// The only token comes out of the prompt: nothing was decoded.
TEST(Bench, SaysNothingOfWhatItDidNotCount) {
  const std::vector<std::string> one = {"bench", demo_model_path(), "--prompt", "8", "--gen", "1",
                                        "--repeat", "1", "--cold", "--memory", "20MiB"};
  auto with = [&](const char* form) {
    std::vector<std::string> all = one;
    all.push_back(form);
    return run_sluice(all).out;
  };
  const auto json = nlohmann::json::parse(with("--json"), nullptr, false);
  ASSERT_EQ(json["rows"].size(), 1u);
  EXPECT_TRUE(json["rows"][0]["prefill_tokens_per_second"].is_object());
  for (const char* const name : {"decode_tokens_per_second", "hit_rate", "roofline",
                                 "flash_bytes_per_decode_token", "compute_seconds_per_token"}) {
    EXPECT_TRUE(json["rows"][0][name].is_null()) << name << json;
  }
  EXPECT_NE(with("--csv").find(",,,"), std::string::npos);
  const CommandResult table = run_sluice(one);
  EXPECT_EQ(table.out.find("0.0%"), std::string::npos) << table.out;
}

TEST(Bench, RefusesBeforeItMeasures) {
  const CommandResult budgets =
      run_sluice({"bench", demo_model_path(), "--prompt", "8", "--gen", "8", "--budgets",
                  "20MiB,5MiB", "--repeat", "1000"});
  EXPECT_EQ(budgets.status, 3) << budgets.err;
  EXPECT_NE(budgets.err.find("does not fit in 5.00 MiB"), std::string::npos) << budgets.err;
  const CommandResult path = run_sluice({"bench", demo_model_path(), "--repeat", "1000",
                                         "--stats-json", "/nowhere/stats.json"});
  EXPECT_EQ(path.status, 1) << path.err;
  for (const char* const option : {"--prompt", "--gen"}) {
    for (const char* const number : {"0", "-1", "99999999999999999999"}) {
      const CommandResult result = run_sluice({"bench", demo_model_path(), option, number});
      EXPECT_EQ(result.status, 2) << option << " " << number << result.err;
    }
  }
}

TEST(Bench, DrawsATable) {
  const CommandResult result = bench("1", {"--cold"});
  EXPECT_NE(result.out.find("roofline"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("cold"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("warm"), std::string::npos) << result.out;
}

TEST(Bench, WritesTheLastEnginesCounters) {
  const TemporaryFolder folder;
  const std::string path = folder / "stats.json";
  bench("1", {"--memory", "20MiB", "--stats-json", path});
  const auto stats = read_json(path);
  EXPECT_EQ(stats["prompt_tokens"], 16);  // cold and warm
  EXPECT_EQ(stats["generated_tokens"], 16);
}

TEST(Bench, EveryRoundHasTheSameIds) {
  Command command;
  command.arguments = {"bench", demo_model_path(), "--ids",    "-", "--prompt", "8",
                       "--gen", "8",               "--repeat", "2", "--json"};
  for (int id = 100; id < 116; ++id) command.input += std::to_string(id) + " ";
  const CommandResult result = run_sluice(command);
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST(Bench, RefusesTooFewIds) {
  Command command;
  command.arguments = {"bench", demo_model_path(), "--ids", "-", "--prompt", "8", "--gen", "8"};
  command.input = "1 2 3";
  expect_error(run_sluice(command));
}

}  // namespace
}  // namespace sluice::test
