#include "base/pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace sluice {

namespace {
constexpr size_t kHugePage = 2 * kMiB;
}

Result<Pages> Pages::allocate(size_t bytes) {
  Pages pages;
  if (bytes == 0) return pages;
  const bool huge = bytes >= 4 * kHugePage;
  pages.mapping_bytes_ = align_up(bytes, 4096) + (huge ? kHugePage : 0);
  pages.mapping_ = mmap(nullptr, pages.mapping_bytes_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages.mapping_ == MAP_FAILED) {
    pages.mapping_ = nullptr;
    return Error{Code::budget, "cannot allocate " + format_bytes(bytes) + " of memory: " +
                                   std::strerror(errno)};
  }
  const auto address = reinterpret_cast<uintptr_t>(pages.mapping_);
  pages.data_ = reinterpret_cast<std::byte*>(huge ? align_up(address, kHugePage) : address);
  pages.size_ = bytes;
  return pages;
}

Pages::Pages(Pages&& other) noexcept { *this = std::move(other); }

Pages& Pages::operator=(Pages&& other) noexcept {
  if (this == &other) return *this;
  release();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  mapping_ = std::exchange(other.mapping_, nullptr);
  mapping_bytes_ = std::exchange(other.mapping_bytes_, 0);
  return *this;
}

Pages::~Pages() { release(); }

void Pages::release() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_bytes_);
  mapping_ = nullptr;
}

}  // namespace sluice
