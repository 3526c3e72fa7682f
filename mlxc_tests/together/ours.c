#include "mlx_convolve.h"

#include "functions.h"

const library ours = FUNCTIONS;
