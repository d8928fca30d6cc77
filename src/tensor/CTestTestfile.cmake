# CMake generated Testfile for 
# Source directory: /tmp/k/shadow/src/tensor
# Build directory: /tmp/k/shadow/src/tensor
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[tensor]=] "/tmp/k/shadow/src/tensor/tensor_test")
set_tests_properties([=[tensor]=] PROPERTIES  TIMEOUT "600" _BACKTRACE_TRIPLES "/tmp/k/shadow/cmake/Sluice.cmake;49;add_test;/tmp/k/shadow/src/tensor/CMakeLists.txt;5;sluice_test;/tmp/k/shadow/src/tensor/CMakeLists.txt;0;")
