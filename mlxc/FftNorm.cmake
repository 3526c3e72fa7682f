# Sets MLX_CONVOLVE_MLXC_FFT_NORM: 1 where the transforms of mlx-c take a norm, as since mlx-c 0.7, and 0 where they do not.
#
# The compiler is asked: mlx-c states no version in its headers. Nothing is linked or run, because mlx-c may be a part of the
# project and not built yet, or be for another machine. The question is put anew whenever CMake runs, because the folder of
# mlx-c may hold another version by then; the answers are not cached.

# Folders of a target in the same project are generator expressions.
get_target_property(mlxc_include_dirs mlxc INTERFACE_INCLUDE_DIRECTORIES)
string(REGEX REPLACE "\\$<BUILD_INTERFACE:([^<>]*)>" "\\1" mlxc_include_dirs "${mlxc_include_dirs}")
string(GENEX_STRIP "${mlxc_include_dirs}" mlxc_include_dirs)
foreach(dir IN LISTS mlxc_include_dirs)
  if(EXISTS "${dir}/mlx/c/fft.h")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${dir}/mlx/c/fft.h")
  endif()
endforeach()

set(probe "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/fft_norm")
file(WRITE "${probe}.c" [[
#include "mlx/c/mlx.h"
int transform(mlx_array *out, mlx_array a, mlx_stream stream);
int transform(mlx_array *out, mlx_array a, mlx_stream stream) {
#if MLX_CONVOLVE_MLXC_FFT_NORM
    return mlx_fft_rfft(out, a, 8, 0, MLX_FFT_NORM_BACKWARD, stream);
#else
    return mlx_fft_rfft(out, a, 8, 0, stream);
#endif
}
]])
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MLX_CONVOLVE_MLXC_FFT_NORM "")
foreach(norm 1 0)
  # -w, because the headers of mlx-c have warnings, which the project's flags may make errors.
  try_compile(mlx_convolve_mlxc_compiles "${probe}_${norm}" SOURCES "${probe}.c"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${mlxc_include_dirs}"
    COMPILE_DEFINITIONS -DMLX_CONVOLVE_MLXC_FFT_NORM=${norm} -w
    OUTPUT_VARIABLE output_${norm}
    C_STANDARD 11
    C_STANDARD_REQUIRED ON)
  set(answer "${mlx_convolve_mlxc_compiles}")
  unset(mlx_convolve_mlxc_compiles CACHE)
  if(answer)
    set(MLX_CONVOLVE_MLXC_FFT_NORM ${norm})
    break()
  endif()
endforeach()
if(MLX_CONVOLVE_MLXC_FFT_NORM STREQUAL "")
  message(FATAL_ERROR "MlxConvolve::mlxc cannot call the FFT of this mlx-c, neither with a norm nor without one.\n"
    "Include directories of the target mlxc: ${mlxc_include_dirs}\n${output_1}")
endif()
message(STATUS "mlx_fft_rfft of mlx-c takes a norm: ${MLX_CONVOLVE_MLXC_FFT_NORM}")
