# On Apple's systems, CMAKE_OSX_ARCHITECTURES says for which processors to compile. cargo compiles for one at a time: one is
# passed on to it as MLX_CONVOLVE_RUST_TARGET, unless that is set; several are refused.

if(NOT APPLE OR NOT CMAKE_OSX_ARCHITECTURES)
  return()
endif()

list(LENGTH CMAKE_OSX_ARCHITECTURES count)
if(count GREATER 1)
  message(FATAL_ERROR
    "CMAKE_OSX_ARCHITECTURES is ${CMAKE_OSX_ARCHITECTURES}, but MlxConvolve is built for one architecture at a time. "
    "Build it once for each, in build trees of their own, then join their libraries, for example:\n"
    "  lipo -create arm64/lib/libmlx_convolve.a x86_64/lib/libmlx_convolve.a -output libmlx_convolve.a")
endif()

if(NOT MLX_CONVOLVE_RUST_TARGET)
  if(CMAKE_SYSTEM_NAME STREQUAL "Darwin" AND CMAKE_OSX_ARCHITECTURES STREQUAL "arm64")
    set(MLX_CONVOLVE_RUST_TARGET aarch64-apple-darwin)
  elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin" AND CMAKE_OSX_ARCHITECTURES STREQUAL "x86_64")
    set(MLX_CONVOLVE_RUST_TARGET x86_64-apple-darwin)
  else()
    message(FATAL_ERROR
      "MLX_CONVOLVE_RUST_TARGET must name Rust's target for ${CMAKE_SYSTEM_NAME} on ${CMAKE_OSX_ARCHITECTURES}")
  endif()
endif()
