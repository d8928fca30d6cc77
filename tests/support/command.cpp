#include "support/command.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

namespace sluice::test {

namespace {

constexpr std::string_view kErrorMark = "sluice: error: ";

using Clock = std::chrono::steady_clock;

struct Pipe {
  int ends[2] = {-1, -1};  // read, write

  Pipe() { EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0) << std::strerror(errno); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) close(std::exchange(ends[which], -1));
  }
};

// The same threads, hence the same memory, on every machine: budgets here are for two.
void stay_on_two_processors() {
  cpu_set_t all, two;
  CPU_ZERO(&two);
  if (sched_getaffinity(0, sizeof all, &all) != 0) return;
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &two);
  }
  sched_setaffinity(0, sizeof two, &two);
}

// In the child: only calls that are safe after a fork.
[[noreturn]] void become(const Command& command, char* const* arguments, const Pipe& in,
                         const Pipe& out, const Pipe& err) {
  if (!command.group_file.empty()) {
    const int group = open(command.group_file.c_str(), O_WRONLY);
    if (group < 0 || write(group, "0", 1) != 1) _exit(125);
    close(group);
  }
  stay_on_two_processors();
  int output = out.ends[1];
  if (!command.output_path.empty()) output = open(command.output_path.c_str(), O_WRONLY);
  if (dup2(in.ends[0], 0) < 0 || dup2(output, 1) < 0 || dup2(err.ends[1], 2) < 0) _exit(126);
  execv(arguments[0], arguments);
  _exit(127);
}

// Moves bytes between the process and the result until the process has closed its outputs.
class Pump {
 public:
  Pump(const Command& command, pid_t process, Pipe& in, Pipe& out, Pipe& err,
       CommandResult& result)
      : command_(command), process_(process), in_(in), out_(out), err_(err), result_(result) {}

  void run() {
    const auto deadline = Clock::now() + std::chrono::seconds(command_.timeout_seconds);
    while (out_.ends[0] >= 0 || err_.ends[0] >= 0) {
      if (Clock::now() > deadline) {
        ADD_FAILURE() << "took longer than " << command_.timeout_seconds << " seconds";
        kill(process_, SIGKILL);
        return;
      }
      std::array<pollfd, 3> ends = {{{in_.ends[1], POLLOUT, 0},
                                     {out_.ends[0], POLLIN, 0},
                                     {err_.ends[0], POLLIN, 0}}};
      if (poll(ends.data(), ends.size(), 100) <= 0) continue;
      if (ends[0].revents != 0) feed();
      if (ends[1].revents != 0) drain(out_, result_.out, true);
      if (ends[2].revents != 0) drain(err_, result_.err, false);
    }
  }

 private:
  void feed() {
    const std::string_view rest = std::string_view(command_.input).substr(fed_);
    const ssize_t written = rest.empty() ? 0 : write(in_.ends[1], rest.data(), rest.size());
    if (written > 0) fed_ += static_cast<size_t>(written);
    if (written < 0 || fed_ == command_.input.size()) in_.close_end(1);
  }

  void drain(Pipe& from, std::string& into, bool is_output) {
    char buffer[4096];
    const ssize_t got = read(from.ends[0], buffer, sizeof buffer);
    if (got <= 0) return from.close_end(0);
    const std::string_view piece(buffer, static_cast<size_t>(got));
    into += piece;
    if (is_output && command_.on_output) command_.on_output(process_, piece);
  }

  const Command& command_;
  const pid_t process_;
  Pipe& in_;
  Pipe& out_;
  Pipe& err_;
  CommandResult& result_;
  size_t fed_ = 0;
};

}  // namespace

std::vector<std::string> CommandResult::error_lines() const {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < err.size()) {
    const size_t end = std::min(err.find('\n', begin), err.size());
    lines.push_back(err.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

CommandResult run_sluice(const Command& command) {
  signal(SIGPIPE, SIG_IGN);  // a process that does not read its input is no reason to die
  std::vector<std::string> texts = {SLUICE_COMMAND};
  texts.insert(texts.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);

  CommandResult result;
  Pipe in;
  Pipe out;
  Pipe err;
  const pid_t process = fork();
  if (process == 0) {
    signal(SIGPIPE, SIG_DFL);
    become(command, arguments.data(), in, out, err);
  }
  EXPECT_GT(process, 0) << std::strerror(errno);
  if (process < 0) return result;
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  if (command.on_start) command.on_start(process);
  Pump(command, process, in, out, err, result).run();
  int status = 0;
  waitpid(process, &status, 0);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  EXPECT_FALSE(result.status >= 125 && result.status <= 127) << "cannot run " << texts[0];
  return result;
}

std::string expect_error(const CommandResult& result, int status) {
  EXPECT_EQ(result.signal, 0) << result.err;
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_EQ(result.err.find("Sanitizer"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("runtime error"), std::string::npos) << result.err;
  const std::vector<std::string> lines = result.error_lines();
  size_t errors = 0;
  for (const std::string& line : lines) errors += line.find(kErrorMark) != std::string::npos;
  EXPECT_EQ(errors, 1u) << result.err;
  if (lines.empty() || !lines.back().starts_with(kErrorMark)) {
    ADD_FAILURE() << "the last line is no error: " << result.err;
    return "";
  }
  return lines.back().substr(kErrorMark.size());
}

bool built_with_sanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace sluice::test
