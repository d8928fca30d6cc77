#include "text/added_tokens.hpp"

#include <algorithm>
#include <numeric>

#include "text/word_edges.hpp"

namespace sluice {

namespace {

// Where the token and the blanks that it takes along begin and end; nothing if it may not stand
// here. `free` is where the token before it ended.
std::optional<FoundToken> settle(std::string_view text, FoundToken found, const AddedToken& token,
                                 size_t free) {
  const std::string_view before = text.substr(0, found.begin);
  const std::string_view behind = text.substr(found.end);
  if (token.single_word && (ends_with_word(before) || starts_with_word(behind)))
    return std::nullopt;
  if (token.strips_left && free < found.begin) found.begin -= blanks_at_end(before.substr(free));
  // What a token before this one took along are blanks; they need no second look.
  if (token.strips_right) {
    found.end = std::max(found.end, free);
    found.end += blanks_at_start(text.substr(found.end));
  }
  return found;
}

}  // namespace

AddedTokens::AddedTokens(const std::vector<Entry>& entries) {
  std::vector<uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return entries[a].text < entries[b].text; });
  for (const uint32_t i : order) {
    const Entry& entry = entries[i];
    const bool again = !tokens_.empty() && (*texts_)[texts_->size() - 1] == entry.text;
    if (entry.text.empty() || again) continue;
    texts_->push_back(entry.text);
    tokens_.push_back(entry.token);
  }
  tokens_.shrink_to_fit();
  std::vector<uint32_t> all(tokens_.size());
  std::iota(all.begin(), all.end(), 0u);
  search_ = PrefixSearch(*texts_, std::move(all));
}

AddedTokens::Match AddedTokens::longest_at_start(std::string_view text) const {
  Match longest;
  search_.for_each_prefix(text, [&](uint32_t i, size_t bytes) { longest = {&tokens_[i], bytes}; });
  return longest;
}

std::vector<FoundToken> AddedTokens::find_all(std::string_view text,
                                              std::span<const TextSpan> spans) const {
  std::vector<FoundToken> found;
  if (empty()) return found;
  for (const TextSpan& span : spans) {
    const std::string_view inside = text.substr(0, span.end);
    for (size_t at = span.begin; at < span.end;) {
      const Match match =
          search_.may_start(inside[at]) ? longest_at_start(inside.substr(at)) : Match{};
      if (match.token == nullptr) {
        ++at;
        continue;
      }
      if (span.markup || !match.token->special) {
        const auto token = settle(text, {at, at + match.bytes, match.token->id}, *match.token,
                                  found.empty() ? 0 : found.back().end);
        if (token) found.push_back(*token);
      }
      at += match.bytes;
    }
  }
  return found;
}

std::optional<TokenId> AddedTokens::find(std::string_view text) const {
  const Match match = longest_at_start(text);
  if (match.token == nullptr || match.bytes != text.size()) return std::nullopt;
  return match.token->id;
}

}  // namespace sluice
