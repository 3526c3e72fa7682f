#include "walk.h"

#include <limits.h>

static void walk_arguments_of_convolve(mlx_array bad, const char *a_words, const char *v_words) {
    REFUSED(a_words, mlx_convolve, &bad, &array, MLX_MODE_FULL, stream, &kept_array);
    REFUSED(v_words, mlx_convolve, &array, &bad, MLX_MODE_FULL, stream, &kept_array);
    mlx_array nothing = {NULL};
    REFUSED(a_words, mlx_convolve, &bad, &array, MLX_MODE_FULL, stream, &nothing);
    check_context(nothing.ctx == NULL, "mlx_convolve");
}

static void walk_mlx_convolve(void) {
    const float values[6] = {0};
    const int square[] = {2, 3}, none[] = {0};
    for_bad_contexts(ctx, ARRAY) { walk_arguments_of_convolve((mlx_array){ctx}, "a", "v"); }
    for_foreign_contexts(ctx, ARRAY) {
        mlx_array out = {ctx};
        REFUSED("out", mlx_convolve, &array, &array, MLX_MODE_FULL, stream, &out);
        check_context(out.ctx == ctx, "mlx_convolve");
    }
    for_bad_contexts(ctx, STREAM) {
        REFUSED("stream", mlx_convolve, &array, &array, MLX_MODE_FULL, (mlx_stream){ctx}, &kept_array);
    }
    REFUSED("a", mlx_convolve, NULL, &array, MLX_MODE_FULL, stream, &kept_array);
    REFUSED("v", mlx_convolve, &array, NULL, MLX_MODE_FULL, stream, &kept_array);
    REFUSED("out", mlx_convolve, &array, &array, MLX_MODE_FULL, stream, NULL);
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        REFUSED("mode", mlx_convolve, &array, &array, wrong_values[i], stream, &kept_array);
    }
    mlx_array scalar = mlx_array_new_float(1);
    mlx_array matrix = mlx_array_new_data(values, square, 2, MLX_FLOAT32);
    mlx_array empty = mlx_array_new_data(values, none, 1, MLX_FLOAT32);
    walk_arguments_of_convolve(scalar, "a 0", "v 0");
    walk_arguments_of_convolve(matrix, "a 2", "v 2");
    walk_arguments_of_convolve(empty, "a", "v");
    /* INT_MAX + 1 outputs have no shape; the two inputs take no memory to speak of. */
    mlx_array one = mlx_array_new_float(1), longest = strided_view(one, INT_MAX, 0, 0);
    mlx_array pair = strided_view(one, 2, 0, 0);
    REFUSED("2147483648", mlx_convolve, &longest, &pair, MLX_MODE_FULL, stream, &kept_array);
    REFUSED("4294967293", mlx_convolve, &longest, &longest, MLX_MODE_FULL, stream, &kept_array);
    const mlx_array made[] = {scalar, matrix, empty, one, longest, pair};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        ACCEPTED(mlx_array_free, made[i]);
    }
}

/* Memory of the walk's own for mlx_convolve_into, and what it holds before and after. */
static union {
    uint64_t words[64];
    char bytes[512];
} memory;

static void check_memory(void) {
    for (size_t i = 0; i < sizeof memory.bytes; i++) {
        check_context(memory.bytes[i] == 0x3c, "mlx_convolve_into");
    }
}

static void walk_overlaps(void) {
    /* 4 and 3 float64 give 6: a at 0..31, v at 64..87, out everywhere it touches one of them. */
    char *a = memory.bytes + 128, *v = memory.bytes + 256;
    for (int shift = -5; shift <= 3; shift++) {
        REFUSED("out a", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, MLX_MODE_FULL, a + 8 * shift, 6);
    }
    for (int shift = -5; shift <= 2; shift++) {
        REFUSED("out v", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, MLX_MODE_FULL, v + 8 * shift, 6);
    }
    check_memory();
}

static void walk_mlx_convolve_into(void) {
    memset(memory.bytes, 0x3c, sizeof memory.bytes);
    char *a = memory.bytes, *v = memory.bytes + 64, *out = memory.bytes + 128;
    const mlx_mode full = MLX_MODE_FULL;
    REFUSED("a", mlx_convolve_into, NULL, 4, v, 3, MLX_FLOAT64, full, out, 6);
    REFUSED("v", mlx_convolve_into, a, 4, NULL, 3, MLX_FLOAT64, full, out, 6);
    REFUSED("out", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, full, NULL, 6);
    REFUSED("a_len", mlx_convolve_into, a, 0, v, 3, MLX_FLOAT64, full, out, 2);
    REFUSED("v_len", mlx_convolve_into, a, 4, v, 0, MLX_FLOAT64, full, out, 3);
    REFUSED("a_len", mlx_convolve_into, a, SIZE_MAX, v, 3, MLX_FLOAT64, full, out, 6);
    REFUSED("a_len", mlx_convolve_into, a, SIZE_MAX / 8 + 2, v, 3, MLX_FLOAT64, full, out, 3);
    REFUSED("v_len", mlx_convolve_into, a, 4, v, SIZE_MAX, MLX_UINT8, full, out, 3);
    REFUSED("v_len", mlx_convolve_into, a, 4, v, SIZE_MAX / 2, MLX_INT16, full, out, 3);
    REFUSED("out_len 5 6", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, full, out, 5);
    REFUSED("out_len 7 6", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, full, out, 7);
    REFUSED("out_len 0 6", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, full, out, 0);
    REFUSED("out_len 4 2", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, MLX_MODE_VALID, out, 4);
    REFUSED("out_len 2 4", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, MLX_MODE_SAME, out, 2);
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        REFUSED("dtype", mlx_convolve_into, a, 4, v, 3, wrong_values[i], full, out, 6);
        REFUSED("mode", mlx_convolve_into, a, 4, v, 3, MLX_FLOAT64, wrong_values[i], out, 6);
    }
    for (size_t d = 0; d < DTYPES; d++) {
        mlx_dtype dtype = all_dtypes[d].dtype;
        for (size_t shift = 1; shift < all_dtypes[d].alignment; shift++) {
            REFUSED("a", mlx_convolve_into, a + shift, 4, v, 3, dtype, full, out, 6);
            REFUSED("v", mlx_convolve_into, a, 4, v + shift, 3, dtype, full, out, 6);
            REFUSED("out", mlx_convolve_into, a, 4, v, 3, dtype, full, out + shift, 6);
        }
    }
    check_memory();
    walk_overlaps();
}

static void walk_lengths(void) {
    /* Not a failure: 0 is the answer, and no message. */
    CANNOT_BE_INVALID(mlx_convolve_length, 3, 2, 99);
    if (mlx_convolve_length(3, 2, 99) != 0 || mlx_convolve_length(0, 2, 0) != 0 || mlx_convolve_length(2, 0, 0) != 0 ||
        mlx_convolve_length(SIZE_MAX, 2, 0) != 0) {
        check_context(false, "mlx_convolve_length");
    }
    REFUSED("a_len 0", mlx_convolve_explain, 0, 3, MLX_FLOAT32, MLX_MODE_FULL, &kept_string);
    REFUSED("v_len 0", mlx_convolve_explain, 3, 0, MLX_FLOAT32, MLX_MODE_FULL, &kept_string);
    REFUSED("a_len v_len", mlx_convolve_explain, SIZE_MAX, SIZE_MAX, MLX_FLOAT32, MLX_MODE_FULL, &kept_string);
    REFUSED("out", mlx_convolve_explain, 3, 3, MLX_FLOAT32, MLX_MODE_FULL, NULL);
    for_foreign_contexts(ctx, STRING) {
        mlx_string out = {ctx};
        REFUSED("out", mlx_convolve_explain, 3, 3, MLX_FLOAT32, MLX_MODE_FULL, &out);
        check_context(out.ctx == ctx, "mlx_convolve_explain");
    }
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        REFUSED("dtype", mlx_convolve_explain, 3, 3, wrong_values[i], MLX_MODE_FULL, &kept_string);
        REFUSED("mode", mlx_convolve_explain, 3, 3, MLX_FLOAT32, wrong_values[i], &kept_string);
    }
}

void walk_convolve(void) {
    walk_mlx_convolve();
    walk_mlx_convolve_into();
    walk_lengths();
}
