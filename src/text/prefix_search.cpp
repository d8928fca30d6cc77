#include "text/prefix_search.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

PrefixSearch::PrefixSearch(const StringTable& texts, std::vector<uint32_t> indices)
    : texts_(&texts), order_(std::move(indices)) {
  std::sort(order_.begin(), order_.end(),
            [&texts](uint32_t a, uint32_t b) { return texts[a] < texts[b]; });
  order_.shrink_to_fit();
  for (uint32_t i = 0; i < order_.size(); ++i) {
    Range& range = ranges_[index(texts[order_[i]][0])];
    if (range.begin == range.end) range.begin = i;
    range.end = i + 1;
  }
}

PrefixSearch::Range PrefixSearch::narrow(Range range, size_t depth, char byte) const {
  // std::string_view orders by unsigned bytes, so the search must, too. A text that ends at
  // `depth` stands before all that go on.
  const auto byte_at = [&](uint32_t i) {
    const std::string_view text = (*texts_)[i];
    return depth < text.size() ? static_cast<int>(index(text[depth])) : -1;
  };
  const int wanted = static_cast<int>(index(byte));
  const auto first = order_.begin() + range.begin;
  const auto last = order_.begin() + range.end;
  const auto low =
      std::partition_point(first, last, [&](uint32_t i) { return byte_at(i) < wanted; });
  const auto high =
      std::partition_point(low, last, [&](uint32_t i) { return byte_at(i) <= wanted; });
  return {static_cast<uint32_t>(low - order_.begin()),
          static_cast<uint32_t>(high - order_.begin())};
}

}  // namespace sluice
