file(REMOVE_RECURSE
  "CMakeFiles/sluice_device.dir/cpu/cpu_ops.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/cpu_ops.cpp.o.d"
  "CMakeFiles/sluice_device.dir/cpu/kernels/avx2.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/kernels/avx2.cpp.o.d"
  "CMakeFiles/sluice_device.dir/cpu/kernels/avx512.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/kernels/avx512.cpp.o.d"
  "CMakeFiles/sluice_device.dir/cpu/kernels/scalar.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/kernels/scalar.cpp.o.d"
  "CMakeFiles/sluice_device.dir/cpu/kernels/select.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/kernels/select.cpp.o.d"
  "CMakeFiles/sluice_device.dir/cpu/kernels/x86.cpp.o"
  "CMakeFiles/sluice_device.dir/cpu/kernels/x86.cpp.o.d"
  "libsluice_device.a"
  "libsluice_device.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_device.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
