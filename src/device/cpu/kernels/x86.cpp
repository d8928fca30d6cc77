#include "device/cpu/kernels/isa_tables.hpp"

namespace sluice {

extern const struct Kernels sluice_avx2_kernels;    // avx2.cpp
extern const struct Kernels sluice_avx512_kernels;  // avx512.cpp

std::vector<IsaTable> isa_tables() {
  return {{&sluice_avx2_kernels, &CpuFeatures::avx2},
          {&sluice_avx512_kernels, &CpuFeatures::avx512}};
}

}  // namespace sluice
