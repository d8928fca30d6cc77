file(REMOVE_RECURSE
  "CMakeFiles/sluice_base.dir/bytes.cpp.o"
  "CMakeFiles/sluice_base.dir/bytes.cpp.o.d"
  "CMakeFiles/sluice_base.dir/check.cpp.o"
  "CMakeFiles/sluice_base.dir/check.cpp.o.d"
  "CMakeFiles/sluice_base.dir/pages.cpp.o"
  "CMakeFiles/sluice_base.dir/pages.cpp.o.d"
  "libsluice_base.a"
  "libsluice_base.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_base.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
