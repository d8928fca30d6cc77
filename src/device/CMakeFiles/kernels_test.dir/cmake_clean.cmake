file(REMOVE_RECURSE
  "CMakeFiles/kernels_test.dir/cpu/kernels/kernels_test.cpp.o"
  "CMakeFiles/kernels_test.dir/cpu/kernels/kernels_test.cpp.o.d"
  "CMakeFiles/kernels_test.dir/cpu/kernels/select_test.cpp.o"
  "CMakeFiles/kernels_test.dir/cpu/kernels/select_test.cpp.o.d"
  "CMakeFiles/kernels_test.dir/cpu/kernels/vectors_test.cpp.o"
  "CMakeFiles/kernels_test.dir/cpu/kernels/vectors_test.cpp.o.d"
  "kernels_test"
  "kernels_test.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/kernels_test.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
