// What every reader decides after one read call, so that all of them mean the same by "complete"
// and "short". Threads: pure functions. Cost: none.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "io/file.hpp"
#include "io/reader.hpp"

namespace sluice {

/// Linux moves at most 0x7ffff000 bytes in one call; longer reads go on in steps of this size.
inline constexpr size_t kReadStepBytes = size_t{1} << 30;

enum class ReadStep { complete, more, ended };

/// After a call that brought `step` bytes, `arrived` in all: is the request served, is the rest
/// worth another call, or has the file ended? A direct read can only go on from an aligned offset;
/// one that stopped elsewhere has met the end of the file.
inline ReadStep next_step(const File& file, const ReadRequest& request, size_t arrived,
                          size_t step) {
  if (arrived >= request.needed) return ReadStep::complete;
  const bool resumable = file.caching() == Caching::buffered || arrived % file.alignment() == 0;
  return step > 0 && resumable ? ReadStep::more : ReadStep::ended;
}

/// Tells the kernel that buffered files are not read in sequence: guessed read-ahead would fill the
/// page cache with what drop_cached() does not know of.
inline void expect_random(const File& file) {
  if (file.caching() == Caching::buffered) {
    posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_RANDOM);
  }
}

/// Gives the page cache back what a buffered read left in it. Rounded outwards: the kernel keeps
/// pages that the range covers only in part.
inline void drop_cached(const File& file, uint64_t offset, size_t bytes) {
  if (file.caching() != Caching::buffered || bytes == 0) return;
  const uint64_t begin = align_down(offset, kPage);
  const uint64_t end = align_up(offset + bytes, kPage);
  posix_fadvise(file.descriptor(), static_cast<off_t>(begin), static_cast<off_t>(end - begin),
                POSIX_FADV_DONTNEED);
}

}  // namespace sluice
