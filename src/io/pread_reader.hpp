// A reader over a small pool of threads that call pread, for systems that refuse io_uring.
#pragma once

#include <memory>
#include <span>

#include "io/reader.hpp"

namespace sluice {

/// Errors: io, if no thread can be started.
Result<std::unique_ptr<Reader>> open_pread_reader(std::span<const File> files,
                                                  const ReaderOptions& options);

}  // namespace sluice
