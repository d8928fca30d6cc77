#include "device/cpu/kernels/isa_tables.hpp"

namespace sluice {

std::vector<IsaTable> isa_tables() {
  return {};
}

}  // namespace sluice
