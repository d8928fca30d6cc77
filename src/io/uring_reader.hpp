// A reader over Linux io_uring: no threads of its own, one system call for a batch of reads.
#pragma once

#include <memory>
#include <span>

#include "io/reader.hpp"

namespace sluice {

/// Errors: unsupported, with the kernel's reason, if it refuses io_uring.
Result<std::unique_ptr<Reader>> open_uring_reader(std::span<const File> files,
                                                  const ReaderOptions& options);

}  // namespace sluice
