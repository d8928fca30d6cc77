file(REMOVE_RECURSE
  "CMakeFiles/host_test.dir/memory_test.cpp.o"
  "CMakeFiles/host_test.dir/memory_test.cpp.o.d"
  "CMakeFiles/host_test.dir/thread_pool_test.cpp.o"
  "CMakeFiles/host_test.dir/thread_pool_test.cpp.o.d"
  "host_test"
  "host_test.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/host_test.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
