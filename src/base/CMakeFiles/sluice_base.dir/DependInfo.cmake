
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/k/shadow/src/base/bytes.cpp" "src/base/CMakeFiles/sluice_base.dir/bytes.cpp.o" "gcc" "src/base/CMakeFiles/sluice_base.dir/bytes.cpp.o.d"
  "/tmp/k/shadow/src/base/check.cpp" "src/base/CMakeFiles/sluice_base.dir/check.cpp.o" "gcc" "src/base/CMakeFiles/sluice_base.dir/check.cpp.o.d"
  "/tmp/k/shadow/src/base/pages.cpp" "src/base/CMakeFiles/sluice_base.dir/pages.cpp.o" "gcc" "src/base/CMakeFiles/sluice_base.dir/pages.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
