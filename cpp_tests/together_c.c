#include <mlx_convolve.h>

mlx_array made_in_c(void);
float sum_in_c(mlx_array array);

mlx_array made_in_c(void) {
    const float values[] = {1, 2, 3};
    const int len = 3;
    return mlx_array_new_data(values, &len, 1, MLX_FLOAT32);
}

float sum_in_c(mlx_array array) {
    const float *values = mlx_array_data_float32(array);
    float sum = 0;
    for (size_t i = 0; values != NULL && i < mlx_array_size(array); i++) {
        sum += values[i];
    }
    return sum;
}
