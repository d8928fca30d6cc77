// A result file that appears whole or not at all: written beside its place, renamed at the end,
// removed if abandoned. Things that are no regular files (/dev/stdout, a pipe) are written
// directly.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "sluice/error.hpp"

namespace sluice::cli {

class OutputFile {
 public:
  /// Errors: io.
  static Result<OutputFile> create(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) = delete;
  ~OutputFile();

  Result<void> write(const void* bytes, size_t count);
  /// Writes at an offset from the beginning; the file must be regular.
  Result<void> write_at(uint64_t offset, const void* bytes, size_t count);
  /// Only the user may read it. Errors: io.
  Result<void> make_private();
  /// Waits until what was written is on the disk. Errors: io.
  Result<void> sync();
  /// Makes the file appear. Errors: io (the disk is full, ...).
  Result<void> finish();

 private:
  OutputFile() = default;
  Error failure(const char* action) const;

  std::string path_;
  std::string temporary_;  // empty: written directly
  std::FILE* file_ = nullptr;
};

}  // namespace sluice::cli
