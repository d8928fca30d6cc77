#include "text/unigram.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "text/utf8.hpp"

namespace sluice {

namespace {

// How much worse than the worst token an unknown character is.
constexpr double kUnknownPenalty = 10;

// The best way to a place in the text: the score so far, and the last piece.
struct Way {
  double score = -std::numeric_limits<double>::infinity();
  size_t begin = 0;
  TokenId id = -1;
};

void take_better(Way& way, const Way& candidate) {
  if (candidate.score > way.score) way = candidate;
}

}  // namespace

Unigram::Unigram(const StringTable& texts, std::vector<uint32_t> tokens, std::vector<double> scores)
    : scores_(std::move(scores)) {
  double lowest = tokens.empty() ? 0 : std::numeric_limits<double>::infinity();
  for (const uint32_t id : tokens) lowest = std::min(lowest, scores_[id]);
  unknown_score_ = lowest - kUnknownPenalty;
  search_ = PrefixSearch(texts, std::move(tokens));
}

void Unigram::cut(std::string_view text, std::vector<Piece>& pieces) const {
  std::vector<Way> ways(text.size() + 1);  // by end
  ways[0].score = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text.data() + at, text.data() + text.size());
    const double score = ways[at].score;
    bool known = false;
    search_.for_each_prefix(text.substr(at), [&](uint32_t id, size_t bytes) {
      known = known || bytes == point.bytes;
      take_better(ways[at + bytes], {score + scores_[id], at, static_cast<TokenId>(id)});
    });
    if (!known) take_better(ways[at + point.bytes], {score + unknown_score_, at, -1});
    at += point.bytes;
  }
  const size_t first = pieces.size();
  for (size_t end = text.size(); end > 0; end = ways[end].begin) {
    const Way& way = ways[end];
    pieces.push_back({way.begin, end, way.id < 0 ? std::nullopt : std::optional(way.id)});
  }
  std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
}

}  // namespace sluice
