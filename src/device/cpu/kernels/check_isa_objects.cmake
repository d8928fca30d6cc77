# Fails if an object file built for a special instruction set defines a weak symbol. The linker
# keeps one copy of each weak function for the whole program; if it kept one with AVX-512 inside,
# the program would die on older processors, in code that has nothing to do with kernels.
#
#   cmake -DNM=nm "-DOBJECTS=a.o|b.o|..." -P check_isa_objects.cmake

if(NOT NM)
  message("SKIP: no nm found")
  return()
endif()
string(REPLACE "|" ";" objects "${OBJECTS}")
list(FILTER objects INCLUDE REGEX "(avx2|avx512)[^/]*$")
foreach(object IN LISTS objects)
  execute_process(COMMAND ${NM} ${object} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" weak "${symbols}")
  if(weak)
    list(JOIN weak "\n  " lines)
    message(FATAL_ERROR "${object} defines weak symbols:\n  ${lines}")
  endif()
  message("no weak symbols: ${object}")
endforeach()
