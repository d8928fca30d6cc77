// Asking for memory before it is needed, for the x86 tables.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace sluice {
namespace {

enum { kLineBytes = 64 };

/// Asks for `bytes` from `address` to come to level-2 cache; any address is allowed. Weights that
/// will be used once are asked for in address order, a block of rows ahead: level 1 has far fewer
/// requests in flight (docs/experiments/2026-11-21-kernel-prefetch.md).
inline void prefetch(const uint8_t* address, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kLineBytes) {
    _mm_prefetch(reinterpret_cast<const char*>(address + at), _MM_HINT_T1);
  }
}

}  // namespace
}  // namespace sluice
