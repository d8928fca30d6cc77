// Goal: `sluice run` in a script: what is piped in stands below the prompt, nothing waits for input
// that does not come, a reader that goes away ends it quietly, and stop strings are no part of the
// output.
// Method: the program itself with pipes, files and devices as its standard input and output.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

std::vector<std::string> run(const std::vector<std::string>& more) {
  std::vector<std::string> all = {"run", demo_model_path(), "--ctx", "512", "--greedy", "--cold"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

nlohmann::json answer(const std::vector<std::string>& more, const std::string& input) {
  Command command;
  command.arguments = run(more);
  command.arguments.insert(command.arguments.end(), {"--json"});
  command.input = input;
  const CommandResult result = run_sluice(command);
  EXPECT_EQ(result.status, 0) << result.err;
  return nlohmann::json::parse(result.out, nullptr, false);
}

int64_t prompt_tokens(const nlohmann::json& json) { return json["stats"]["prompt_tokens"]; }

// The program with these as its standard input and output; its exit status, or minus the signal.
int run_with(std::vector<std::string> arguments, int input, int output) {
  arguments.insert(arguments.begin(), SLUICE_COMMAND);
  std::vector<char*> pointers;
  for (std::string& text : arguments) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0) _exit(126);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Pipes, StandBelowThePrompt) {
  const auto whole = answer({"-p", "Who are you?\n\nTell me."}, "");
  const auto piped = answer({"-p", "Who are you?"}, "Tell me.");
  EXPECT_EQ(piped["ids"], whole["ids"]);
  EXPECT_EQ(prompt_tokens(piped), prompt_tokens(whole));
  EXPECT_EQ(prompt_tokens(answer({"-p", "Who are you?", "-"}, "Tell me.")), prompt_tokens(whole));
  EXPECT_EQ(prompt_tokens(answer({}, "Who are you?\n\nTell me.")), prompt_tokens(whole));
}

TEST(Pipes, FilesDoToo) {
  TemporaryFolder folder;
  const std::string path = folder / "text";
  {
    const int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_EQ(write(file, "Tell me.", 8), 8);
    close(file);
  }
  const int input = open(path.c_str(), O_RDONLY);
  const std::string out = folder / "out";
  const int output = open(out.c_str(), O_CREAT | O_RDWR, 0600);
  EXPECT_EQ(run_with(run({"-p", "Who are you?", "-q"}), input, output), 0);
  EXPECT_EQ(lseek(input, 0, SEEK_CUR), 8);
  close(input);
  close(output);
}

TEST(Pipes, NothingIsWaitedFor) {
  const int nothing = open("/dev/null", O_RDWR);
  EXPECT_EQ(run_with(run({"-p", "Who are you?", "-q"}), nothing, nothing), 0);
  // A pipe that nobody writes to and nobody closes.
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(run_with(run({"-p", "Who are you?", "-q"}), ends[0], nothing), 0);
  close(ends[0]);
  close(ends[1]);
  close(nothing);
}

TEST(Pipes, AReaderThatGoesAwayEndsItQuietly) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  const int nothing = open("/dev/null", O_RDWR);
  EXPECT_EQ(run_with(run({"-p", "Who are you?", "-q"}), nothing, ends[1]), -SIGPIPE);
  // Also where it was inherited that nobody dies of it.
  const auto before = signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run_with(run({"-p", "Who are you?", "-q"}), nothing, ends[1]), -SIGPIPE);
  signal(SIGPIPE, before);
  close(ends[1]);
  close(nothing);
}

TEST(StopStrings, AreNoPartOfTheOutput) {
  const std::string whole = answer({"-p", "Who are you?"}, "")["text"];
  ASSERT_GT(whole.size(), 30u);
  const std::string stop = whole.substr(11, 12);  // ends and begins within words
  const auto stopped = answer({"-p", "Who are you?", "--stop", "never", "--stop", stop}, "");
  EXPECT_EQ(stopped["text"], whole.substr(0, whole.find(stop)));
  EXPECT_EQ(stopped["finish_reason"], "stop_string");
  EXPECT_EQ(stopped["stop_string"], stop);
}

TEST(Sampling, OptionsReachTheSampler) {
  const auto plain = answer({"-p", "Who are you?", "-n", "4"}, "");
  const int first = plain["ids"][0];
  const auto banned = answer({"-p", "Who are you?", "-n", "4", "--logit-bias",
                              std::to_string(first) + "=-inf"}, "");
  EXPECT_NE(banned["ids"][0], first);
  const auto chosen = answer({"-p", "Who are you?", "-n", "4", "--logit-bias", "100+1000"}, "");
  EXPECT_EQ(chosen["ids"], nlohmann::json({100, 100, 100, 100}));
  // Penalised by more than the bias after it has been said once.
  const auto once = answer({"-p", "Who are you?", "-n", "4", "--logit-bias", "100+90",
                            "--presence-penalty", "100"}, "");
  EXPECT_EQ(once["ids"][0], 100);
  EXPECT_NE(once["ids"][1], 100);
}

}  // namespace
}  // namespace sluice::test
