#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sluice: defect: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace sluice
