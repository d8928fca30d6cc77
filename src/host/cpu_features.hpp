// What the processor can do, asked once. Threads: pure.
#pragma once

namespace sluice {

struct CpuFeatures {
  bool avx2 = false;    ///< AVX2, FMA, F16C
  bool avx512 = false;  ///< F, BW, DQ, VL, VNNI
  bool neon = false;
};

/// Features that both the processor and the operating system support.
CpuFeatures detect_cpu_features();

}  // namespace sluice
