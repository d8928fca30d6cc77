// What one decoded token makes the processor multiply: bytes of weights by type. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/source.hpp"
#include "tensor/dtype.hpp"

namespace sluice {

/// All matrices of one type; rows and columns are those of the shape with the most bytes.
struct TokenWork {
  DType type{};
  double bytes_per_token = 0;
  uint64_t rows = 0;
  uint64_t columns = 0;
};

/// The trunk without the embedding table (of which a token uses one row), and the routed share of
/// the streamed units. Ordered by falling bytes.
std::vector<TokenWork> token_work(const Source& source);

}  // namespace sluice
