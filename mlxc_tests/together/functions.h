/* The functions of `library` for the library whose header is included before: both are called alike. */
#ifndef TOGETHER_FUNCTIONS_H
#define TOGETHER_FUNCTIONS_H

#include "together.h"

static int errors;

static void count_errors(const char *message, void *data) {
    (void)message, (void)data;
    errors++;
}

static void *borrow(float *values, int len, void (*dtor)(void *)) {
    return mlx_array_new_data_managed(values, &len, 1, MLX_FLOAT32, dtor).ctx;
}

static void *convolve(void *a, void *v) {
    mlx_array array_a = {a}, array_v = {v}, out = mlx_array_new();
    mlx_stream stream = mlx_default_cpu_stream_new();
    int status = mlx_convolve(&array_a, &array_v, MLX_MODE_FULL, stream, &out) || mlx_array_eval(out);
    mlx_stream_free(stream);
    return status == 0 ? out.ctx : NULL;
}

static const float *values(void *array) { return mlx_array_data_float32((mlx_array){array}); }

static int len(void *array) { return (int)mlx_array_size((mlx_array){array}); }

static void release(void *array) { mlx_array_free((mlx_array){array}); }

static int provoke(void) {
    mlx_set_error_handler(count_errors, NULL, NULL);
    convolve(NULL, NULL);
    return errors;
}

#define FUNCTIONS {borrow, convolve, values, len, release, provoke}

#endif
