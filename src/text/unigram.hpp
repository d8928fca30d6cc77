// SentencePiece's unigram model: of all ways to cut a text into tokens, the one with the highest
// sum of scores. Source: Kudo 2018, "Subword regularization", section 3.1; the Viterbi search, the
// score of unknown characters and the tie-break are those of SentencePiece.
// Threads: const after creation. Cost: for each character of the text, a search down the tokens
// that begin there.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"
#include "text/prefix_search.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

class Unigram {
 public:
  /// A stretch of a text that is a token, or unknown.
  struct Piece {
    size_t begin = 0;
    size_t end = 0;
    std::optional<TokenId> id;
  };

  Unigram() = default;
  /// `tokens` are the ids that text is made of, `texts` and `scores` by id. `texts` must outlive
  /// this and stay where it is.
  Unigram(const StringTable& texts, std::vector<uint32_t> tokens, std::vector<double> scores);

  /// Appends the best cut of `text`. Unknown characters are pieces of their own.
  void cut(std::string_view text, std::vector<Piece>& pieces) const;

  size_t memory_bytes() const {
    return search_.memory_bytes() + scores_.capacity() * sizeof(double);
  }

 private:
  PrefixSearch search_;
  std::vector<double> scores_;
  double unknown_score_ = 0;
};

}  // namespace sluice
