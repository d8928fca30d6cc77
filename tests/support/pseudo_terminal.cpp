#include "support/pseudo_terminal.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

namespace sluice::test {

namespace {

// Nothing that is waited for takes this long, on a machine with much else to do.
constexpr auto kPatience = std::chrono::seconds(60);

winsize window(int columns, int rows) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  return size;
}

}  // namespace

PseudoTerminal::PseudoTerminal(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment, int columns, int rows) {
  std::vector<std::string> texts = {SLUICE_COMMAND};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  std::vector<std::string> added = environment;
  const winsize size = window(columns, rows);
  process_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (process_ == 0) {
    for (std::string& pair : added) putenv(pair.data());
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  EXPECT_GT(process_, 0);
}

PseudoTerminal::~PseudoTerminal() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (terminal_ >= 0) close(terminal_);
}

void PseudoTerminal::type(std::string_view keys) {
  while (!keys.empty()) {
    // The other side may be drawing: never wait for it without reading.
    pollfd end = {terminal_, POLLIN | POLLOUT, 0};
    if (poll(&end, 1, 1000) <= 0) continue;
    if ((end.revents & POLLIN) != 0) read_some();
    if ((end.revents & POLLOUT) == 0) {
      if ((end.revents & POLLHUP) != 0) return;
      continue;
    }
    const ssize_t written = write(terminal_, keys.data(), std::min<size_t>(keys.size(), 512));
    if (written <= 0) return;
    keys.remove_prefix(static_cast<size_t>(written));
  }
}

void PseudoTerminal::resize(int columns, int rows) {
  const winsize size = window(columns, rows);
  EXPECT_EQ(ioctl(terminal_, TIOCSWINSZ, &size), 0);
}

void PseudoTerminal::send_signal(int number) { kill(process_, number); }

bool PseudoTerminal::read_some() {
  char buffer[4096];
  const ssize_t got = read(terminal_, buffer, sizeof buffer);
  if (got > 0) drawn_.append(buffer, static_cast<size_t>(got));
  return got > 0;
}

template <typename Enough>
bool PseudoTerminal::read_until(Enough enough) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!enough()) {
    pollfd end = {terminal_, POLLIN, 0};
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (poll(&end, 1, 1000) > 0 && !read_some()) return false;
  }
  return true;
}

std::string PseudoTerminal::wait_for(std::string_view text) {
  size_t found = std::string::npos;
  if (!read_until([&] { return (found = drawn_.find(text)) != std::string::npos; })) {
    ADD_FAILURE() << "\"" << text << "\" was not drawn; what was: " << drawn_;
    return {};
  }
  std::string before = drawn_.substr(0, found + text.size());
  drawn_.erase(0, before.size());
  return before;
}

void PseudoTerminal::wait_for_bytes(size_t count) {
  EXPECT_TRUE(read_until([&] { return drawn_.size() >= count; })) << drawn_;
}

int PseudoTerminal::wait_for_end() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    pollfd end = {terminal_, POLLIN, 0};
    if (poll(&end, 1, 50) > 0) read_some();
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "it does not end; drawn: " << drawn_;
      return -1;
    }
  }
}

bool PseudoTerminal::is_as_before() const {
  termios mode{};
  constexpr tcflag_t kUsual = ICANON | ECHO | ISIG;
  return tcgetattr(terminal_, &mode) == 0 && (mode.c_lflag & kUsual) == kUsual &&
         (mode.c_iflag & ICRNL) != 0;
}

}  // namespace sluice::test
