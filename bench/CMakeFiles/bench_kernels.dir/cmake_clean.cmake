file(REMOVE_RECURSE
  "CMakeFiles/bench_kernels.dir/kernels.cpp.o"
  "CMakeFiles/bench_kernels.dir/kernels.cpp.o.d"
  "bench_kernels"
  "bench_kernels.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/bench_kernels.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
