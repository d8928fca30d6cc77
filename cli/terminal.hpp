// The terminal of a conversation: its modes, its width, what wakes a wait for a key. While it
// lives, keys are not echoed by the system; it is as it was again when it ends. Threads: one at a
// time, one object at a time.
#pragma once

#include <termios.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace sluice::cli {

struct TerminalSize {
  size_t columns = 80;
  size_t rows = 24;
};

/// Of the terminal behind a file descriptor; 80 x 24 where it does not say.
TerminalSize terminal_size(int descriptor);

/// Is there a terminal behind the file descriptor on which more than lines can be drawn (TERM)?
bool can_draw_on(int descriptor);

enum class Wake {
  input,  ///< bytes can be read
  resized,
  ended,  ///< SIGTERM, SIGHUP, or the terminal is gone
  timeout,
};

class Terminal {
 public:
  /// Reads from `input` and draws on `output`, both terminals; null if they are none that can be
  /// drawn on (TERM=dumb), or cannot be set up.
  static std::unique_ptr<Terminal> open(int input, int output);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  /// Every key comes as it is typed, Ctrl-C too.
  void edit();
  /// Ctrl-C and Ctrl-Z are signals; other keys wait until the next edit().
  void answer();
  /// Gives the terminal back and stops the process until it is continued (Ctrl-Z).
  void suspend();

  TerminalSize size() const;
  /// Waits for something; forever if `timeout_ms` is negative.
  Wake wait(int timeout_ms);
  /// True after a signal has asked the process to end.
  bool terminated() const { return terminated_; }
  /// What can be read at once; empty at the end of the input.
  std::string_view read();
  void write(std::string_view text) const;

 private:
  Terminal(int input, int output) : input_(input), output_(output) {}
  void set_mode(bool signals) const;
  void leave() const;

  int input_;
  int output_;
  int wake_read_ = -1;
  bool terminated_ = false;
  termios original_{};
  char buffer_[16384];
};

}  // namespace sluice::cli
