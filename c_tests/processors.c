/* Prints a checksum of the bits of many convolutions in floats: scripts/processors.sh compares it between processors. */
#include <mlx_convolve.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state, sum;

static double next(void) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 11) / (double)(UINT64_C(1) << 52) - 1;
}

static void fill(void *values, size_t len, mlx_dtype dtype) {
    size_t numbers = dtype == MLX_COMPLEX64 ? 2 * len : len;
    for (size_t i = 0; i < numbers; i++) {
        if (dtype == MLX_FLOAT64) {
            ((double *)values)[i] = next();
        } else {
            ((float *)values)[i] = (float)next();
        }
    }
}

static void convolve(size_t a_len, size_t v_len, mlx_dtype dtype, mlx_mode mode) {
    size_t out_len = mlx_convolve_length(a_len, v_len, mode), bytes = mlx_dtype_size(dtype);
    void *a = malloc(a_len * bytes), *v = malloc(v_len * bytes), *out = malloc(out_len * bytes);
    if (a == NULL || v == NULL || out == NULL) {
        exit(1);
    }
    fill(a, a_len, dtype);
    fill(v, v_len, dtype);
    if (mlx_convolve_into(a, a_len, v, v_len, dtype, mode, out, out_len) != MLX_STATUS_SUCCESS) {
        fprintf(stderr, "%s\n", mlx_last_error());
        exit(1);
    }
    for (size_t i = 0; i < out_len * bytes; i++) {
        sum = (sum ^ ((unsigned char *)out)[i]) * UINT64_C(1099511628211);
    }
    free(a);
    free(v);
    free(out);
}

int main(void) {
    static const mlx_dtype dtypes[] = {MLX_FLOAT32, MLX_FLOAT64, MLX_COMPLEX64};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
        /* Many lengths: for some of them, the rates of different makers lead to different plans. */
        for (size_t a_len = 50; a_len < 8000; a_len = a_len * 3 / 2) {
            for (size_t v_len = 3; v_len <= a_len; v_len = v_len * 3 / 2 + 1) {
                convolve(a_len, v_len, dtypes[d], MLX_MODE_FULL);
                convolve(a_len, v_len, dtypes[d], MLX_MODE_VALID);
            }
        }
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
