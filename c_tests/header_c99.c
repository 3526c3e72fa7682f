/* The header in plain C99, alone, as the first header, and included twice: every type, every constant, and C's complex
 * numbers. */
#include "mlx_convolve.h"
#include "mlx_convolve.h"

#include <complex.h>
#include <stdio.h>
#include <string.h>

static void ignore(const char *msg, void *data) {
    (void)msg;
    (void)data;
}

int main(void) {
    const mlx_complex64_t a[2] = {1.0f + 2.0f * I, 3.0f}, v[1] = {I};
    const mlx_dtype dtypes[] = {MLX_BOOL, MLX_UINT8, MLX_UINT16,  MLX_UINT32,  MLX_UINT64,  MLX_INT8,     MLX_INT16,
                                MLX_INT32, MLX_INT64, MLX_FLOAT16, MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16, MLX_COMPLEX64};
    const mlx_mode modes[] = {MLX_MODE_FULL, MLX_MODE_VALID, MLX_MODE_SAME};
    const mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT, *options = &defaults;
    const mlx_accuracy accuracies[] = {MLX_ACCURACY_NORMWISE, MLX_ACCURACY_COMPONENTWISE};
    const mlx_boundary boundaries[] = {MLX_BOUNDARY_ZERO, MLX_BOUNDARY_EDGE, MLX_BOUNDARY_SYMMETRIC, MLX_BOUNDARY_REFLECT,
                                       MLX_BOUNDARY_WRAP};
    const mlx_operation operations[] = {MLX_OPERATION_CONVOLVE, MLX_OPERATION_CORRELATE};
    const mlx_subnormals subnormals[] = {MLX_SUBNORMALS_KEEP, MLX_SUBNORMALS_FLUSH};
    const mlx_rows rows = {a, MLX_COMPLEX64, 2, 1, 0}, filters = {v, MLX_COMPLEX64, 1, 1, 0};
    const mlx_device_type device_types[] = {MLX_CPU, MLX_GPU};
    const int shape[] = {2};
    mlx_complex64_t out[2], with[2], of_rows[2];
    const mlx_rows_out rows_out = {of_rows, MLX_COMPLEX64, 2, 1, 0};
    mlx_error_handler_func handler = ignore;
    mlx_device device = mlx_device_new_type(device_types[0], 0);
    mlx_stream stream = mlx_stream_new_device(device);
    mlx_array array = mlx_array_new_data(a, shape, 1, dtypes[13]);
    mlx_string text = mlx_string_new();
    mlx_status status = mlx_convolve_into(a, 2, v, 1, dtypes[13], modes[0], out, 2);
    int good = status == MLX_STATUS_SUCCESS && crealf(out[0]) == -2 && cimagf(out[0]) == 1 && crealf(out[1]) == 0 &&
               cimagf(out[1]) == 3;
    good = good && options->dtype == MLX_DTYPE_PROMOTED && options->accuracy == accuracies[0] &&
           options->boundary == boundaries[0] && options->operation == operations[0] &&
           options->subnormals == subnormals[0];
    good = good && mlx_convolve_into_with(a, 2, v, 1, MLX_COMPLEX64, options, with, 2) == MLX_STATUS_SUCCESS;
    good = good && mlx_convolve_rows(&rows, &filters, 1, options, &rows_out) == MLX_STATUS_SUCCESS;
    good = good && memcmp(with, out, sizeof out) == 0 && memcmp(of_rows, out, sizeof out) == 0;
    mlx_set_error_handler(handler, NULL, NULL);
    mlx_set_error_handler(NULL, NULL, NULL);
    good = good && crealf(mlx_array_data_complex64(array)[0]) == 1;
    good = good && mlx_array_tostring(&text, array) == MLX_STATUS_SUCCESS && strlen(mlx_string_data(text)) > 0;
    good = good && MLX_CONVOLVE_VERSION_MAJOR + MLX_CONVOLVE_VERSION_MINOR + MLX_CONVOLVE_VERSION_PATCH >= 0;
    if (!good) {
        printf("status %d: %s\n", (int)status, mlx_last_error());
    }
    mlx_string_free(text);
    mlx_array_free(array);
    mlx_stream_free(stream);
    mlx_device_free(device);
    return !good;
}
