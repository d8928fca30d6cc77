#include "cli/cache_folder.hpp"

#include <cstdlib>

namespace sluice::cli {

std::string cache_folder() {
  // The specification has relative paths ignored.
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return std::string(cache) + "/sluice";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/sluice";
  return "";
}

}  // namespace sluice::cli
