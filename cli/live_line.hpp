// One line about work that goes on: what is being done, and with --live how fast, how much of it
// from memory, and how much memory it takes; all counted. Threads: the one that computes.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/engine.hpp"

namespace sluice::cli {

class LiveLine {
 public:
  /// Reads the counters of `session`, which must outlive this, at most ten times a second. Without
  /// `rates` the line says only what is being done.
  LiveLine(const Session& session, bool rates);

  /// While a prompt of so many tokens is read.
  const std::string& prompt(size_t tokens, size_t layer, size_t layers);
  /// While tokens are generated; `wanted` is 0 if nobody knows how many there will be.
  const std::string& answer(size_t generated, size_t wanted);

 private:
  struct Counters {
    int64_t ms = 0;
    uint64_t tokens = 0, bytes = 0, hits = 0, misses = 0;
  };

  bool due();
  std::string rates(uint64_t tokens);

  const Session& session_;
  const bool rates_;
  std::string text_;
  int64_t drawn_ms_ = 0;
  Counters since_;  // where the rates begin
  Counters next_;   // where they will begin from soon on
};

}  // namespace sluice::cli
