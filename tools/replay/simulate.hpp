// What hit rate a recorded trace would have had: the real store and policies over a reader without
// a disk, and two references that need no store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/trace.hpp"

namespace sluice::replay {

struct Count {
  uint64_t demands = 0;
  uint64_t hits = 0;

  uint64_t reads() const { return demands - hits; }
  double hit_percent() const {
    return demands == 0 ? 0 : 100.0 * static_cast<double>(hits) / static_cast<double>(demands);
  }
};

/// Counted over the decode tokens.
struct Score {
  Count whole;
  Count second_half;  ///< the cache warmed by the first half
};

/// A store of `slots` units with the policy of this name: a layer's units are demanded together, as
/// the engine does. With `prompt` the trace's prefill tokens come first, each step in one chunk.
/// Errors: invalid (no such policy).
Result<Score> replay_store(const Trace& trace, const std::string& policy, size_t slots,
                           bool prompt);

/// References in which every unit is demanded by itself, as textbooks do it; of a prompt's step
/// each unit once. The optimum that knows the future (Belady's MIN), which may use a unit without
/// keeping it. Cost: linear in the demands, times a logarithm of the slots.
Score replay_belady(const Trace& trace, size_t slots, bool prompt);
/// Least recently used, without the store's protection of what the same list still wants.
Score replay_plain_lru(const Trace& trace, size_t slots, bool prompt);

/// replay_store, or "belady" or "plain-lru".
Result<Score> replay(const Trace& trace, const std::string& policy, size_t slots, bool prompt);

}  // namespace sluice::replay
