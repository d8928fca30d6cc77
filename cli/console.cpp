#include "cli/console.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/clock.hpp"
#include "cli/output_file.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {

namespace {

std::atomic<bool> interrupt_seen{false};
std::atomic<bool> interrupts_survived{false};

std::atomic<const char*> last_words{nullptr};

void on_interrupt(int) {
  if (!interrupt_seen.exchange(true) || interrupts_survived) return;
  if (const char* const words = last_words) (void)!write(STDERR_FILENO, words, strlen(words));
  _exit(kInterruptedStatus);
}

std::string reason() {
  return std::strerror(errno);
}

}  // namespace

Console::Console(bool quiet) : quiet_(quiet), draws_(!quiet && isatty(STDERR_FILENO) == 1) {}

void Console::note(const std::string& text) {
  if (quiet_) return;
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

void Console::note_once(const std::string& text) {
  if (std::find(noted_.begin(), noted_.end(), text) != noted_.end()) return;
  noted_.push_back(text);
  note(text);
}

void Console::say(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

void Console::progress(const std::string& text) {
  const int64_t now = milliseconds();
  if (!draws_ || (drawn_ && now - drawn_ms_ < 100)) return;
  // A line that wraps could not be taken away again.
  const size_t columns = std::max<size_t>(terminal_size(STDERR_FILENO).columns, 2) - 1;
  std::fprintf(stderr, "\r\033[K%s", text.substr(0, columns).c_str());
  std::fflush(stderr);
  drawn_ = true;
  drawn_ms_ = now;
}

void Console::clear() {
  if (!drawn_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

int report(const Error& error) {
  if (error.code == Code::cancelled) return kInterruptedStatus;
  std::string line = error.message;
  // Texts from files may be quoted in it: one line, and nothing that moves the cursor.
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  std::fprintf(stderr, "sluice: error: %s\n", line.c_str());
  return error.code == Code::budget ? 3 : 1;
}

const std::atomic<bool>& interrupted() {
  return interrupt_seen;
}

void interrupt() {
  interrupt_seen = true;
}
void forget_interrupt() {
  interrupt_seen = false;
}
void at_forced_exit(const char* text) {
  last_words = text;
}
void survive_interrupts() {
  interrupts_survived = true;
}

void catch_interrupts() {
  // A reader that goes away ends us quietly, as it ends other filters, whatever we inherited.
  signal(SIGPIPE, SIG_DFL);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A terminal that is closed, unless nohup or somebody else said that it does not matter.
  struct sigaction inherited {};
  sigaction(SIGHUP, nullptr, &inherited);
  if (inherited.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

std::string input_name(const std::string& path) {
  return path == "-" ? "standard input" : path;
}

Result<void> read_blocks(const std::string& path,
                         const std::function<bool(std::string_view)>& take) {
  const bool standard = path == "-";
  std::FILE* file = standard ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return Error{Code::io, path + ": cannot open: " + reason()};
  char buffer[65536];
  // Ctrl-C ends a read early, with what there is.
  for (bool more = true; more && !interrupted();) {
    const size_t got = std::fread(buffer, 1, sizeof buffer, file);
    more = got > 0 && take({buffer, got});
  }
  const bool failed = std::ferror(file) != 0;
  const std::string why = reason();
  if (!standard) std::fclose(file);
  if (interrupted()) return Error{Code::cancelled, "stopped on request"};
  if (failed) return Error{Code::io, input_name(path) + ": cannot read: " + why};
  return {};
}

Result<std::string> read_input(const std::string& path, size_t enough) {
  std::string text;
  SLUICE_TRY(read_blocks(path, [&](std::string_view block) {
    text += block;
    return text.size() <= enough;
  }));
  return text;
}

Result<void> write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Error{Code::io, "standard output: cannot write: " + reason()};
  }
  return {};
}

Result<void> write_file(const std::string& path, std::string_view text) {
  SLUICE_LET(OutputFile file, OutputFile::create(path));
  SLUICE_TRY(file.write(text.data(), text.size()));
  SLUICE_TRY(file.sync());
  return file.finish();
}

Result<void> write_private_file(const std::string& path, std::string_view text) {
  SLUICE_LET(OutputFile file, OutputFile::create(path));
  SLUICE_TRY(file.make_private());
  SLUICE_TRY(file.write(text.data(), text.size()));
  SLUICE_TRY(file.sync());
  return file.finish();
}

}  // namespace sluice::cli
