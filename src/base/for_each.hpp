// Work that somebody else may spread over threads.
#pragma once

#include <cstddef>
#include <functional>

namespace sluice {

/// Calls body(0) to body(count - 1), each once, in any order, perhaps several at the same time;
/// returns when all are done.
using ForEach = std::function<void(size_t count, const std::function<void(size_t)>& body)>;

}  // namespace sluice
