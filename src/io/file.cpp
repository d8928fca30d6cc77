#include "io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/bytes.hpp"

namespace sluice {

namespace {

constexpr size_t kUsualAlignment = 4096;

Error open_error(const std::string& path, std::string_view reason) {
  return Error{Code::io, path + ": cannot open: " + std::string(reason)};
}

Result<void> require_regular(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) return open_error(path, "it is a directory, not a file");
  return open_error(path, "it is not a regular file");
}

/// The alignment that direct reads of this open file need, or nothing if the kernel says that the
/// file has no direct reads. Kernels before 6.1 and some file systems do not say; 4096 is enough
/// for every block size in use there.
std::optional<size_t> direct_alignment(int descriptor) {
#ifdef STATX_DIOALIGN
  struct statx status = {};
  const bool known = statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
                     (status.stx_mask & STATX_DIOALIGN) != 0;
  if (known) {
    const uint32_t alignment = std::max(status.stx_dio_mem_align, status.stx_dio_offset_align);
    if (status.stx_dio_offset_align == 0 || !is_power_of_two(alignment)) return std::nullopt;
    return alignment;
  }
#else
  static_cast<void>(descriptor);
#endif
  return kUsualAlignment;
}

int open_for_reading(const std::string& path, int extra_flags) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | extra_flags);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

}  // namespace

Result<File> File::open(const std::string& path, Caching wanted) {
  // Looked at before opening: opening a pipe would wait for its writer.
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return open_error(path, std::strerror(errno));
  SLUICE_TRY(require_regular(path, status));

  File file;
  file.path_ = path;
  if (wanted == Caching::direct) {
    file.descriptor_ = open_for_reading(path, O_DIRECT);
    if (file.descriptor_ < 0 && errno != EINVAL) return open_error(path, std::strerror(errno));
  }
  if (file.descriptor_ >= 0) {
    if (const auto alignment = direct_alignment(file.descriptor_)) {
      file.caching_ = Caching::direct;
      file.alignment_ = *alignment;
    } else {
      ::close(std::exchange(file.descriptor_, -1));
    }
  }
  if (file.descriptor_ < 0) file.descriptor_ = open_for_reading(path, 0);
  if (file.descriptor_ < 0) return open_error(path, std::strerror(errno));

  if (fstat(file.descriptor_, &status) != 0) return open_error(path, std::strerror(errno));
  SLUICE_TRY(require_regular(path, status));
  file.size_ = static_cast<uint64_t>(status.st_size);
  return file;
}

File::File(File&& other) noexcept { *this = std::move(other); }

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ >= 0) ::close(descriptor_);
  path_ = std::move(other.path_);
  size_ = other.size_;
  descriptor_ = std::exchange(other.descriptor_, -1);
  caching_ = other.caching_;
  alignment_ = other.alignment_;
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace sluice
