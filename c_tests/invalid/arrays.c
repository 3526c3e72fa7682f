#include "walk.h"

#include <limits.h>

static float values[3] = {1, 2, 3};
static const int three[] = {3};

/* Shapes that no array can have, with what the message must say. */
static const struct {
    const char *words;
    const int *shape;
    int dim;
} bad_shapes[] = {
    {"shape", NULL, 1},
    {"dim -1", three, -1},
    {"dim", three, INT_MIN},
    {"dim 65", (const int[65]){1}, 65},
    {"dim", (const int[65]){1}, INT_MAX},
    {"shape -1", (const int[]){-1}, 1},
    {"shape", (const int[]){3, INT_MIN}, 2},
    {"shape", (const int[]){0, -1}, 2},
    {"shape", (const int[]){INT_MAX, INT_MAX, INT_MAX}, 3},
    {"shape", (const int[]){INT_MAX, INT_MAX, 4}, 3}, /* elements fit size_t, bytes do not */
};
enum { BAD_SHAPES = sizeof bad_shapes / sizeof *bad_shapes };

static void never_called(void *data) {
    (void)data;
    abort();
}

static void walk_new_data(void) {
    for (size_t i = 0; i < BAD_SHAPES; i++) {
        const char *words = bad_shapes[i].words;
        const int *shape = bad_shapes[i].shape;
        int dim = bad_shapes[i].dim;
        NO_HANDLE(words, mlx_array_new_data, values, shape, dim, MLX_FLOAT32);
        NO_HANDLE(words, mlx_array_new_data_managed, values, shape, dim, MLX_FLOAT32, never_called);
        NO_HANDLE(words, mlx_array_new_data_managed_payload, values, shape, dim, MLX_FLOAT32, values, never_called);
        REFUSED(words, mlx_array_set_data, &kept_array, values, shape, dim, MLX_FLOAT32);
    }
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        mlx_dtype dtype = wrong_values[i];
        NO_HANDLE("dtype", mlx_array_new_data, values, three, 1, dtype);
        NO_HANDLE("dtype", mlx_array_new_data_managed, values, three, 1, dtype, never_called);
        NO_HANDLE("dtype", mlx_array_new_data_managed_payload, values, three, 1, dtype, values, never_called);
        REFUSED("dtype", mlx_array_set_data, &kept_array, values, three, 1, dtype);
    }
    NO_HANDLE("data", mlx_array_new_data, NULL, three, 1, MLX_FLOAT32);
    NO_HANDLE("data", mlx_array_new_data_managed, NULL, three, 1, MLX_FLOAT32, never_called);
    NO_HANDLE("data", mlx_array_new_data_managed_payload, NULL, three, 1, MLX_FLOAT32, values, never_called);
    REFUSED("data", mlx_array_set_data, &kept_array, NULL, three, 1, MLX_FLOAT32);
    REFUSED_DESTINATIONS("arr", mlx_array, ARRAY, mlx_array_set_data, values, three, 1, MLX_FLOAT32);
    /* Borrowed memory is read where it lies, so it must be aligned. */
    static uint64_t words[4];
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t shift = 1; shift < all_dtypes[d].alignment; shift++) {
            char *odd = (char *)words + shift;
            NO_HANDLE("data", mlx_array_new_data_managed, odd, three, 1, all_dtypes[d].dtype, never_called);
            NO_HANDLE("data", mlx_array_new_data_managed_payload, odd, three, 1, all_dtypes[d].dtype, odd, never_called);
        }
    }
}

static void walk_handles(void) {
    REFUSED_DESTINATIONS("arr", mlx_array, ARRAY, mlx_array_set, array);
    REFUSED_DESTINATIONS("str", mlx_string, STRING, mlx_array_tostring, array);
    ACCEPTED(mlx_array_free, mlx_array_new());
    for_bad_contexts(ctx, ARRAY) {
        mlx_array bad = {ctx};
        mlx_array nothing = {NULL};
        if (ctx != NULL) {
            REFUSED("arr", mlx_array_free, bad);
        }
        REFUSED("src", mlx_array_set, &kept_array, bad);
        REFUSED("src", mlx_array_set, &nothing, bad);
        check_context(nothing.ctx == NULL, "mlx_array_set");
        REFUSED("arr", mlx_array_eval, bad);
        REFUSED("arr", mlx_array_tostring, &kept_string, bad);
        ZERO("arr", mlx_array_itemsize, bad);
        ZERO("arr", mlx_array_size, bad);
        ZERO("arr", mlx_array_nbytes, bad);
        ZERO("arr", mlx_array_ndim, bad);
        ZERO("arr", mlx_array_dtype, bad);
        ZERO("arr", mlx_array_dim, bad, 0);
        NO_POINTER("arr", mlx_array_shape, bad);
        NO_POINTER("arr", mlx_array_strides, bad);
    }
    const int bad_dims[] = {1, -2, 64, INT_MAX, INT_MIN};
    for (size_t i = 0; i < 5; i++) {
        ZERO("dim", mlx_array_dim, array, bad_dims[i]);
        ZERO("dim", mlx_array_dim, kept_array, bad_dims[i]);
    }
    ZERO("dim", mlx_array_dim, kept_array, 0);
    ZERO("dim", mlx_array_dim, kept_array, -1);
}

static void walk_as_strided(void) {
    const int64_t one[] = {1}, backwards[] = {-1}, far[] = {INT64_MAX};
    const int four[] = {4}, two[] = {2}, negative[] = {-1}, ones[65] = {1};
    const int64_t many[65] = {1};
    REFUSED_DESTINATIONS("res", mlx_array, ARRAY, mlx_as_strided, array, three, 1, one, 1, 0, stream);
    for_bad_contexts(ctx, ARRAY) {
        REFUSED("a", mlx_as_strided, &kept_array, (mlx_array){ctx}, three, 1, one, 1, 0, stream);
    }
    for_bad_contexts(ctx, STREAM) {
        REFUSED("s", mlx_as_strided, &kept_array, array, three, 1, one, 1, 0, (mlx_stream){ctx});
    }
    REFUSED("shape", mlx_as_strided, &kept_array, array, NULL, 1, one, 1, 0, stream);
    REFUSED("strides", mlx_as_strided, &kept_array, array, three, 1, NULL, 1, 0, stream);
    REFUSED("strides_num 1 0", mlx_as_strided, &kept_array, array, three, 1, one, 0, 0, stream);
    REFUSED("strides_num 0 1", mlx_as_strided, &kept_array, array, three, 0, one, 1, 0, stream);
    REFUSED("shape_num 65", mlx_as_strided, &kept_array, array, ones, 65, many, 65, 0, stream);
    REFUSED("shape_num", mlx_as_strided, &kept_array, array, ones, SIZE_MAX, many, SIZE_MAX, 0, stream);
    REFUSED("shape -1", mlx_as_strided, &kept_array, array, negative, 1, one, 1, 0, stream);
    /* Out of reach of three elements. */
    REFUSED("3", mlx_as_strided, &kept_array, array, four, 1, one, 1, 0, stream);
    REFUSED("3", mlx_as_strided, &kept_array, array, three, 1, one, 1, 1, stream);
    REFUSED("3", mlx_as_strided, &kept_array, array, three, 1, backwards, 1, 0, stream);
    REFUSED("3", mlx_as_strided, &kept_array, array, two, 1, far, 1, 0, stream);
    REFUSED("3", mlx_as_strided, &kept_array, array, NULL, 0, NULL, 0, 3, stream);
    REFUSED("3", mlx_as_strided, &kept_array, array, two, 1, one, 1, SIZE_MAX, stream);
}

/* A constructor without arguments that could be invalid. */
#define MADE(function, ...) (before_call(#function), ACCEPTED(mlx_array_free, function(__VA_ARGS__)))

void walk_arrays(void) {
    MADE(mlx_array_new, );
    MADE(mlx_array_new_bool, true);
    MADE(mlx_array_new_int, INT_MIN);
    MADE(mlx_array_new_float32, 1);
    MADE(mlx_array_new_float, 1);
    MADE(mlx_array_new_float64, 1);
    MADE(mlx_array_new_double, 1);
    MADE(mlx_array_new_complex, 1, 1);
    walk_new_data();
    walk_handles();
    walk_as_strided();
}
