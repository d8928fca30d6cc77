#include "text/added_tokens.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

AddedTokens::AddedTokens(const StringTable& texts, std::vector<TokenId> ids)
    : texts_(&texts), ids_(std::move(ids)) {
  std::erase_if(ids_, [&texts](TokenId id) { return texts[static_cast<size_t>(id)].empty(); });
  std::sort(ids_.begin(), ids_.end(), [&texts](TokenId a, TokenId b) {
    return texts[static_cast<size_t>(a)] < texts[static_cast<size_t>(b)];
  });
  ids_.shrink_to_fit();
  for (uint32_t i = 0; i < ids_.size(); ++i) {
    Range& range = ranges_[index(text_of(i)[0])];
    if (range.begin == range.end) range.begin = i;
    range.end = i + 1;
  }
}

AddedTokens::Range AddedTokens::narrow(Range range, size_t depth, char byte) const {
  // std::string_view orders by unsigned bytes, so the search must, too. A text that ends at
  // `depth` stands before all that go on.
  const auto byte_at = [&](TokenId id) {
    const std::string_view text = (*texts_)[static_cast<size_t>(id)];
    return depth < text.size() ? static_cast<int>(index(text[depth])) : -1;
  };
  const int wanted = static_cast<int>(index(byte));
  const auto first = ids_.begin() + range.begin;
  const auto last = ids_.begin() + range.end;
  const auto low =
      std::partition_point(first, last, [&](TokenId id) { return byte_at(id) < wanted; });
  const auto high =
      std::partition_point(low, last, [&](TokenId id) { return byte_at(id) <= wanted; });
  return {static_cast<uint32_t>(low - ids_.begin()), static_cast<uint32_t>(high - ids_.begin())};
}

std::optional<TokenId> AddedTokens::longest_at_start(std::string_view text) const {
  std::optional<TokenId> longest;
  if (text.empty()) return longest;
  Range range = ranges_[index(text[0])];
  for (size_t depth = 1; range.begin < range.end; ++depth) {
    if (text_of(range.begin).size() == depth) longest = ids_[range.begin];
    if (depth == text.size()) break;
    range = narrow(range, depth, text[depth]);
  }
  return longest;
}

std::optional<TokenId> AddedTokens::find(std::string_view text) const {
  const auto at =
      std::lower_bound(ids_.begin(), ids_.end(), text, [this](TokenId id, std::string_view wanted) {
        return (*texts_)[static_cast<size_t>(id)] < wanted;
      });
  if (at == ids_.end() || (*texts_)[static_cast<size_t>(*at)] != text) return std::nullopt;
  return *at;
}

}  // namespace sluice
