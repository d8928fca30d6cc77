// The last row of a terminal, kept for one line while everything else scrolls above it. Threads:
// one at a time, one object at a time.
#pragma once

#include <cstddef>
#include <string>

namespace sluice::cli {

/// Whether standard output and standard error are terminals that can be drawn on.
bool can_keep_bottom_row();

class BottomRow {
 public:
  /// Keeps the row of the terminal behind standard error, on which standard output is seen too.
  BottomRow();
  BottomRow(const BottomRow&) = delete;
  BottomRow& operator=(const BottomRow&) = delete;
  /// Gives the row back, empty.
  ~BottomRow();

  /// Shows as much of `text` (ASCII) as fits, if it is another than before.
  void show(const std::string& text);

 private:
  void keep();

  size_t rows_ = 0;
  std::string shown_;
};

}  // namespace sluice::cli
