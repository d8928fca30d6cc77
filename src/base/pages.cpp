#include "base/pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace sluice {

namespace {

constexpr size_t kHugePage = 2 * kMiB;

std::byte* map(size_t bytes) {
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : static_cast<std::byte*>(address);
}

void unmap(std::byte* begin, std::byte* end) {
  if (begin != end) munmap(begin, static_cast<size_t>(end - begin));
}

}  // namespace

Result<Pages> Pages::allocate(size_t bytes, PageSize size) {
  Pages pages;
  if (bytes == 0) return pages;
  const size_t mapped = align_up(bytes, kPage);
  const bool huge = size == PageSize::huge && mapped >= 4 * kHugePage;
  std::byte* address = map(mapped + (huge ? kHugePage : 0));
  if (address == nullptr) {
    return Error{Code::budget, "cannot allocate " + format_bytes(bytes) + " of memory: " +
                                   std::strerror(errno)};
  }
  if (huge) {
    // Aligned for huge pages, and cut to size: a huge page then never covers memory outside the
    // mapping, so that resident memory cannot exceed what was asked for.
    auto* aligned = reinterpret_cast<std::byte*>(
        align_up(reinterpret_cast<uintptr_t>(address), kHugePage));
    unmap(address, aligned);
    unmap(aligned + mapped, address + mapped + kHugePage);
    address = aligned;
    madvise(address, mapped, MADV_HUGEPAGE);
  } else if (size == PageSize::small) {
    madvise(address, mapped, MADV_NOHUGEPAGE);
  }
  pages.data_ = address;
  pages.size_ = mapped;
  return pages;
}

Pages::Pages(Pages&& other) noexcept { *this = std::move(other); }

Pages& Pages::operator=(Pages&& other) noexcept {
  if (this == &other) return *this;
  if (data_ != nullptr) munmap(data_, size_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, size_);
}

bool give_back(std::span<std::byte> memory) {
  const auto begin = reinterpret_cast<uintptr_t>(memory.data());
  const uintptr_t first = align_up(begin, kPage);
  const uintptr_t last = align_down(begin + memory.size(), kPage);
  if (first >= last) return true;
  return madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0;
}

}  // namespace sluice
