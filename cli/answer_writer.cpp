#include "cli/answer_writer.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/terminal.hpp"
#include "cli/text_width.hpp"

namespace sluice::cli {

AnswerStyle detect_style() {
  AnswerStyle style;
  style.terminal = isatty(STDOUT_FILENO) == 1;
  const char* const no_color = std::getenv("NO_COLOR");
  const bool is_plain = no_color != nullptr && *no_color != '\0';
  style.dim = can_draw_on(STDOUT_FILENO) && !is_plain;
  return style;
}

// Where thinking cannot be told from the answer by its looks, the model's own marks stay.
AnswerWriter::AnswerWriter(Console& console, const AnswerStyle& style)
    : console_(console),
      style_(style),
      thinking_(style.thinking_begun,
                [this](bool is_thinking, std::string_view text) { show(is_thinking, text); }),
      verbatim_(style.show_thinking && !style.dim) {}

void AnswerWriter::write(std::string_view text) {
  if (text.empty() || failure_) return;
  if (verbatim_) {
    put(text);
  } else {
    thinking_.push(text);
  }
}

void AnswerWriter::finish() {
  thinking_.finish();
  console_.clear();
  if (last_ != '\n') put("\n");
}

void AnswerWriter::show(bool is_thinking, std::string_view text) {
  if (is_thinking && !style_.show_thinking) {
    for (size_t at = 0; at < text.size(); at = next_character(text, at)) ++hidden_characters_;
    console_.progress(fmt::format("thinking: {} characters", hidden_characters_));
    return;
  }
  const bool answer_begins = dimming_ && !is_thinking;
  dimming_ = is_thinking;
  if (answer_begins) put("\n\n");
  put(text);
}

void AnswerWriter::put(std::string_view text) {
  if (text.empty() || failure_) return;
  console_.clear();
  std::string out(style_.terminal ? safe_for_terminal(text) : std::string(text));
  // Each piece by itself, so that nothing stays dimmed whenever the answer ends.
  if (dimming_) out = "\x1b[2m" + out + "\x1b[22m";
  if (auto written = write_output(out); !written) failure_ = written.error();
  last_ = text.back();
}

}  // namespace sluice::cli
