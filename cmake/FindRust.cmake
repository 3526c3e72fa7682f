# Finds cargo and rustc and checks their version. Sets MLX_CONVOLVE_CARGO and MLX_CONVOLVE_RUSTC.

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
