#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/console.hpp"

namespace sluice::cli {

namespace {

constexpr std::string_view kPasteModeOn = "\x1b[?2004h";
constexpr std::string_view kPasteModeOff = "\x1b[?2004l";

// A signal may be handled by any thread; writing to this pipe wakes the one that waits for a key.
int wake_write = -1;

void wake(char reason) {
  const int error = errno;
  if (wake_write >= 0 && ::write(wake_write, &reason, 1) < 0) {
    // A full pipe wakes as well.
  }
  errno = error;
}

void on_resize(int) {
  wake('r');
}
void on_end(int) {
  interrupt();
  wake('e');
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

bool can_draw_on(int descriptor) {
  const char* const kind = std::getenv("TERM");
  const bool draws = kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
  return draws && isatty(descriptor) == 1;
}

std::unique_ptr<Terminal> Terminal::open(int input, int output) {
  if (isatty(input) == 0 || !can_draw_on(output)) return nullptr;
  std::unique_ptr<Terminal> terminal(new Terminal(input, output));
  if (tcgetattr(input, &terminal->original_) != 0) return nullptr;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
  terminal->wake_read_ = ends[0];
  wake_write = ends[1];
  handle(SIGWINCH, on_resize);
  handle(SIGTERM, on_end);
  handle(SIGHUP, on_end);
  // Dying of a closed standard output would leave the terminal as it is set up here.
  handle(SIGPIPE, SIG_IGN);
  terminal->answer();
  terminal->write(kPasteModeOn);
  return terminal;
}

Terminal::~Terminal() {
  if (wake_read_ < 0) return;
  leave();
  for (const int signal_number : {SIGWINCH, SIGTERM, SIGHUP}) handle(signal_number, SIG_DFL);
  close(wake_read_);
  close(wake_write);
  wake_write = -1;
}

void Terminal::leave() const {
  write(kPasteModeOff);
  tcsetattr(input_, TCSADRAIN, &original_);
}

void Terminal::set_mode(bool signals) const {
  termios mode = original_;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  // Enter is a carriage return in both modes: what is typed during an answer is read after it.
  mode.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR);
  if (!signals) {
    mode.c_lflag &= ~static_cast<tcflag_t>(ISIG);
    mode.c_iflag &= ~static_cast<tcflag_t>(IXON);
  }
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  tcsetattr(input_, TCSADRAIN, &mode);
}

void Terminal::edit() {
  set_mode(false);
}
void Terminal::answer() {
  set_mode(true);
}

void Terminal::suspend() {
  leave();
  raise(SIGTSTP);
  write(kPasteModeOn);
}

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

TerminalSize Terminal::size() const {
  return terminal_size(output_);
}

Wake Terminal::wait(int timeout_ms) {
  pollfd ends[] = {{input_, POLLIN, 0}, {wake_read_, POLLIN, 0}};
  for (;;) {
    const int ready = poll(ends, 2, timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Wake::ended;
    if (ready == 0) return Wake::timeout;
    break;
  }
  if (ends[1].revents != 0) {
    char reasons[64];
    const ssize_t count = ::read(wake_read_, reasons, sizeof reasons);
    for (ssize_t i = 0; i < count; ++i) {
      if (reasons[i] == 'e') terminated_ = true;
    }
    return terminated_ ? Wake::ended : Wake::resized;
  }
  return (ends[0].revents & POLLIN) != 0 ? Wake::input : Wake::ended;
}

std::string_view Terminal::read() {
  ssize_t count = 0;
  do {
    count = ::read(input_, buffer_, sizeof buffer_);
  } while (count < 0 && errno == EINTR);
  return {buffer_, count > 0 ? static_cast<size_t>(count) : 0};
}

void Terminal::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(output_, text.data(), text.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written <= 0) return;  // the terminal is gone; the next wait says so
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace sluice::cli
