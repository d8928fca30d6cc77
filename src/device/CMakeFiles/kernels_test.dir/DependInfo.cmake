
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/device/cpu/kernels/kernels_test.cpp" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/kernels_test.cpp.o" "gcc" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/kernels_test.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/select_test.cpp" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/select_test.cpp.o" "gcc" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/select_test.cpp.o.d"
  "/tmp/k/shadow/src/device/cpu/kernels/vectors_test.cpp" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/vectors_test.cpp.o" "gcc" "src/device/CMakeFiles/kernels_test.dir/cpu/kernels/vectors_test.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/tensor/CMakeFiles/sluice_tensor.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/host/CMakeFiles/sluice_host.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/base/CMakeFiles/sluice_base.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
