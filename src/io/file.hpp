// An open model file, for positioned reads past the page cache where the file system allows it.
// Threads: immutable after open; reads may run at once from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// How reads reach the disk.
enum class Caching {
  direct,    ///< O_DIRECT: offset, length and buffer are multiples of alignment().
  buffered,  ///< The page cache; the reader drops what it read (for file systems without O_DIRECT).
};

class File {
 public:
  /// Opens a regular file for reading: direct if the file system grants it, otherwise buffered
  /// (or always buffered, if asked). Errors: io (missing, unreadable, a directory, not regular).
  static Result<File> open(const std::string& path, Caching wanted = Caching::direct);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  int descriptor() const { return descriptor_; }
  Caching caching() const { return caching_; }
  /// What offset, length and buffer address of a read must be multiples of: 1 if buffered,
  /// else what the kernel reports (statx STATX_DIOALIGN) or 4096.
  size_t alignment() const { return alignment_; }

 private:
  File() = default;

  std::string path_;
  uint64_t size_ = 0;
  int descriptor_ = -1;
  Caching caching_ = Caching::buffered;
  size_t alignment_ = 1;
};

/// Index into the files of a model, in the order they were opened.
enum class FileIndex : uint32_t {};

}  // namespace sluice
