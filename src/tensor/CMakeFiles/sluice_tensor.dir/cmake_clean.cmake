file(REMOVE_RECURSE
  "CMakeFiles/sluice_tensor.dir/decode.cpp.o"
  "CMakeFiles/sluice_tensor.dir/decode.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/decode_iq.cpp.o"
  "CMakeFiles/sluice_tensor.dir/decode_iq.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/decode_k.cpp.o"
  "CMakeFiles/sluice_tensor.dir/decode_k.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/decode_legacy.cpp.o"
  "CMakeFiles/sluice_tensor.dir/decode_legacy.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/decode_levels.cpp.o"
  "CMakeFiles/sluice_tensor.dir/decode_levels.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/dtype.cpp.o"
  "CMakeFiles/sluice_tensor.dir/dtype.cpp.o.d"
  "CMakeFiles/sluice_tensor.dir/iq_grids.cpp.o"
  "CMakeFiles/sluice_tensor.dir/iq_grids.cpp.o.d"
  "libsluice_tensor.a"
  "libsluice_tensor.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_tensor.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
