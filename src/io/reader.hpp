// The contract of a reader: asynchronous positioned reads into memory that the caller gave.
// Implementations: io_uring, a pool of pread threads, and a faulty one for tests. Nothing else in
// Sluice reads weights. Threads: one thread uses a reader at a time. Cost: a submission is a system
// call or less; a reader allocates nothing after open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct ReadRequest {
  FileIndex file{};
  uint64_t offset = 0;  ///< multiple of the file's alignment
  size_t bytes = 0;     ///< multiple of the file's alignment; may reach past the file's end
  size_t needed = 0;    ///< fewer bytes than this is a short read, an error
  std::byte* destination = nullptr;  ///< multiple of the file's alignment; `bytes` bytes
  bool untouched = false;            ///< nothing was written there yet: its pages are still missing
  uint64_t tag = 0;                  ///< returned with the completion
};

struct Completion {
  uint64_t tag = 0;
  size_t bytes = 0;  ///< bytes that arrived
  int error = 0;     ///< 0, an errno value, or kShortRead
};
inline constexpr int kShortRead = -1;

class Reader {
 public:
  virtual ~Reader() = default;

  /// Starts reads. At most depth() may be in flight: the caller keeps count (in_flight()).
  /// Errors: io, if the system refuses the submission itself; then none of the span was started.
  virtual Result<void> submit(std::span<const ReadRequest> requests) = 0;

  /// Collects completions, in any order, into `out`. Waits until at least `minimum` have arrived
  /// (0: returns at once with what is there). Returns how many were written.
  virtual Result<size_t> reap(std::span<Completion> out, size_t minimum) = 0;

  virtual size_t in_flight() const = 0;
  virtual size_t depth() const = 0;
  /// "uring", "pread".
  virtual std::string_view name() const = 0;
};

struct ReaderOptions {
  size_t depth = 64;   ///< most reads in flight
  size_t threads = 4;  ///< of the pread reader
};

/// Opens a reader by name: "uring", "pread", or "auto" (uring if the system grants it, else pread).
/// `files` must outlive the reader. Errors: unsupported (unknown name, or uring refused, with the
/// reason), io.
Result<std::unique_ptr<Reader>> open_reader(std::string_view name, std::span<const File> files,
                                            const ReaderOptions& options);

/// "disk.gguf: read of 4096 bytes at offset 8192 failed: Input/output error" (or "... came back
/// short: 512 bytes; the file may be truncated").
Error read_error(const File& file, uint64_t offset, size_t bytes, const Completion& completion);

}  // namespace sluice
