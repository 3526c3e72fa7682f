# Asks rustc which system libraries the static library needs. Sets MLX_CONVOLVE_STATIC_LIBS, linker words in order.
#
# Without the GPU core, only the standard library needs any. An empty library contains the standard library, so it gives
# the same answer at once. The GPU core needs more, such as Apple's frameworks. Then the library itself is compiled for the
# answer, without optimisation; the dependencies compiled with it are those of the real build, which uses them again.

set(MLX_CONVOLVE_STATIC_LIBS "")
if(NOT MLX_CONVOLVE_STATIC)
  return()
endif()

set(probe "${PROJECT_BINARY_DIR}/CMakeFiles/native_static_libs")
if(MLX_CONVOLVE_GPU)
  message(STATUS "Compiling the GPU core's dependencies, to ask which system libraries they need")
  set(ask ${cargo_rustc} --color never --crate-type staticlib
    -- -C lto=off -C opt-level=0 -C codegen-units=16 --print native-static-libs)
else()
  file(WRITE "${probe}.rs" "")
  set(ask "${MLX_CONVOLVE_RUSTC}" --crate-type staticlib --print native-static-libs ${target_arg}
    -o "${probe}.a" "${probe}.rs")
endif()
execute_process(
  COMMAND ${ask}
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  ERROR_VARIABLE answer
  RESULT_VARIABLE status)
file(REMOVE "${probe}.a")
if(status OR NOT answer MATCHES "native-static-libs: *([^\n\r]*)")
  message(FATAL_ERROR "rustc did not tell the native libraries of a static library:\n${answer}")
endif()
separate_arguments(MLX_CONVOLVE_STATIC_LIBS UNIX_COMMAND "${CMAKE_MATCH_1}")
# A framework and its flag are one word, or CMake drops the repeated flag.
string(REGEX REPLACE "-framework;([^;]+)" "-framework \\1" MLX_CONVOLVE_STATIC_LIBS
  "${MLX_CONVOLVE_STATIC_LIBS}")
# The compiler driver adds these itself, and knows better: -lgcc_s has no static form, so naming it
# would break `cc -static`.
list(REMOVE_ITEM MLX_CONVOLVE_STATIC_LIBS -lgcc_s -lc)
