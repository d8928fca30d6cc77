// Goal: sluice doctor measures, says what it found on one screen and as JSON, ends with the right
// status, and what it remembers serves plan and run.
// Method: the program itself, on the demo model, on files that are no models, on a folder, and on
// nothing; with a cache folder of its own. No test asks for a speed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DoctorTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1); }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }

  nlohmann::json json(const std::vector<std::string>& arguments, int status = 0) {
    const CommandResult result = run_sluice(arguments);
    EXPECT_EQ(result.status, status) << result.out << result.err;
    return nlohmann::json::parse(result.out, nullptr, false);
  }

  TemporaryFolder folder_;
};

TEST_F(DoctorTest, RemembersForPlanAndRun) {
  const auto before = json({"plan", demo_model_path(), "--memory", "20MiB", "--json"});
  EXPECT_TRUE(before["predicted_decode_tokens_per_second"].is_null());

  const auto seen = json({"doctor", demo_model_path(), "--memory", "20MiB", "--json"});
  EXPECT_EQ(seen["can_run"], true);
  EXPECT_EQ(seen["model"]["path"], demo_model_path());
  EXPECT_GT(seen["model"]["tensors"], 10);
  EXPECT_GT(seen["disk"]["bytes_asked"], 0);
  EXPECT_GT(seen["disk"]["reads_in_flight"], 0);
  EXPECT_FALSE(seen["disk"]["points"].empty());
  EXPECT_GT(seen["disk"]["compute_share"], 0);
  EXPECT_LE(seen["disk"]["compute_share"], 1);
  EXPECT_GT(seen["disk"]["shared_bytes_per_second"], 0);
  EXPECT_FALSE(seen["processor"]["kernels"].empty());
  EXPECT_GT(seen["plan"]["prediction"]["decode_tokens_per_second"], 0);
  if (seen["disk"]["bytes_fetched"].is_number() && seen["disk"]["direct"] == true &&
      seen["disk"]["device"].is_string()) {
    EXPECT_EQ(seen["disk"]["proven"], true);
  }

  const auto after = json({"plan", demo_model_path(), "--memory", "20MiB", "--json"});
  EXPECT_GT(after["predicted_decode_tokens_per_second"], 0);
  const CommandResult run =
      run_sluice({"run", demo_model_path(), "--memory", "20MiB", "-p", "One", "-n", "4", "--raw"});
  EXPECT_EQ(run.status, 0) << run.err;

  // What is damaged counts as not there.
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache/sluice")) {
    if (entry.is_regular_file()) std::ofstream(entry.path(), std::ios::app) << "x";
  }
  const auto damaged = json({"plan", demo_model_path(), "--memory", "20MiB", "--json"});
  EXPECT_TRUE(damaged["predicted_decode_tokens_per_second"].is_null());
}

TEST_F(DoctorTest, FitsAScreen) {
  const CommandResult result = run_sluice({"doctor", demo_model_path()});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 36) << result.out;
  for (const char* part :
       {"model", "disk", "memory", "processor", "limits", "plan", "It can run."}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
}

TEST_F(DoctorTest, AModelThatDoesNotFit) {
  const auto seen = json({"doctor", demo_model_path(), "--memory", "9MiB", "--json"}, 1);
  EXPECT_EQ(seen["can_run"], false);
  EXPECT_EQ(seen["plan"]["fits"], false);
  EXPECT_EQ(seen["findings"][0]["severity"], "broken");
}

TEST_F(DoctorTest, AFileThatIsNoModel) {
  std::ofstream(folder_ / "broken.gguf") << "GGUF" << std::string(300'000, 'x');
  const auto seen = json({"doctor", folder_ / "broken.gguf", "--json"}, 1);
  EXPECT_EQ(seen["can_run"], false);
  EXPECT_TRUE(seen["model"].is_null());
  EXPECT_THAT(seen["findings"][0]["text"].get<std::string>(), HasSubstr("broken.gguf"));
  EXPECT_FALSE(seen["disk"]["points"].empty());
}

TEST_F(DoctorTest, ATruncatedModel) {
  const std::string path = folder_ / "short.gguf";
  std::filesystem::copy_file(golden_model_path(), path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4096);
  const auto seen = json({"doctor", path, "--json"}, 1);
  EXPECT_THAT(seen["findings"][0]["text"].get<std::string>(), HasSubstr("end of the file"));
}

TEST_F(DoctorTest, AFolderAndNothing) {
  std::filesystem::create_directory(folder_ / "models");
  std::ofstream(folder_ / "models/weights.bin") << std::string(2'000'000, 'w');
  std::ofstream(folder_ / "models/readme") << "small";
  const auto seen = json({"doctor", folder_ / "models", "--json"});
  EXPECT_THAT(seen["disk"]["path"].get<std::string>(), HasSubstr("weights.bin"));
  EXPECT_FALSE(seen["disk"]["points"].empty());
  const auto nothing = json({"doctor", "--json"});
  EXPECT_TRUE(nothing["disk"].is_null());
  EXPECT_GT(nothing["memory"]["budget_bytes"], 0);
  const auto missing = json({"doctor", folder_ / "no-such-model.gguf", "--json"}, 1);
  EXPECT_EQ(missing["findings"][0]["severity"], "broken");
  EXPECT_THAT(missing["findings"][0]["text"].get<std::string>(), HasSubstr("no-such-model"));
}

}  // namespace
}  // namespace sluice::test
