
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/tensor/decode.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/decode.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/decode.cpp.o.d"
  "/tmp/k/shadow/src/tensor/decode_iq.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_iq.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_iq.cpp.o.d"
  "/tmp/k/shadow/src/tensor/decode_k.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_k.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_k.cpp.o.d"
  "/tmp/k/shadow/src/tensor/decode_legacy.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_legacy.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_legacy.cpp.o.d"
  "/tmp/k/shadow/src/tensor/decode_levels.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_levels.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/decode_levels.cpp.o.d"
  "/tmp/k/shadow/src/tensor/dtype.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/dtype.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/dtype.cpp.o.d"
  "/tmp/k/shadow/src/tensor/iq_grids.cpp" "src/tensor/CMakeFiles/sluice_tensor.dir/iq_grids.cpp.o" "gcc" "src/tensor/CMakeFiles/sluice_tensor.dir/iq_grids.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/k/shadow/src/base/CMakeFiles/sluice_base.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
