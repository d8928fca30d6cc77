# Build helpers: one library per folder, one test program per folder, the same warnings everywhere.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

option(SLUICE_FUZZERS "Build libFuzzer targets (Clang only)" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Contraction into fused multiply-adds would let one expression round differently in two places;
# where a fused operation is wanted it is written (docs/kernels.md).
add_compile_options(-ffp-contract=off -fno-math-errno)
set(SLUICE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
  # GCC 12 takes instrumented variants for uninitialised (its bug 105562).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
if(SLUICE_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# sluice_library(NAME SOURCES a.cpp ... DEPENDS sluice::base ... [SYSTEM PkgConfig::x ...])
# DEPENDS lists the folders that NAME may include; SYSTEM its private third-party libraries.
function(sluice_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;SYSTEM" ${ARGN})
  add_library(sluice_${name} STATIC ${ARG_SOURCES})
  add_library(sluice::${name} ALIAS sluice_${name})
  target_include_directories(sluice_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(sluice_${name} PRIVATE ${SLUICE_WARNINGS})
  target_link_libraries(sluice_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_SYSTEM})
endfunction()

# sluice_test(NAME SOURCES a_test.cpp ... DEPENDS sluice::x ...): one GoogleTest program, one ctest entry.
function(sluice_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_compile_options(${name}_test PRIVATE ${SLUICE_WARNINGS})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_test PRIVATE SLUICE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# sluice_fuzz(NAME SOURCE x.cpp DEPENDS ...): with Clang and SLUICE_FUZZERS a libFuzzer target
# NAME_fuzz; always NAME_replay, which runs every file of fuzz/corpus/NAME once, as a test.
function(sluice_fuzz name)
  cmake_parse_arguments(ARG "" "SOURCE" "DEPENDS" ${ARGN})
  add_executable(${name}_replay ${ARG_SOURCE} ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp)
  target_compile_options(${name}_replay PRIVATE ${SLUICE_WARNINGS})
  target_link_libraries(${name}_replay PRIVATE ${ARG_DEPENDS})
  add_test(NAME fuzz_${name} COMMAND ${name}_replay ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
  if(SLUICE_FUZZERS)
    add_executable(${name}_fuzz ${ARG_SOURCE})
    target_link_libraries(${name}_fuzz PRIVATE ${ARG_DEPENDS})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
