#include "io/reader.hpp"

#include <cstring>
#include <utility>

#include "io/pread_reader.hpp"
#include "io/uring_reader.hpp"

namespace sluice {

Result<std::unique_ptr<Reader>> open_reader(std::string_view name, std::span<const File> files,
                                            const ReaderOptions& options) {
  if (options.depth == 0 || options.threads == 0) {
    return Error{Code::invalid, "a reader needs a depth and a thread count of at least 1"};
  }
  if (name == "uring") return open_uring_reader(files, options);
  if (name == "pread") return open_pread_reader(files, options);
  if (name == "auto") {
    auto uring = open_uring_reader(files, options);
    if (uring) return uring;
    return open_pread_reader(files, options);
  }
  return Error{Code::unsupported,
               "unknown reader '" + std::string(name) + "': known are uring, pread and auto"};
}

Error read_error(const File& file, uint64_t offset, size_t bytes, const Completion& completion) {
  std::string message = file.path() + ": read of " + std::to_string(bytes) + " bytes at offset " +
                        std::to_string(offset);
  if (completion.error == kShortRead) {
    message += " came back short: " + std::to_string(completion.bytes) +
               " bytes; the file may be truncated";
  } else {
    message += std::string(" failed: ") + std::strerror(completion.error);
  }
  return Error{Code::io, std::move(message)};
}

}  // namespace sluice
