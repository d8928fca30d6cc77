file(REMOVE_RECURSE
  "CMakeFiles/sluice_host.dir/cpu_features.cpp.o"
  "CMakeFiles/sluice_host.dir/cpu_features.cpp.o.d"
  "CMakeFiles/sluice_host.dir/memory.cpp.o"
  "CMakeFiles/sluice_host.dir/memory.cpp.o.d"
  "CMakeFiles/sluice_host.dir/thread_pool.cpp.o"
  "CMakeFiles/sluice_host.dir/thread_pool.cpp.o.d"
  "libsluice_host.a"
  "libsluice_host.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_host.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
