# CMake generated Testfile for 
# Source directory: /tmp/k/shadow/src/host
# Build directory: /tmp/k/shadow/src/host
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[host]=] "/tmp/k/shadow/src/host/host_test")
set_tests_properties([=[host]=] PROPERTIES  TIMEOUT "600" _BACKTRACE_TRIPLES "/tmp/k/shadow/cmake/Sluice.cmake;49;add_test;/tmp/k/shadow/src/host/CMakeLists.txt;5;sluice_test;/tmp/k/shadow/src/host/CMakeLists.txt;0;")
