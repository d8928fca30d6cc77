
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/device/cpu/cpu_ops.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/cpu_ops.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/cpu_ops.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/avx2.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx2.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx2.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/avx512.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx512.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx512.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/scalar.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/scalar.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/scalar.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/select.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/select.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/select.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/x86.cpp" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/x86.cpp.o" "gcc" "src/device/CMakeFiles/sluice_device.dir/cpu/kernels/x86.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/k/shadow/src/base/CMakeFiles/sluice_base.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/tensor/CMakeFiles/sluice_tensor.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/host/CMakeFiles/sluice_host.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
