# CMake generated Testfile for 
# Source directory: /tmp/k/shadow/bench
# Build directory: /tmp/k/shadow/bench
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[bench_kernels_smoke]=] "/tmp/k/shadow/bench/bench_kernels" "--smoke")
set_tests_properties([=[bench_kernels_smoke]=] PROPERTIES  _BACKTRACE_TRIPLES "/tmp/k/shadow/bench/CMakeLists.txt;5;add_test;/tmp/k/shadow/bench/CMakeLists.txt;0;")
