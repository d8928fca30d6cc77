file(REMOVE_RECURSE
  "CMakeFiles/tensor_test.dir/decode_test.cpp.o"
  "CMakeFiles/tensor_test.dir/decode_test.cpp.o.d"
  "CMakeFiles/tensor_test.dir/dtype_test.cpp.o"
  "CMakeFiles/tensor_test.dir/dtype_test.cpp.o.d"
  "tensor_test"
  "tensor_test.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/tensor_test.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
