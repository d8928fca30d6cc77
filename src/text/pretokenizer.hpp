// Pre-tokenizers: text cut into the pieces inside which byte-pair merges may happen. Each model
// family publishes regular expressions for it; here they are matchers written by hand over classes
// of code points, checked against the authority's pieces (tests/golden/tokenizers).
// Threads: const after creation. Cost: linear in the text, whatever it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/string_table.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Where a pattern was found; empty, at the end of the text, if it was not.
struct Match {
  const char* begin;
  const char* end;
};

/// Finds the first match of one pattern in [at, end).
using FindPattern = Match (*)(const char* at, const char* end);

/// One family: its patterns, and what a vocabulary file leaves unsaid about it.
struct PretokenizerFamily {
  std::string_view name;                  ///< as in tokenizer.ggml.pre
  std::span<const FindPattern> patterns;  ///< applied in turn to the pieces that the last one left
  bool normalizes;                        ///< the family declares normalisation form C
  bool ignores_merges;                    ///< a piece that is a token is that token, merges or not
  bool adds_bos;                          ///< where the file does not say
};

class Pretokenizer {
 public:
  /// Errors: unsupported, for a name that is not known, or none at all.
  static Result<Pretokenizer> create(std::string_view name);
  /// By regular expressions, applied in turn (text/expressions.hpp).
  static Result<Pretokenizer> create(const StringTable& expressions);

  /// Appends where each piece of `text` ends, in bytes; no byte is lost. Ill-formed bytes count as
  /// U+FFFD for the patterns.
  void split(std::string_view text, std::vector<size_t>& ends) const;

  /// The family, where it was found by name.
  const PretokenizerFamily& family() const { return family_; }

 private:
  Pretokenizer(std::vector<FindPattern> patterns, const PretokenizerFamily& family)
      : patterns_(std::move(patterns)), family_(family) {}
  std::vector<FindPattern> patterns_;
  PretokenizerFamily family_;
};

/// A family by its name; null if there is none.
const PretokenizerFamily* find_family(std::string_view name);

}  // namespace sluice
