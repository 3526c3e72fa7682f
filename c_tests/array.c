/* Arrays: constructors, accessors, rebinding, description. */
#include "support.h"

#include <sys/resource.h>

static void scalars(void **state) {
    (void)state;
    const struct {
        mlx_array array;
        mlx_dtype dtype;
        double re, im;
    } cases[] = {
        {mlx_array_new_bool(true), MLX_BOOL, 1, 0},        {mlx_array_new_int(-7), MLX_INT32, -7, 0},
        {mlx_array_new_float32(0.5f), MLX_FLOAT32, 0.5, 0}, {mlx_array_new_float(1.5f), MLX_FLOAT32, 1.5, 0},
        {mlx_array_new_float64(0.1), MLX_FLOAT64, 0.1, 0},  {mlx_array_new_double(0.2), MLX_FLOAT64, 0.2, 0},
        {mlx_array_new_complex(3, -4), MLX_COMPLEX64, 3, -4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlx_array array = cases[i].array;
        const dtype_info *dtype = &all_dtypes[cases[i].dtype];
        assert_non_null(array.ctx);
        assert_int_equal(mlx_array_dtype(array), dtype->dtype);
        assert_int_equal(mlx_array_ndim(array), 0);
        assert_int_equal(mlx_array_size(array), 1);
        assert_int_equal(mlx_array_itemsize(array), dtype->size);
        assert_int_equal(mlx_array_nbytes(array), dtype->size);
        assert_true(load_re(dtype, mlx_array_data_uint8(array), 0) == cases[i].re);
        assert_true(load_im(dtype, mlx_array_data_uint8(array), 0) == cases[i].im);
        assert_ok(mlx_array_free(array));
    }
}

static void shape_of_data(void **state) {
    const dtype_info *dtype = *state;
    char values[24 * 8];
    fill_random(dtype, values, 24, 1);
    const int shape[] = {2, 3, 4};
    const int64_t strides[] = {12, 4, 1};
    mlx_array array = mlx_array_new_data(values, shape, 3, dtype->dtype);
    assert_non_null(array.ctx);
    assert_int_equal(mlx_array_ndim(array), 3);
    assert_int_equal(mlx_array_size(array), 24);
    assert_int_equal(mlx_array_itemsize(array), dtype->size);
    assert_int_equal(mlx_array_nbytes(array), 24 * dtype->size);
    assert_int_equal(mlx_array_dtype(array), dtype->dtype);
    assert_memory_equal(mlx_array_shape(array), shape, sizeof shape);
    assert_memory_equal(mlx_array_strides(array), strides, sizeof strides);
    for (int axis = 0; axis < 3; axis++) {
        assert_int_equal(mlx_array_dim(array, axis), shape[axis]);
        assert_int_equal(mlx_array_dim(array, axis - 3), shape[axis]); /* as in MLX, -1 is the last */
    }
    assert_ok(mlx_array_eval(array));
    /* A copy: the caller's buffer may change. */
    char before[sizeof values];
    memcpy(before, values, sizeof values);
    memset(values, 0x5a, sizeof values);
    assert_memory_equal(mlx_array_data_uint8(array), before, 24 * dtype->size);
    assert_int_equal((uintptr_t)mlx_array_data_uint8(array) % dtype->alignment, 0);
    assert_ok(mlx_array_free(array));
}

/* The source need not be aligned: its bytes are copied. */
static void unaligned_source(void **state) {
    const dtype_info *dtype = *state;
    char values[9 * 8 + 1];
    fill_random(dtype, values + 1, 9, 2);
    mlx_array array = array_of(dtype, values + 1, 9);
    assert_memory_equal(mlx_array_data_uint8(array), values + 1, 9 * dtype->size);
    assert_ok(mlx_array_free(array));
}

static void no_dimensions_and_no_elements(void **state) {
    (void)state;
    const double value = 2.5;
    mlx_array scalar = mlx_array_new_data(&value, NULL, 0, MLX_FLOAT64);
    assert_non_null(scalar.ctx);
    assert_int_equal(mlx_array_ndim(scalar), 0);
    assert_int_equal(mlx_array_size(scalar), 1);
    assert_true(*mlx_array_data_float64(scalar) == 2.5);
    assert_ok(mlx_array_free(scalar));
    const int shape[] = {3, 0};
    mlx_array nothing = mlx_array_new_data(&value, shape, 2, MLX_FLOAT64);
    assert_non_null(nothing.ctx);
    assert_int_equal(mlx_array_size(nothing), 0);
    assert_int_equal(mlx_array_nbytes(nothing), 0);
    assert_int_equal(mlx_array_ndim(nothing), 2);
    assert_int_equal(mlx_array_dim(nothing, 0), 3);
    assert_ok(mlx_array_eval(nothing));
    assert_ok(mlx_array_free(nothing));
}

static void empty_handle(void **state) {
    (void)state;
    mlx_array empty = mlx_array_new();
    assert_null(empty.ctx);
    assert_int_equal(mlx_array_ndim(empty), 0);
    assert_int_equal(mlx_array_size(empty), 0);
    assert_int_equal(mlx_array_nbytes(empty), 0);
    assert_int_equal(mlx_array_itemsize(empty), 0);
    assert_int_equal(mlx_array_dtype(empty), 0);
    assert_int_equal(mlx_array_dim(empty, 0), 0);
    assert_null(mlx_array_shape(empty));
    assert_null(mlx_array_strides(empty));
    assert_ok(mlx_array_free(empty));
    assert_ok(mlx_array_free(empty));
}

static void set_rebinds_in_place(void **state) {
    (void)state;
    mlx_array destination = mlx_array_new(), source = mlx_array_new_int(5);
    assert_ok(mlx_array_set(&destination, source)); /* an empty handle becomes an object */
    assert_non_null(destination.ctx);
    assert_ptr_not_equal(destination.ctx, source.ctx);
    mlx_array copy = destination;
    const int16_t values[] = {1, 2, 3};
    const int shape[] = {3};
    assert_ok(mlx_array_set_data(&destination, values, shape, 1, MLX_INT16));
    assert_ptr_equal(destination.ctx, copy.ctx);
    assert_int_equal(mlx_array_size(copy), 3);
    assert_memory_equal(mlx_array_data_int16(copy), values, sizeof values);
    /* Rebinding one leaves the other alone. */
    int32_t item = 0;
    assert_ok(mlx_array_item_int32(&item, source));
    assert_int_equal(item, 5);
    assert_ok(mlx_array_set(&source, destination));
    assert_ok(mlx_array_free(destination));
    assert_int_equal(mlx_array_data_int16(source)[2], 3);
    assert_ok(mlx_array_free(source));
    mlx_array fresh = mlx_array_new();
    assert_ok(mlx_array_set_data(&fresh, values, shape, 1, MLX_INT16));
    assert_int_equal(mlx_array_size(fresh), 3);
    assert_ok(mlx_array_free(fresh));
}

/* 2^62 bytes fit size_t and no machine: a status, and the destination as it was. */
static void out_of_memory(void **state) {
    (void)state;
    if (quick()) {
        skip(); /* valgrind reports the size as an error of its own */
    }
    const int shape[] = {INT32_MAX, INT32_MAX};
    const char value = 0; /* not read: there is no place to copy it to */
    assert_null(mlx_array_new_data(&value, shape, 2, MLX_UINT8).ctx);
    assert_non_null(strstr(mlx_last_error(), "memory"));
    mlx_array kept = mlx_array_new_int(5);
    assert_fails(mlx_array_set_data(&kept, &value, shape, 2, MLX_UINT8), MLX_STATUS_OUT_OF_MEMORY, "memory");
    assert_int_equal(mlx_array_data_int32(kept)[0], 5);
    assert_ok(mlx_array_free(kept));
}

/* A result that cannot be allocated: its inputs are views that take no memory. */
static void no_memory_for_a_result(void **state) {
    (void)state;
#if !defined(__linux__) || defined(__SANITIZE_ADDRESS__)
    skip(); /* the limit is not kept, or the sanitizer dies of it */
#endif
    if (quick()) {
        skip();
    }
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    mlx_stream stream = mlx_default_stream_new();
    mlx_array one = mlx_array_new_double(1), kept = mlx_array_new_int(5);
    mlx_array signal = strided_view(one, INT32_MAX, 0, 0), filter = strided_view(one, 1, 0, 0);
    tight = before;
    tight.rlim_cur = (rlim_t)1 << 30; /* the result takes 16 GiB */
    bool limited = setrlimit(RLIMIT_AS, &tight) == 0;
    mlx_status status = mlx_convolve(&signal, &filter, MLX_MODE_FULL, stream, &kept);
    setrlimit(RLIMIT_AS, &before);
    if (limited) {
        assert_int_equal(status, MLX_STATUS_OUT_OF_MEMORY);
        assert_non_null(strstr(mlx_last_error(), "17179869176"));
        assert_int_equal(mlx_array_data_int32(kept)[0], 5);
    }
    const mlx_array made[] = {one, kept, signal, filter};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(mlx_array_free(made[i]));
    }
    assert_ok(mlx_stream_free(stream));
}

static void assert_described(mlx_array array, const char *const *words) {
    mlx_string text = mlx_string_new();
    assert_ok(mlx_array_tostring(&text, array));
    assert_non_null(mlx_string_data(text));
    for (; *words != NULL; words++) {
        if (strstr(mlx_string_data(text), *words) == NULL) {
            fail_msg("no \"%s\" in \"%s\"", *words, mlx_string_data(text));
        }
    }
    assert_ok(mlx_string_free(text));
}

static void tostring(void **state) {
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        char values[3 * 8];
        for (size_t i = 0; i < 3; i++) {
            store(&all_dtypes[d], values, i, i < 2, 1);
        }
        mlx_array array = array_of(&all_dtypes[d], values, 3);
        const bool is_bool = all_dtypes[d].kind == KIND_BOOL;
        assert_described(array, (const char *[]){"array(", is_bool ? "true" : "1", is_bool ? "false" : "0",
                                                 all_dtypes[d].name, NULL});
        assert_ok(mlx_array_free(array));
    }
    float *many = take(100000 * sizeof *many);
    fill_small(&all_dtypes[MLX_FLOAT32], many, 100000, 1);
    mlx_array array = array_of(&all_dtypes[MLX_FLOAT32], many, 100000);
    assert_described(array, (const char *[]){"...", "float32", NULL}); /* abbreviated, as MLX does */
    assert_ok(mlx_array_free(array));
    free(many);
}

int main(void) {
    struct CMUnitTest tests[2 * DTYPES + 7] = {
        cmocka_unit_test(scalars),      cmocka_unit_test(no_dimensions_and_no_elements),
        cmocka_unit_test(empty_handle), cmocka_unit_test(set_rebinds_in_place),
        cmocka_unit_test(tostring),     cmocka_unit_test(out_of_memory),
        cmocka_unit_test(no_memory_for_a_result),
    };
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[2 * d + 7] = (struct CMUnitTest){name, shape_of_data, NULL, NULL, dtype};
        tests[2 * d + 8] = (struct CMUnitTest){name, unaligned_source, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
