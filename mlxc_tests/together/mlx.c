#include "mlx/c/mlx.h"

#include "mlx_convolve_mlxc.h"

#include "functions.h"

const library mlx = FUNCTIONS;
