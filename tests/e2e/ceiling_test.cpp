// Goal: --memory is a ceiling over the whole process, and one byte less than the floor is refused.
// Method: the program itself, on the demo model, at five budgets from the floor upward, with one
// and two threads and both readers; each run in a memory control group whose limit is the budget,
// where one can be made. The prompt fills most of the context, so that nothing planned stays
// untouched.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/memory_group.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr const char* kContext = "512";

nlohmann::json plan(uint64_t budget, const std::string& model = demo_model_path()) {
  const CommandResult result = run_sluice(
      {"plan", model, "--ctx", kContext, "--memory", std::to_string(budget), "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  return nlohmann::json::parse(result.out, nullptr, false);
}

std::vector<uint64_t> five_budgets() {
  const uint64_t floor = plan(1)["floor_bytes"];
  return {floor, floor + 2 * kMiB, floor + 5 * kMiB, floor + 10 * kMiB,
          plan(uint64_t{1} << 30)["resident_bytes"]};
}

class MemoryCeiling : public ::testing::Test {
 protected:
  void SetUp() override {
    if (built_with_sanitizer()) GTEST_SKIP() << "SKIP: a sanitizer's memory is not the program's";
    std::string reason;
    if (MemoryGroup::create(kMiB, reason) == nullptr) {
      std::printf("SKIP of the control group: %s\n", reason.c_str());
      grouped_ = false;
    }
  }

  nlohmann::json check(std::vector<std::string> arguments, uint64_t budget, const char* threads,
                       const char* reader, const char* context = kContext) {
    SCOPED_TRACE(arguments[0] + " in " + std::to_string(budget) + " bytes, " + threads +
                 " threads, " + reader);
    const std::string statistics = folder_ / "statistics.json";
    for (const std::string text : {"--ctx", context, "--memory", "", "--threads", threads,
                                   "--reader", reader, "--stats-json", statistics.c_str()}) {
      arguments.push_back(text.empty() ? std::to_string(budget) : text);
    }
    Command command;
    command.arguments = std::move(arguments);
    std::string reason;
    const auto group = grouped_ ? MemoryGroup::create(budget, reason) : nullptr;
    EXPECT_EQ(group != nullptr, grouped_) << reason;
    if (group != nullptr) command.group_file = group->processes_file();
    const CommandResult result = run_sluice(command);
    EXPECT_EQ(result.status, 0) << result.err << " signal " << result.signal;
    auto counted = read_json(statistics);
    const uint64_t peak = counted.value("peak_rss_bytes", UINT64_MAX);
    EXPECT_LE(peak, budget);
    EXPECT_EQ(counted.value("budget_bytes", uint64_t{0}), budget);
    const uint64_t group_peak = group == nullptr ? 0 : group->peak_bytes();
    if (group != nullptr) {
      EXPECT_EQ(group->killed(), 0u);
    }
    std::printf("%-5s budget %9llu  peak %9llu  group %9llu  %s threads, %s\n",
                command.arguments[0].c_str(), static_cast<unsigned long long>(budget),
                static_cast<unsigned long long>(peak),
                static_cast<unsigned long long>(group_peak), threads, reader);
    return counted;
  }

  TemporaryFolder folder_;
  bool grouped_ = true;
};

// English, of which the demo model makes a token of 3.6 bytes on average.
std::string prose(size_t bytes) {
  return read_text(SLUICE_SOURCE_DIR "/tests/golden/demo/prose.txt").substr(0, bytes);
}

TEST_F(MemoryCeiling, RunsStayBelowTheirBudget) {
  const std::string prompt = folder_ / "prompt.txt";
  std::ofstream(prompt) << prose(1450);
  for (const uint64_t budget : five_budgets()) {
    for (const char* const threads : {"1", "2"}) {
      for (const char* const reader : {"uring", "pread"}) {
        check({"run", demo_model_path(), "-f", prompt, "--raw", "-n", "64", "--greedy"}, budget,
              threads, reader);
      }
    }
  }
}

// The context fills up token by token, and what it was planned to take holds experts until then.
TEST_F(MemoryCeiling, LongAnswersStayBelowTheirBudget) {
  const std::vector<uint64_t> budgets = five_budgets();
  for (const uint64_t budget : {budgets[0], budgets[1], budgets[2]}) {
    ASSERT_GT(plan(budget)["slots_most"], plan(budget)["slots"]);
    check({"bench", demo_model_path(), "--prompt", "8", "--gen", "500", "--repeat", "1", "--cold"},
          budget, "2", "auto");
  }
  // Nearly everything is there at first, and little of it in the end; that is no pressure.
  const auto counted =
      check({"bench", demo_model_path(), "--prompt", "8", "--gen", "2000", "--repeat", "1",
             "--cold"},
            budgets[0] + 12 * kMiB, "2", "auto", "2048");
  EXPECT_EQ(counted.value("slots_given_back", uint64_t{1}), 0u);
  EXPECT_LE(counted.value("slots_now", UINT64_MAX), counted.value("slots", uint64_t{0}) + 3);
}

TEST_F(MemoryCeiling, ManyThreadsStayBelowTheirBudget) {
  const std::string prompt = folder_ / "prompt.txt";
  std::ofstream(prompt) << prose(1450);
  const CommandResult planned =
      run_sluice({"plan", demo_model_path(), "--ctx", kContext, "--memory", "1", "--threads", "64",
                  "--json"});
  const uint64_t floor = nlohmann::json::parse(planned.out)["floor_bytes"];
  EXPECT_GT(floor, plan(1)["floor_bytes"]);
  check({"run", demo_model_path(), "-f", prompt, "--raw", "-n", "64", "--greedy"}, floor, "64",
        "uring");
}

TEST_F(MemoryCeiling, EvaluationsStayBelowTheirBudget) {
  const std::string ids = folder_ / "ids.txt";
  std::ofstream file(ids);
  for (int i = 0; i < 100; ++i) file << (i * 37 + i * i) % 6000 << '\n';
  file.close();
  std::ofstream(folder_ / "prose.txt") << prose(4000);
  const std::vector<uint64_t> budgets = five_budgets();
  for (const uint64_t budget : {budgets[0], budgets[2]}) {
    check({"eval", "logits", demo_model_path(), "--ids", ids, "--out", folder_ / "logits.npy",
           "--hidden", folder_ / "hidden.npy"},
          budget, "2", "auto");
    check({"eval", "perplexity", demo_model_path(), "-f", folder_ / "prose.txt", "--window", "128"},
          budget, "1", "auto");
  }
}

// At the floor, with a few slots more, and with room for everything.
TEST_F(MemoryCeiling, EveryFamilyStaysBelowItsBudget) {
  const std::string ids = folder_ / "ids.txt";
  std::ofstream file(ids);
  for (int i = 0; i < 100; ++i) file << (i * 37 + i * i) % 200 << '\n';
  file.close();
  for (const std::string& model : golden_model_paths()) {
    SCOPED_TRACE(model);
    const auto least = plan(1, model);
    const uint64_t floor = least["floor_bytes"];
    const uint64_t slot = least["unit_bytes_max"];
    for (const uint64_t budget : {floor, floor + 3 * slot, floor + 64 * kMiB}) {
      check({"eval", "logits", model, "--ids", ids, "--out", folder_ / "logits.npy"}, budget, "2",
            "auto");
    }
  }
}

TEST(Ceiling, OneByteBelowTheFloorIsRefused) {
  TemporaryFolder folder;
  const uint64_t floor = plan(1)["floor_bytes"];
  const CommandResult result =
      run_sluice({"run", demo_model_path(), "-p", "Hello!", "--ctx", kContext, "--memory",
                  std::to_string(floor - 1), "--stats-json", folder / "statistics.json"});
  const std::string error = expect_error(result, 3);
  EXPECT_NE(error.find(std::to_string(floor)), std::string::npos) << error;
  EXPECT_NE(error.find(demo_model_path()), std::string::npos) << error;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(read_json(folder / "statistics.json").is_discarded()) << "nothing ran";
}

TEST(Ceiling, PlansAddUp) {
  for (const uint64_t budget : five_budgets()) {
    const auto json = plan(budget);
    uint64_t sum = 0;
    for (const auto& item : json["items"]) sum += item["bytes"].get<uint64_t>();
    EXPECT_LE(sum, budget);
    EXPECT_TRUE(json["fits"].get<bool>());
  }
  const uint64_t floor = plan(1)["floor_bytes"];
  EXPECT_FALSE(plan(floor - 1)["fits"].get<bool>());
  EXPECT_EQ(plan(floor)["slots"], 2);
  const auto resident = plan(five_budgets().back());
  EXPECT_EQ(resident["slots"], resident["units"]);
}

}  // namespace
}  // namespace sluice::test
