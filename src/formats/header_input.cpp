#include "formats/header_input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "formats/quote.hpp"

namespace sluice {

Result<HeaderInput> HeaderInput::open(const File& file) {
  HeaderInput input;
  input.file_ = &file;
  input.limit_ = std::min(file.size(), kHeaderBytesMax);
  input.window_.resize(kWindowBytes);
  do {
    input.descriptor_ = ::open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
  } while (input.descriptor_ < 0 && errno == EINTR);
  if (input.descriptor_ < 0) {
    return input.error(Code::io, fmt::format("cannot open: {}", std::strerror(errno)));
  }
  // The path may have been given to another file since `file` was opened; a header must never
  // describe one file while the weights come from another.
  struct stat own = {};
  struct stat given = {};
  if (fstat(input.descriptor_, &own) != 0 || fstat(file.descriptor(), &given) != 0) {
    return input.error(Code::io, fmt::format("cannot examine: {}", std::strerror(errno)));
  }
  if (own.st_dev != given.st_dev || own.st_ino != given.st_ino) {
    return input.error(Code::io, "replaced by another file while it was being opened");
  }
  return input;
}

HeaderInput::HeaderInput(HeaderInput&& other) noexcept
    : file_(other.file_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      limit_(other.limit_),
      window_(std::move(other.window_)),
      window_offset_(other.window_offset_),
      window_filled_(other.window_filled_),
      cursor_(other.cursor_),
      long_text_(std::move(other.long_text_)),
      noun_(other.noun_),
      noun_number_(other.noun_number_),
      noun_total_(other.noun_total_),
      item_(std::move(other.item_)) {}

HeaderInput::~HeaderInput() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void HeaderInput::enter(const char* noun, uint64_t number, uint64_t total) {
  noun_ = noun;
  noun_number_ = number;
  noun_total_ = total;
  item_.clear();
}

Result<std::string_view> HeaderInput::bytes(uint64_t count) {
  if (count > remaining()) return ended(count);
  if (count > kWindowBytes) return long_bytes(static_cast<size_t>(count));
  if (window_filled_ - cursor_ < count) SLUICE_TRY(fill(static_cast<size_t>(count)));
  const std::string_view view(window_.data() + cursor_, static_cast<size_t>(count));
  cursor_ += view.size();
  return view;
}

Result<std::string_view> HeaderInput::long_bytes(size_t count) {
  long_text_.clear();
  while (long_text_.size() < count) {
    const size_t step = std::min(count - long_text_.size(), kWindowBytes);
    SLUICE_LET(const std::string_view part, bytes(step));
    long_text_.append(part);
  }
  return std::string_view(long_text_);
}

Result<void> HeaderInput::fill(size_t count) {
  if (count > remaining()) return ended(count);
  const size_t kept = window_filled_ - cursor_;
  std::memmove(window_.data(), window_.data() + cursor_, kept);
  window_offset_ += cursor_;
  cursor_ = 0;
  window_filled_ = kept;
  while (window_filled_ < count) {
    const uint64_t offset = window_offset_ + window_filled_;
    const size_t wanted = std::min<uint64_t>(kWindowBytes - window_filled_, limit_ - offset);
    const ssize_t got = pread(descriptor_, window_.data() + window_filled_, wanted,
                              static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return error(Code::io, fmt::format("read of {} bytes at offset {} failed: {}", wanted,
                                         offset, std::strerror(errno)));
    }
    if (got == 0) {
      return error(Code::io, fmt::format("the file ended at offset {} although it had {} bytes "
                                         "when it was opened", offset, file_->size()));
    }
    window_filled_ += static_cast<size_t>(got);
  }
  return {};
}

Result<void> HeaderInput::require(uint64_t count, uint64_t item_bytes) const {
  const auto needed = checked_multiply(count, item_bytes);
  if (needed && *needed <= remaining()) return {};
  return error(Code::corrupt,
               fmt::format("{} entries of at least {} bytes each at offset {} cannot fit into the "
                           "{} bytes that follow: truncated or damaged file",
                           count, item_bytes, position(), remaining()));
}

Error HeaderInput::ended(uint64_t needed_bytes) const {
  if (limit_ < file_->size()) {
    return error(Code::corrupt, fmt::format("{} bytes at offset {} reach beyond {}, more than any "
                                            "header has", needed_bytes, position(),
                                            format_bytes(kHeaderBytesMax)));
  }
  return error(Code::corrupt, fmt::format("truncated or damaged: {} bytes needed at offset {}, but "
                                          "the file ends at {}", needed_bytes, position(), limit_));
}

Error HeaderInput::error(Code code, std::string_view reason) const {
  std::string message = file_->path() + ": ";
  if (noun_ != nullptr) {
    message += noun_;
    if (noun_total_ > 0) message += fmt::format(" {} of {}", noun_number_, noun_total_);
    if (!item_.empty()) message += fmt::format(" ({})", quote(item_));
    message += ": ";
  }
  message += reason;
  return Error{code, std::move(message)};
}

}  // namespace sluice
