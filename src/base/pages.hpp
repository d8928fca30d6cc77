// A private anonymous memory mapping, zeroed, page aligned, untouched pages not yet resident.
// Threads: the owner moves it; the memory itself is the users' business. Cost: one mmap.
#pragma once

#include <cstddef>
#include <span>

#include "sluice/error.hpp"

namespace sluice {

enum class PageSize {
  huge,   ///< where the system can: large mappings are aligned for huge pages and ask for them
  small,  ///< never: for memory that is used here and there, and is to take no more than that
};

class Pages {
 public:
  Pages() = default;
  /// Maps `bytes`, rounded up to whole pages. Errors: budget, if the system refuses.
  static Result<Pages> allocate(size_t bytes, PageSize size = PageSize::huge);

  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  ~Pages();

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  std::span<std::byte> span() const { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Gives the whole pages inside `memory` back to the system; they hold zeros when they come again.
/// False if the system refuses (locked memory only): then nothing has changed.
bool give_back(std::span<std::byte> memory);

}  // namespace sluice
