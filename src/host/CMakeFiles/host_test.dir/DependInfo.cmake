
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/host/memory_test.cpp" "src/host/CMakeFiles/host_test.dir/memory_test.cpp.o" "gcc" "src/host/CMakeFiles/host_test.dir/memory_test.cpp.o.d"
  "/tmp/k/shadow/src/host/thread_pool_test.cpp" "src/host/CMakeFiles/host_test.dir/thread_pool_test.cpp.o" "gcc" "src/host/CMakeFiles/host_test.dir/thread_pool_test.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/k/shadow/src/host/CMakeFiles/sluice_host.dir/DependInfo.cmake"
  "/tmp/k/shadow/src/base/CMakeFiles/sluice_base.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
