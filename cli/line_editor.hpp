// Reads one message from a terminal: editing, history, several lines, pasted text of any size.
// Redraws itself when the window changes. Threads: one at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/edit_buffer.hpp"
#include "cli/input_history.hpp"
#include "cli/key_decoder.hpp"
#include "cli/screen_layout.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {

struct LineEditorOptions {
  Prompt prompt;
  /// Whether Enter sends this text; otherwise it begins a new line. So it does after a backslash,
  /// which then goes.
  std::function<bool(std::string_view text)> is_complete;
  /// What Tab makes of the text.
  std::function<std::string(const std::string& text)> complete;
};

enum class EditEnd {
  message,      ///< Enter
  interrupted,  ///< Ctrl-C at an empty prompt
  input_ended,  ///< Ctrl-D at an empty prompt, or the terminal is gone
};

struct EditResult {
  EditEnd end = EditEnd::message;
  std::string text;
};

class LineEditor {
 public:
  /// Both must outlive this.
  LineEditor(Terminal& terminal, InputHistory& history, LineEditorOptions options)
      : terminal_(terminal), history_(history), options_(std::move(options)) {}

  /// With the terminal in edit(). Keys that came before are read first.
  EditResult read();

 private:
  std::optional<EditEnd> handle(const KeyPress& press);
  std::optional<EditEnd> handle_control(Key key);
  bool edit(Key key);
  std::optional<EditEnd> enter();
  void recall(bool older);
  void draw();
  void redraw_after_resize();
  void finish_drawing();

  Terminal& terminal_;
  InputHistory& history_;
  LineEditorOptions options_;
  KeyDecoder keys_;
  EditBuffer buffer_;
  // History: the entry shown, and what was typed before it was.
  size_t recalled_ = 0;
  std::string draft_;
  // What is on the screen: the rows drawn, and in which of them the cursor is.
  std::vector<ScreenRow> drawn_;
  size_t drawn_cursor_ = 0;
};

}  // namespace sluice::cli
