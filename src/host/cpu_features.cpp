#include "host/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sluice {
namespace {

#if defined(__x86_64__)
/// Clang 14 does not know "f16c" in __builtin_cpu_supports, so the processor is asked directly. Its
/// instructions use the AVX registers; that the system saves those follows from AVX2 support.
bool has_f16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

}  // namespace

CpuFeatures detect_cpu_features() {
  CpuFeatures features;
#if defined(__x86_64__)
  __builtin_cpu_init();
  features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
  features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
  features.neon = true;
#endif
  return features;
}

}  // namespace sluice
