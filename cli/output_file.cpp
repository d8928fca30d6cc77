#include "cli/output_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::cli {

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile output;
  output.path_ = path;
  struct stat status {};
  const bool special = stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!special) output.temporary_ = path + ".partial-" + std::to_string(getpid());
  output.file_ = std::fopen((special ? path : output.temporary_).c_str(), "wb");
  if (output.file_ == nullptr) {
    output.temporary_.clear();
    return output.failure("create");
  }
  return output;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, nullptr)) {}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Error OutputFile::failure(const char* action) const {
  return {Code::io, path_ + ": cannot " + action + ": " + std::strerror(errno)};
}

Result<void> OutputFile::write(const void* bytes, size_t count) {
  if (std::fwrite(bytes, 1, count, file_) != count) return failure("write");
  return {};
}

Result<void> OutputFile::write_at(uint64_t offset, const void* bytes, size_t count) {
  if (fseeko(file_, static_cast<off_t>(offset), SEEK_SET) != 0) return failure("seek");
  return write(bytes, count);
}

Result<void> OutputFile::make_private() {
  if (!temporary_.empty() && fchmod(fileno(file_), 0600) != 0) return failure("protect");
  return {};
}

Result<void> OutputFile::sync() {
  if (std::fflush(file_) != 0) return failure("write");
  if (!temporary_.empty() && fsync(fileno(file_)) != 0) return failure("write");
  return {};
}

Result<void> OutputFile::finish() {
  std::FILE* file = std::exchange(file_, nullptr);
  const bool flushed = std::fflush(file) == 0;
  if (std::fclose(file) != 0 || !flushed) return failure("write");
  if (temporary_.empty()) return {};
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return failure("rename into place");
  temporary_.clear();
  return {};
}

}  // namespace sluice::cli
