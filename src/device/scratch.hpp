// Scratch memory that is laid out once at open. The same layout code runs twice: over a measuring
// Scratch, for the plan, and over the real memory; so plan and use cannot drift apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "device/rows.hpp"

namespace sluice {

class Scratch {
 public:
  /// Measures: hands out null pointers and counts. `activation_bits`, 16 or 8: of the quantised
  /// form of activations.
  explicit Scratch(int activation_bits = 16) : activation_bits_(activation_bits) {}
  /// Lays out in `memory`, which must hold what a measuring Scratch counted.
  explicit Scratch(std::span<std::byte> memory, int activation_bits = 16)
      : memory_(memory), activation_bits_(activation_bits) {}

  size_t bytes() const { return used_; }

  template <typename T>
  T* take(size_t count) {
    const size_t begin = used_;
    used_ = align_up(begin + count * sizeof(T), kAlignment);
    if (memory_.empty()) return nullptr;
    SLUICE_CHECK(used_ <= memory_.size());
    return reinterpret_cast<T*>(memory_.data() + begin);
  }

  Rows rows(size_t count, size_t width) {
    const size_t stride = spread<float>(align_up(width, kAlignment / sizeof(float)));
    return {take<float>(count * stride), count, width, stride};
  }

  Activations activations(size_t count, size_t width) {
    Activations result;
    result.x = rows(count, width);
    result.q_stride = spread<int16_t>(align_up(width, 32));
    result.q = take<int16_t>(count * result.q_stride);
    if (activation_bits_ == 8) result.bytes = take<int8_t>(count * result.q_stride);
    result.scale = take<float>(count * result.q_stride / 32);
    result.sums = take<int32_t>(count * result.q_stride / 16);
    return result;
  }

 private:
  static constexpr size_t kAlignment = 64;

  // Rows a whole number of pages apart would share the few places of a level-1 cache: one line
  // more.
  template <typename T>
  static size_t spread(size_t stride) {
    return stride * sizeof(T) % kPage == 0 ? stride + kAlignment / sizeof(T) : stride;
  }

  std::span<std::byte> memory_;
  int activation_bits_;
  size_t used_ = 0;
};

}  // namespace sluice
