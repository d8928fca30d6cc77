#include "host/limits.hpp"

#include <sys/resource.h>

#include "base/bytes.hpp"
#include "host/text_file.hpp"

namespace sluice {

namespace {

std::optional<uint64_t> resource_limit(int resource) {
  rlimit limit = {};
  // The type of the first argument differs between C libraries.
  if (getrlimit(static_cast<decltype(RLIMIT_NOFILE)>(resource), &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

Limits read_limits(const std::string& root) {
  Limits limits;
  limits.locked_bytes = resource_limit(RLIMIT_MEMLOCK);
  limits.open_files = resource_limit(RLIMIT_NOFILE);
  limits.address_bytes = resource_limit(RLIMIT_AS);
  limits.uring_disabled = read_number(root + "/proc/sys/kernel/io_uring_disabled");
  const std::string pages =
      read_text(root + "/sys/kernel/mm/transparent_hugepage/enabled").value_or("");
  const size_t begin = pages.find('[');
  const size_t end = pages.find(']');
  if (begin < end && end != std::string::npos) {
    limits.huge_pages = pages.substr(begin + 1, end - begin - 1);
  }
  const auto memory = read_text(root + "/proc/meminfo");
  if (const auto swap = memory ? find_line(*memory, "SwapTotal") : std::nullopt) {
    limits.swap_bytes = parse_number(*swap).value_or(0) * kKiB;
  }
  return limits;
}

}  // namespace sluice
