// Runs the sluice program in a pseudo-terminal, as a person does: keys in, what is drawn out.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

class PseudoTerminal {
 public:
  /// `environment` holds NAME=VALUE pairs that are added to the test's own.
  PseudoTerminal(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment, int columns = 80, int rows = 24);
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal();

  void type(std::string_view keys);
  void resize(int columns, int rows);
  void send_signal(int number);
  /// Waits until this text has been drawn after the last text waited for, and returns everything
  /// drawn up to its end; a failure of the test if it never comes.
  std::string wait_for(std::string_view text);
  /// Waits until this many more bytes have been drawn.
  void wait_for_bytes(size_t count);
  /// Waits for the end; the exit status, or minus the signal.
  int wait_for_end();
  /// What was drawn and not yet waited for.
  const std::string& rest() const { return drawn_; }
  /// Whether the terminal echoes and waits for whole lines, as it did before the program began.
  bool is_as_before() const;

 private:
  bool read_some();
  template <typename Enough>
  bool read_until(Enough enough);

  pid_t process_ = -1;
  int terminal_ = -1;
  std::string drawn_;
};

}  // namespace sluice::test
