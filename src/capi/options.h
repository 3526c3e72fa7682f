/** The defaults, to initialise an mlx_convolve_options with. C99 and C++98. */
#define MLX_CONVOLVE_OPTIONS_INIT \
    {sizeof(mlx_convolve_options), MLX_MODE_FULL, MLX_DTYPE_PROMOTED, MLX_ACCURACY_NORMWISE, \
     MLX_BOUNDARY_ZERO, MLX_OPERATION_CONVOLVE, MLX_SUBNORMALS_KEEP, -1, 0, 0, SIZE_MAX}
