// Recorded routing: which experts each layer chose for each token. Reads three formats, told apart
// by content: Sluice's own (docs/traces.md), the JSON Lines of the "waste" engine (one decode token
// a line: {"tok": 1, "layers": [[expert, ...], ...]}), and the CSV of BigMoeOnEdge (columns turn,
// phase, step, layer, slot, expert, ...; phase 0 is the prompt).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/error.hpp"

namespace sluice::replay {

struct Token {
  bool prefill = false;
  uint64_t step = 0;                          ///< tokens with the same step were evaluated together
  std::vector<std::vector<uint32_t>> layers;  ///< chosen experts; may be empty in a layer
};

struct Trace {
  std::string name;  ///< of the file, without folders
  uint32_t layers = 0;
  uint32_t experts = 0;     ///< per layer: what the file says, or the next power of two
  uint32_t token_set = 0;   ///< units that a token demands
  uint64_t unit_bytes = 0;  ///< 0 if not recorded
  std::vector<Token> tokens;

  uint32_t units() const { return layers * experts; }
  uint32_t unit(uint32_t layer, uint32_t expert) const { return layer * experts + expert; }
};

/// Errors: io; corrupt, with the line.
Result<Trace> load_trace(const std::string& path);
/// The same from the file's text.
Result<Trace> parse_trace(const std::string& name, const std::string& text);

}  // namespace sluice::replay
