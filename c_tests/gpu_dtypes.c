/* Streams of a GPU give what streams of the CPU give: all dtypes, alone and mixed, with all options, of views of any
 * number of dimensions. The values are so small that direct sums are exact: the bits are the same. */
#include "support.h"

static mlx_stream on_gpu, on_cpu; /* the first is empty where there is no GPU */

static int make_streams(void **state) {
    (void)state;
    mlx_device gpu = mlx_device_new_type(MLX_GPU, 0);
    bool is_there = false;
    if (mlx_device_is_available(&is_there, gpu)) return 1;
    on_gpu = is_there ? mlx_stream_new_device(gpu) : mlx_stream_new();
    on_cpu = mlx_default_cpu_stream_new();
    return mlx_device_free(gpu) || is_there != (on_gpu.ctx != NULL);
}

static int free_streams(void **state) {
    (void)state;
    return mlx_stream_free(on_gpu) || mlx_stream_free(on_cpu);
}

/* A view of `ndim` dimensions, `len` elements along `axis`, of elements apart, in both directions or repeated. */
static mlx_array random_view(const dtype_info *dtype, int ndim, int axis, int len, uint64_t *random) {
    int shape[3] = {1, 1, 1};
    int64_t strides[3] = {0};
    for (int i = 0; i < ndim; i++) shape[i] = i == axis ? len : (const int[]){1, 2, 2, 3}[next_random(random) % 4];
    int64_t step = 1, least = 0, reach = 1;
    bool is_reversed = next_random(random) % 2;
    for (int at = 0; at < ndim; at++) {
        int dim = is_reversed ? at : ndim - 1 - at;
        strides[dim] = step * (int64_t)(1 + next_random(random) % 2);
        step = strides[dim] * shape[dim];
    }
    for (int dim = 0; dim < ndim; dim++) {
        if (next_random(random) % 5 == 0 && dim != axis) strides[dim] = 0;
        if (next_random(random) % 3 == 0) strides[dim] = -strides[dim];
        int64_t span = strides[dim] * (shape[dim] - 1);
        least += span < 0 ? span : 0;
        reach += span < 0 ? -span : span;
    }
    void *values = take((size_t)reach * dtype->size);
    fill_small(dtype, values, (size_t)reach, next_random(random));
    mlx_array base = array_of(dtype, values, (size_t)reach), view = mlx_array_new();
    free(values);
    size_t dims = (size_t)ndim;
    assert_ok(mlx_as_strided(&view, base, shape, dims, strides, dims, (size_t)-least, on_cpu));
    assert_ok(mlx_array_free(base));
    return view;
}

static void random_call(const dtype_info *a_dtype, const dtype_info *v_dtype, uint64_t *random) {
    int ndim = 1 + (int)(next_random(random) % 3), axis = (int)(next_random(random) % (uint64_t)ndim);
    bool is_filter_1d = next_random(random) % 2;
    int a_len = 1 + (int)(next_random(random) % (next_random(random) % 4 ? 60 : 2500));
    int v_len = 1 + (int)(next_random(random) % 40);
    mlx_array a = random_view(a_dtype, ndim, axis, a_len, random);
    mlx_array v = is_filter_1d ? random_view(v_dtype, 1, 0, v_len, random) : mlx_array_new();
    if (!is_filter_1d) {
        /* The same shape but for the axis, or one that repeats. */
        mlx_array whole = random_view(v_dtype, 1, 0, 27 * v_len, random);
        int shape[3];
        int64_t strides[3], step = 1;
        for (int dim = 0; dim < ndim; dim++) {
            shape[dim] = dim == axis ? v_len : next_random(random) % 2 ? mlx_array_shape(a)[dim] : 1;
            strides[dim] = step;
            step *= shape[dim];
        }
        mlx_array plain = mlx_array_new();
        assert_ok(mlx_as_strided(&plain, whole, shape, (size_t)ndim, strides, (size_t)ndim, 0, on_cpu));
        assert_ok(mlx_array_set(&v, plain));
        assert_ok(mlx_array_free(plain));
        assert_ok(mlx_array_free(whole));
    }
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = (mlx_mode)(next_random(random) % 3);
    options.boundary = (mlx_boundary)(next_random(random) % 5);
    options.operation = (mlx_operation)(next_random(random) % 2);
    options.axis = axis;
    options.accuracy = (mlx_accuracy)(next_random(random) % 2);
    options.subnormals = (mlx_subnormals)(next_random(random) % 2);
    bool is_swapped = next_random(random) % 4 == 0;
    size_t len = 0;
    if (mlx_convolve_length_with((size_t)(is_swapped ? v_len : a_len), (size_t)(is_swapped ? a_len : v_len), &options, &len)) {
        options.mode = MLX_MODE_FULL;
        len = (size_t)a_len + (size_t)v_len - 1;
    }
    if (next_random(random) % 3 == 0) {
        options.first = next_random(random) % (len + 1);
        options.count = next_random(random) % (len - options.first + 1);
    }
    mlx_array got = mlx_array_new(), want = mlx_array_new();
    const mlx_array *left = is_swapped ? &v : &a, *right = is_swapped ? &a : &v;
    assert_ok(mlx_convolve_with(left, right, &options, on_gpu, &got));
    assert_ok(mlx_convolve_with(left, right, &options, on_cpu, &want));
    assert_int_equal(mlx_array_dtype(got), mlx_array_dtype(want));
    assert_int_equal(mlx_array_nbytes(got), mlx_array_nbytes(want));
    if (mlx_array_nbytes(want) > 0) {
        const void *x = mlx_array_data_uint8(got), *y = mlx_array_data_uint8(want);
        assert_non_null(x);
        assert_non_null(y);
        if (memcmp(x, y, mlx_array_nbytes(want)) != 0) {
            size_t at = 0;
            while (((const char *)x)[at] == ((const char *)y)[at]) at++;
            mlx_string text = mlx_string_new();
            assert_ok(mlx_array_tostring(&text, want));
            print_message("%.300s\n", mlx_string_data(text));
            assert_ok(mlx_array_tostring(&text, got));
            print_message("%.300s\n", mlx_string_data(text));
            fail_msg("%s, %s: %d of %d dimensions, %d x %d, mode %d, boundary %d, operation %d, axis %d, first %zu: byte %zu",
                     a_dtype->name, v_dtype->name, is_filter_1d, ndim, a_len, v_len, options.mode, options.boundary,
                     options.operation, axis, options.first, at);
        }
    }
    mlx_array *arrays[] = {&a, &v, &got, &want};
    for (int i = 0; i < 4; i++) assert_ok(mlx_array_free(*arrays[i]));
}

static void every_dtype_is_as_on_the_cpu(void **state) {
    (void)state;
    if (on_gpu.ctx == NULL) return;
    uint64_t random = 20;
    for (int i = 0; i < DTYPES; i++) {
        for (int j = 0; j < DTYPES; j++) {
            /* float64 becomes complex64 beside it. */
            bool is_double = all_dtypes[i].dtype == MLX_FLOAT64 || all_dtypes[j].dtype == MLX_FLOAT64;
            bool is_complex = all_dtypes[i].dtype == MLX_COMPLEX64 || all_dtypes[j].dtype == MLX_COMPLEX64;
            if (is_double && !is_complex) continue;
            for (int round = 0; round < (i == j ? 40 : 4); round++) random_call(&all_dtypes[i], &all_dtypes[j], &random);
        }
    }
}

int main(void) {
    /* Swapped operands with a boundary have long filters. */
    setenv("MLX_CONVOLVE_METHOD", "direct", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_dtype_is_as_on_the_cpu)};
    return cmocka_run_group_tests(tests, make_streams, free_streams);
}
