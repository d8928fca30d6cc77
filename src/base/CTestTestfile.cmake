# CMake generated Testfile for 
# Source directory: /tmp/k/shadow/src/base
# Build directory: /tmp/k/shadow/src/base
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[base]=] "/tmp/k/shadow/src/base/base_test")
set_tests_properties([=[base]=] PROPERTIES  TIMEOUT "600" _BACKTRACE_TRIPLES "/tmp/k/shadow/cmake/Sluice.cmake;49;add_test;/tmp/k/shadow/src/base/CMakeLists.txt;3;sluice_test;/tmp/k/shadow/src/base/CMakeLists.txt;0;")
