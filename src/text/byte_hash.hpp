// A hash of the bytes of a short text, for tables that live in memory only: it differs between byte
// orders. Internal to src/text. Threads: functions without state. Cost: linear, without branches
// worth mentioning up to 16 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice {

namespace byte_hash {

inline uint64_t load(const char* at, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, at, bytes);
  return value;
}

inline uint64_t mix(uint64_t a, uint64_t b) {
  a = (a ^ b) * 0x9FB21C651E98DF25u;
  return a ^ (a >> 32);
}

}  // namespace byte_hash

/// All 64 bits are of use. Most texts have at most 16 bytes, which two overlapping words cover.
inline uint64_t hash_bytes(std::string_view text) {
  using byte_hash::load, byte_hash::mix;
  const char* at = text.data();
  size_t left = text.size();
  uint64_t state = left * 0x9E3779B97F4A7C15u;
  for (; left > 16; at += 8, left -= 8) state = mix(state, load(at, 8));
  if (left >= 8) {
    state = mix(state, load(at, 8));
    return mix(state, load(at + left - 8, 8) + 0x2545F4914F6CDD1Du);
  }
  if (left >= 4) return mix(state, load(at, 4) | load(at + left - 4, 4) << 32);
  if (left == 0) return mix(state, 0);
  return mix(state, load(at, 1) | load(at + left / 2, 1) << 8 | load(at + left - 1, 1) << 16);
}

}  // namespace sluice
