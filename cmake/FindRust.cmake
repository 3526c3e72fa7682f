# Finds cargo and rustc, checks their version, and asks which system libraries a static library needs.
#
# Sets MLX_CONVOLVE_CARGO, MLX_CONVOLVE_RUSTC, MLX_CONVOLVE_STATIC_LIBS (linker words, in order).

find_program(MLX_CONVOLVE_CARGO cargo HINTS ENV CARGO_HOME PATHS "$ENV{HOME}/.cargo" PATH_SUFFIXES bin)
find_program(MLX_CONVOLVE_RUSTC rustc HINTS ENV CARGO_HOME PATHS "$ENV{HOME}/.cargo" PATH_SUFFIXES bin)
mark_as_advanced(MLX_CONVOLVE_CARGO MLX_CONVOLVE_RUSTC)
if(NOT MLX_CONVOLVE_CARGO OR NOT MLX_CONVOLVE_RUSTC)
  message(FATAL_ERROR "MlxConvolve is built by cargo, which was not found: run scripts/setup.sh")
endif()

file(STRINGS "${PROJECT_SOURCE_DIR}/Cargo.toml" line REGEX "^rust-version = " LIMIT_COUNT 1)
string(REGEX MATCH "[0-9.]+" rust_needed "${line}")
execute_process(
  COMMAND "${MLX_CONVOLVE_RUSTC}" --version
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  OUTPUT_VARIABLE rust_found
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" rust_found "${rust_found}")
if(rust_found VERSION_LESS rust_needed)
  message(FATAL_ERROR
    "MlxConvolve needs Rust ${rust_needed}; ${MLX_CONVOLVE_RUSTC} is ${rust_found}: run scripts/setup.sh")
endif()

# An empty static library pulls in the standard library, and with it the answer.
set(probe "${PROJECT_BINARY_DIR}/CMakeFiles/native_static_libs")
file(WRITE "${probe}.rs" "")
set(target_arg)
if(MLX_CONVOLVE_RUST_TARGET)
  set(target_arg --target "${MLX_CONVOLVE_RUST_TARGET}")
endif()
execute_process(
  COMMAND "${MLX_CONVOLVE_RUSTC}" --crate-type staticlib --print native-static-libs ${target_arg}
          -o "${probe}.a" "${probe}.rs"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  ERROR_VARIABLE answer
  COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE "${probe}.a")
if(NOT answer MATCHES "native-static-libs: *([^\n\r]*)")
  message(FATAL_ERROR "rustc did not tell the native libraries of a static library:\n${answer}")
endif()
separate_arguments(MLX_CONVOLVE_STATIC_LIBS UNIX_COMMAND "${CMAKE_MATCH_1}")
# A framework and its flag are one word, or CMake drops the repeated flag.
string(REGEX REPLACE "-framework;([^;]+)" "-framework \\1" MLX_CONVOLVE_STATIC_LIBS
  "${MLX_CONVOLVE_STATIC_LIBS}")
# The compiler driver adds these itself, and knows better: -lgcc_s has no static form, so naming it
# would break `cc -static`.
list(REMOVE_ITEM MLX_CONVOLVE_STATIC_LIBS -lgcc_s -lc)
