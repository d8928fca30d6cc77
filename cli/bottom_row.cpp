#include "cli/bottom_row.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/console.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {

namespace {

constexpr size_t kFewestRows = 4;
// All rows scroll again, the cursor stays, and what is below it is empty.
constexpr const char* kGiveBack = "\0337\033[r\0338\033[J";

}  // namespace

bool can_keep_bottom_row() {
  return can_draw_on(STDOUT_FILENO) && can_draw_on(STDERR_FILENO);
}

BottomRow::BottomRow() {
  keep();
  at_forced_exit(kGiveBack);
}

BottomRow::~BottomRow() {
  at_forced_exit(nullptr);
  std::fputs(kGiveBack, stderr);
  std::fflush(stderr);
}

void BottomRow::keep() {
  rows_ = terminal_size(STDERR_FILENO).rows;
  if (rows_ < kFewestRows) return;
  std::fflush(stdout);
  // One row upward, if the cursor is in the last one.
  std::fprintf(stderr, "\n\033[A\0337\033[1;%zur\0338", rows_ - 1);
  std::fflush(stderr);
}

void BottomRow::show(const std::string& text) {
  const TerminalSize size = terminal_size(STDERR_FILENO);
  if (size.rows != rows_) {
    keep();
    shown_.clear();
  }
  if (rows_ < kFewestRows || text == shown_) return;
  shown_ = text;
  std::fflush(stdout);
  const std::string line = text.substr(0, std::max<size_t>(size.columns, 2) - 1);
  std::fprintf(stderr, "\0337\033[%zu;1H\033[2m%s\033[0m\033[K\0338", rows_, line.c_str());
  std::fflush(stderr);
}

}  // namespace sluice::cli
