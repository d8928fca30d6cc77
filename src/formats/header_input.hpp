// Reads the header of a model file in order, through a window of fixed size, with an ordinary
// descriptor of its own: the header is small, unaligned, and worth the page cache.
//
// Every read is checked against the file's real size first, so that a length from the file can
// ask for no more memory than there are bytes behind it, and in all for no more than
// kHeaderBytesMax. Threads: one at a time. Ownership: keeps a reference to the File it reads.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// No header is larger than this. The largest known, of vocabularies with 256 thousand tokens, have
/// some 20 MiB; without a limit, a hostile count in a file of 500 GiB would be plausible.
inline constexpr uint64_t kHeaderBytesMax = 256 * kMiB;

class HeaderInput {
 public:
  /// Opens `file`, which must outlive this object, a second time. Errors: io.
  static Result<HeaderInput> open(const File& file);

  HeaderInput(HeaderInput&& other) noexcept;
  HeaderInput& operator=(HeaderInput&&) = delete;
  ~HeaderInput();

  const File& file() const { return *file_; }
  /// Offset in the file of the next byte to be read.
  uint64_t position() const { return window_offset_ + cursor_; }
  /// Bytes that may still be read: to the end of the file or to the limit for headers.
  uint64_t remaining() const { return limit_ - position(); }

  /// Says what is read from here on, for the messages of errors: "metadata 3 of 24", or the noun
  /// alone if `total` is 0. `noun` must outlive this object.
  void enter(const char* noun, uint64_t number = 0, uint64_t total = 0);
  /// Adds the name of that item, once known: "metadata 3 of 24 ('general.name')".
  void name(std::string_view item) { item_ = item; }

  /// The next little-endian number. Errors: corrupt (the file ends before), io.
  template <typename T>
  Result<T> number();

  /// The next `count` bytes; the view lives until the next read. Errors: corrupt (the file ends
  /// before; nothing has been allocated then), io.
  Result<std::string_view> bytes(uint64_t count);

  /// Fails unless `count` items of at least `item_bytes` each may follow. Errors: corrupt.
  Result<void> require(uint64_t count, uint64_t item_bytes) const;

  /// An error about this file: "FILE: metadata 3 of 24 ('key'): reason".
  Error error(Code code, std::string_view reason) const;

 private:
  HeaderInput() = default;
  /// Makes at least `count` bytes lie in the window behind the cursor; at most kWindowBytes.
  Result<void> fill(size_t count);
  Result<std::string_view> long_bytes(size_t count);
  Error ended(uint64_t needed_bytes) const;

  static constexpr size_t kWindowBytes = 64 * kKiB;

  const File* file_ = nullptr;
  int descriptor_ = -1;
  uint64_t limit_ = 0;          // bytes of the file that may be read
  std::vector<char> window_;    // file bytes from window_offset_ on
  uint64_t window_offset_ = 0;
  size_t window_filled_ = 0;    // valid bytes in window_
  size_t cursor_ = 0;           // next byte to read in window_
  std::string long_text_;       // what bytes() returned if longer than the window
  const char* noun_ = nullptr;
  uint64_t noun_number_ = 0;
  uint64_t noun_total_ = 0;
  std::string item_;
};

template <typename T>
Result<T> HeaderInput::number() {
  static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
  static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");
  if (window_filled_ - cursor_ < sizeof(T)) SLUICE_TRY(fill(sizeof(T)));
  T value;
  std::memcpy(&value, window_.data() + cursor_, sizeof value);
  cursor_ += sizeof value;
  return value;
}

}  // namespace sluice
