/* A shared library for mlxc.py with mlx_convolve in it: without a use, none would get in from a static library. */
#include "mlx/c/mlx.h"

#include "mlx_convolve_mlxc.h"

int (*const mlxc_python_uses)(const mlx_array *, const mlx_array *, mlx_mode, mlx_stream, mlx_array *) = mlx_convolve;
