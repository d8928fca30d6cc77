// Goal: bad prompts, options, input files and outputs end with one clear line and the exit status
// of the interface, and leave no partial files.
// Method: the program itself, with a tiny model, one mistake at a time.
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

namespace sluice::test {
namespace {

class BadInput : public ::testing::Test {
 protected:
  BadInput() : model_(folder_ / "model.gguf") { write_file(model_, TinyModel().build()); }

  // Whatever happened, nothing new lies in the folder.
  ~BadInput() override { EXPECT_EQ(left_behind(), std::vector<std::string>()); }

  std::vector<std::string> left_behind() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
      const std::string name = entry.path().filename();
      if (std::find(expected_.begin(), expected_.end(), name) == expected_.end()) {
        names.push_back(name);
      }
    }
    return names;
  }

  // Writes an input file.
  std::string file(const std::string& name, std::string_view content) {
    expected_.push_back(name);
    write_file(folder_ / name, content);
    return folder_ / name;
  }

  // Expects exit status 1 and a message with both texts in it.
  void expect_failure(std::vector<std::string> arguments, const std::string& named,
                      const std::string& reason, Command command = {}) {
    std::string line;
    for (const std::string& argument : arguments) line += argument.substr(0, 40) + " ";
    SCOPED_TRACE(line);
    command.arguments = std::move(arguments);
    const std::string error = expect_error(run_sluice(command));
    EXPECT_NE(error.find(named), std::string::npos) << "should name " << named << ": " << error;
    EXPECT_NE(error.find(reason), std::string::npos) << "should say " << reason << ": " << error;
  }

  std::vector<std::string> run(std::vector<std::string> more) const {
    std::vector<std::string> all = {"run", model_, "--memory", "24MiB", "--ctx", "32", "--greedy"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> eval(const char* kind, std::vector<std::string> more) const {
    std::vector<std::string> all = {"eval", kind, model_, "--memory", "24MiB", "--ctx", "32"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TemporaryFolder folder_;
  const std::string model_;
  std::vector<std::string> expected_ = {"model.gguf"};
};

TEST_F(BadInput, WhatIsRightWorks) {
  EXPECT_EQ(run_sluice(run({"-p", "hello", "-n", "3"})).status, 0);
  const std::string ids = file("ids.txt", "1 2 3");
  const std::string out = folder_ / "out.npy";
  EXPECT_EQ(run_sluice(eval("logits", {"--ids", ids, "--out", out})).status, 0);
  EXPECT_TRUE(std::filesystem::remove(out));
}

TEST_F(BadInput, Prompts) {
  expect_failure(run({"-p", ""}), model_, "the prompt is empty");
  expect_failure(run({}), model_, "the prompt is empty");
  const std::string empty = file("empty.txt", "");
  expect_failure(run({"-f", empty}), empty, "the prompt is empty");
  expect_failure(run({"-f", folder_ / "nothing.txt"}), "nothing.txt", "No such file");
  expect_failure(run({"-f", folder_ / ""}), "", "directory");
  expect_failure(run({"-p", std::string(500, 'x')}), model_, "the prompt has 500 tokens");
  const std::string novel = file("novel", std::string(200'000, 'x'));
  expect_failure(run({"-f", novel}), novel, "too long a prompt");
  Command piped;
  piped.input = std::string(200'000, 'x');
  expect_failure(run({}), "standard input", "too long a prompt", piped);
  expect_failure({"run", model_, "-p", "hello", "--ctx", "65"}, model_, "trained for 64");
  expect_failure(eval("perplexity", {"-f", empty}), empty, "nothing to score");
  expect_failure(eval("perplexity", {"-f", file("long.txt", std::string(500, 'x'))}), model_,
                 "the prompt has");
}

TEST_F(BadInput, TokenIds) {
  const auto ids = [this](std::string_view text) {
    return eval("greedy", {"-n", "2", "--ids", file("ids.txt", text)});
  };
  expect_failure(ids(""), "ids.txt", "no token ids");
  expect_failure(ids("1 2 three"), "ids.txt", "\"three\" is not a token id");
  expect_failure(ids("1 99999999999999999999"), "ids.txt", "is not a token id");
  expect_failure(ids("1 2.5"), "ids.txt", "is not a token id");
  expect_failure(ids("1 -2"), model_, "token id -2 is outside the vocabulary");
  expect_failure(ids("1 99"), model_, "token id 99 is outside the vocabulary of 99");
  expect_failure(eval("greedy", {"-n", "40", "--ids", file("ids.txt", "1 2 3")}), model_,
                 "the context is full");
  expect_failure(eval("greedy", {"-n", "2", "--ids", folder_ / "nothing"}), "nothing",
                 "No such file");
}

TEST_F(BadInput, LinesOfJson) {
  const auto give = [](const char* text) {
    Command command;
    command.input = text;
    return command;
  };
  expect_failure({"tokenize", model_, "--jsonl"}, "line 2", "JSON string", give("\"a\"\n[1]\n"));
  expect_failure({"tokenize", model_, "--jsonl"}, "line 1", "JSON string", give("{\"a\n"));
  expect_failure({"detokenize", model_, "--jsonl"}, "line 1", "ids", give("\"text\"\n"));
  expect_failure({"detokenize", model_, "--jsonl"}, "line 1", "ids", give("[1, 4294967297]\n"));
  expect_failure({"detokenize", model_, "--jsonl"}, "", "99", give("[1, 99]\n"));
  expect_failure({"tokenize", folder_ / "nothing.gguf", "--jsonl"}, "nothing.gguf", "No such file",
                 give("\"a\"\n"));
}

TEST_F(BadInput, OutputsThatCannotBeWritten) {
  const std::string ids = file("ids.txt", "1 2 3");
  const std::string out = folder_ / "out.npy";
  const std::string nowhere = folder_ / "nowhere/out";
  const auto logits = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--ids", ids});
    return eval("logits", std::move(more));
  };
  expect_failure(logits({"--out", "/dev/full"}), "/dev/full", "No space left");
  expect_failure(logits({"--out", out, "--hidden", "/dev/full"}), "/dev/full", "No space left");
  expect_failure(logits({"--out", nowhere}), nowhere, "No such file");
  expect_failure(logits({"--out", folder_ / ""}), "", "");
  // The ids are wrong: nothing is left of the output that was begun.
  const std::string bad = file("bad.txt", "1 5000");
  expect_failure(eval("logits", {"--ids", bad, "--out", out}), model_, "5000");
  expect_failure(run({"-p", "hello", "-n", "3", "--stats-json", "/dev/full"}), "/dev/full",
                 "No space left");
  expect_failure(run({"-p", "hello", "-n", "3", "--stats-json", nowhere}), nowhere, "No such file");
}

TEST_F(BadInput, StandardOutputThatIsFull) {
  Command full;
  full.output_path = "/dev/full";
  const std::string ids = file("ids.txt", "1 2 3");
  const std::string text = file("text.txt", "some text to score");
  for (auto arguments :
       {run({"-p", "hello", "-n", "3"}), run({"-p", "hello", "-n", "3", "--json"}),
        eval("greedy", {"-n", "2", "--ids", ids}), eval("perplexity", {"-f", text}),
        eval("perplexity", {"-f", text, "--json"})}) {
    expect_failure(std::move(arguments), "standard output", "No space left", full);
  }
  expect_failure({"plan", model_}, "standard output", "No space left", full);
  expect_failure({"plan", model_, "--json"}, "standard output", "No space left", full);
  expect_failure({"inspect", model_}, "standard output", "No space left", full);
  expect_failure({"inspect", model_, "--json"}, "standard output", "No space left", full);
  full.input = "\"abc\"\n";
  expect_failure({"tokenize", model_, "--jsonl"}, "standard output", "No space left", full);
}

// A file system that is really full: the partial file goes away. Needs a mount of our own.
TEST_F(BadInput, ADiskThatFillsUp) {
  const std::string small = folder_ / "small";
  std::filesystem::create_directory(small);
  expected_.push_back("small");
  if (unshare(CLONE_NEWNS) != 0 ||
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", small.c_str(), "tmpfs", 0, "size=8k") != 0) {
    GTEST_SKIP() << "SKIP: no mounts for this user";
  }
  std::string many;
  for (int i = 0; i < 30; ++i) many += std::to_string(i) + " ";
  expect_failure(eval("logits", {"--ids", file("ids.txt", many), "--out", small + "/out.npy"}),
                 small + "/out.npy", "No space left");
  EXPECT_TRUE(std::filesystem::is_empty(small));
  std::ofstream(small + "/filler") << std::string(100000, 'x');
  expect_failure(run({"-p", "hello", "-n", "3", "--stats-json", small + "/statistics.json"}),
                 small + "/statistics.json", "No space left");
  std::filesystem::remove(small + "/filler");
  EXPECT_TRUE(std::filesystem::is_empty(small));
  EXPECT_EQ(umount(small.c_str()), 0);
}

TEST_F(BadInput, WrongUsage) {
  const std::vector<std::vector<std::string>> mistakes = {
      {},
      {"fly"},
      {"run"},
      {"eval"},
      {"eval", "taste", model_},
      run({"--no-such-option"}),
      run({"-p", "x", "--memory", "plenty"}),
      run({"-p", "x", "--memory", "0"}),
      run({"-p", "x", "--memory", "-1"}),
      run({"-p", "x", "--threads", "0"}),
      run({"-p", "x", "--ctx", "none"}),
      run({"-p", "x", "--reader", "floppy"}),
      run({"-p", "x", "--top-p", "7"}),
      run({"-p", "x", "-n", "many"}),
      eval("greedy", {"-n", "2"}),
      eval("logits", {"--ids", "x"}),
  };
  for (const auto& arguments : mistakes) {
    SCOPED_TRACE(arguments.empty() ? "nothing" : arguments.back());
    const CommandResult result = run_sluice(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
  EXPECT_EQ(run_sluice({"--help"}).status, 0);
  EXPECT_EQ(run_sluice({"run", "--help"}).status, 0);
  EXPECT_EQ(run_sluice({"--version"}).status, 0);
}

}  // namespace
}  // namespace sluice::test
