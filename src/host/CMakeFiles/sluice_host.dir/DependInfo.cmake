
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/host/cpu_features.cpp" "src/host/CMakeFiles/sluice_host.dir/cpu_features.cpp.o" "gcc" "src/host/CMakeFiles/sluice_host.dir/cpu_features.cpp.o.d"
  "/tmp/k/shadow/src/host/memory.cpp" "src/host/CMakeFiles/sluice_host.dir/memory.cpp.o" "gcc" "src/host/CMakeFiles/sluice_host.dir/memory.cpp.o.d"
  "/tmp/k/shadow/src/host/thread_pool.cpp" "src/host/CMakeFiles/sluice_host.dir/thread_pool.cpp.o" "gcc" "src/host/CMakeFiles/sluice_host.dir/thread_pool.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/k/shadow/src/base/CMakeFiles/sluice_base.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
