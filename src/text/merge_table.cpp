#include "text/merge_table.hpp"

#include <algorithm>
#include <bit>

namespace sluice {

MergeTable::MergeTable(size_t merges_most)
    : slots_(std::bit_ceil(std::max<size_t>(2, merges_most + merges_most / 2 + 1))),
      shift_(64 - static_cast<unsigned>(std::countr_zero(slots_.size()))),
      seen_(slots_.size() / 8 + 1) {}

}  // namespace sluice
