// Goal: Ctrl-C ends a generation at once and in order: the text so far, the statistics so far, exit
// status 130, no partial files. The same while the prompt is read and while the model is loaded.
// Method: the program itself, interrupted after its first output, and at arbitrary early moments.
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

namespace sluice::test {
namespace {

class Interrupt : public ::testing::Test {
 protected:
  // A model without a stop token and with a long context: it would go on for minutes.
  Interrupt() : model_(models_ / "endless.gguf") {
    TinyModel endless;
    endless.set("qwen3moe.context_length", uint32_t{kTokens + 100});
    endless.erase("tokenizer.ggml.eos_token_id").erase("tokenizer.ggml.token_type");
    endless.rename_last_token("end");
    write_file(model_, endless.build());
  }

  Command long_generation() const {
    Command command;
    command.arguments = {"run", model_, "--raw", "-p", "a", "-n", std::to_string(kTokens), "--ctx",
                         std::to_string(kTokens + 100), "--memory", "64MiB", "--stats-json",
                         folder_ / "statistics.json"};
    return command;
  }

  // Nothing but these files, and no beginnings of them.
  void expect_files(const std::vector<std::string>& names) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
      found.push_back(entry.path().filename());
    }
    EXPECT_EQ(found, names);
  }

  static constexpr uint32_t kTokens = 60000;
  TemporaryFolder models_;
  TemporaryFolder folder_;
  const std::string model_;
};

TEST_F(Interrupt, KeepsTheTextAndTheStatistics) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Command command = long_generation();
    bool interrupted = false;
    command.on_output = [&](pid_t process, std::string_view) {
      if (interrupted) return;
      interrupted = true;
      kill(process, signal);
    };
    const CommandResult result = run_sluice(command);
    EXPECT_EQ(result.signal, 0);
    EXPECT_EQ(result.status, 130) << result.err;
    EXPECT_EQ(result.err.find("sluice: error"), std::string::npos) << result.err;
    EXPECT_GT(result.out.size(), 1u);
    const auto statistics = read_json(folder_ / "statistics.json");
    ASSERT_FALSE(statistics.is_discarded());
    const uint64_t generated = statistics.value("generated_tokens", uint64_t{0});
    EXPECT_GE(generated, 1u);
    EXPECT_LT(generated, kTokens);
    EXPECT_EQ(statistics.value("prompt_tokens", uint64_t{0}), 1u);
    expect_files({"statistics.json"});
    std::filesystem::remove(folder_ / "statistics.json");
  }
}

// The interrupt comes at no particular moment: before, during and after loading.
TEST_F(Interrupt, AtAnyMomentEndsInOrder) {
  for (int milliseconds = 1; milliseconds < 40; milliseconds += 6) {
    SCOPED_TRACE(milliseconds);
    Command command = long_generation();
    command.arguments.push_back("--quiet");
    command.on_start = [milliseconds](pid_t process) {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      kill(process, SIGINT);
    };
    const CommandResult result = run_sluice(command);
    // Until the program listens, the signal's own action ends it.
    EXPECT_TRUE(result.status == 130 || result.signal == SIGINT) << result.status << result.err;
    EXPECT_EQ(result.err, "");
    const bool counted = std::filesystem::exists(folder_ / "statistics.json");
    EXPECT_TRUE(!counted || !read_json(folder_ / "statistics.json").is_discarded());
    std::filesystem::remove(folder_ / "statistics.json");
    expect_files({});
  }
}

TEST_F(Interrupt, EvaluationLeavesNoOutput) {
  const std::string ids = folder_ / "ids.txt";
  std::ofstream file(ids);
  for (int i = 0; i < 2000; ++i) file << i % 6000 << ' ';
  file.close();
  Command command;
  command.arguments = {"eval", "logits", demo_model_path(), "--ids", ids, "--out",
                       folder_ / "logits.npy", "--chunk", "4", "--memory", "24MiB"};
  command.on_start = [](pid_t process) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    kill(process, SIGINT);
  };
  const CommandResult result = run_sluice(command);
  EXPECT_EQ(result.status, 130) << result.err;
  expect_files({"ids.txt"});
}

}  // namespace
}  // namespace sluice::test
