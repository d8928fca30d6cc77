#include "cli/live_display.hpp"

#include <unistd.h>

namespace sluice::cli {

LiveDisplay::LiveDisplay(const Session& session, Console& console, bool live)
    : console_(console), line_(session, live) {
  if (!live) return;
  if (can_keep_bottom_row()) row_.emplace();
  stays_ = row_ || isatty(STDOUT_FILENO) == 0;
}

std::function<void(size_t, size_t)> LiveDisplay::for_prompt(size_t tokens) {
  return [this, tokens](size_t layer, size_t layers) {
    if (tokens_ > 0 && !stays_) return;
    const std::string& text =
        tokens_ == 0 ? line_.prompt(tokens, layer, layers) : line_.answer(tokens_, 0);
    if (row_) {
      row_->show(text);
    } else {
      console_.progress(text);
    }
  };
}

void LiveDisplay::token() {
  ++tokens_;
  if (!stays_) console_.clear();
}

void LiveDisplay::end() {
  row_.reset();
  console_.clear();
}

}  // namespace sluice::cli
