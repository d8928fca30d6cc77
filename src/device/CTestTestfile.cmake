# CMake generated Testfile for 
# Source directory: /tmp/k/shadow/src/device
# Build directory: /tmp/k/shadow/src/device
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[kernels]=] "/tmp/k/shadow/src/device/kernels_test")
set_tests_properties([=[kernels]=] PROPERTIES  TIMEOUT "600" _BACKTRACE_TRIPLES "/tmp/k/shadow/cmake/Sluice.cmake;49;add_test;/tmp/k/shadow/src/device/CMakeLists.txt;23;sluice_test;/tmp/k/shadow/src/device/CMakeLists.txt;0;")
add_test([=[isa_objects_define_no_weak_symbols]=] "/usr/bin/cmake" "-DNM=/usr/bin/nm" "-DOBJECTS=/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/cpu_ops.cpp.o|/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/kernels/scalar.cpp.o|/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/kernels/select.cpp.o|/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/kernels/x86.cpp.o|/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx2.cpp.o|/tmp/k/shadow/src/device/CMakeFiles/sluice_device.dir/cpu/kernels/avx512.cpp.o" "-P" "/tmp/k/shadow/src/device/cpu/kernels/check_isa_objects.cmake")
set_tests_properties([=[isa_objects_define_no_weak_symbols]=] PROPERTIES  SKIP_REGULAR_EXPRESSION "SKIP" _BACKTRACE_TRIPLES "/tmp/k/shadow/src/device/CMakeLists.txt;29;add_test;/tmp/k/shadow/src/device/CMakeLists.txt;0;")
