# Finds mlx-c: the target mlxc of a project that contains mlx-c, or of the package MLXC of an installed mlx-c. Where there
# is none, MLX_CONVOLVE_NO_MLXC says what to do.

set(MLX_CONVOLVE_NO_MLXC "")
if(NOT TARGET mlxc)
  # The package calls itself MLX_C as well, and CMake would warn of it.
  set(FPHSA_NAME_MISMATCHED ON)
  find_package(MLXC CONFIG QUIET)
  unset(FPHSA_NAME_MISMATCHED)
endif()
if(NOT TARGET mlxc)
  string(CONCAT MLX_CONVOLVE_NO_MLXC
    "MlxConvolve::mlxc needs mlx-c, but there is neither a target mlxc nor a package MLXC. "
    "Add mlx-c to the project before (add_subdirectory, FetchContent), or name the folder where mlx-c is installed: "
    "-DCMAKE_PREFIX_PATH=...")
endif()
