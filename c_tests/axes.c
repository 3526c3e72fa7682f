/* Arrays of several dimensions: the axis that is convolved along, and the dimensions that broadcast. Each row of a result
 * has the bits of its own call. */
#include "sums.h"

enum { MOST_DIMENSIONS = 4 };

/* An operand: where its elements lie, of which the rows along an axis are gathered. */
typedef struct {
    int ndim;
    int shape[MOST_DIMENSIONS];
} shape;

static size_t elements_of(shape s) {
    size_t product = 1;
    for (int d = 0; d < s.ndim; d++) {
        product *= (size_t)s.shape[d];
    }
    return product;
}

/* The shape in `ndim` dimensions: a 1-D operand lies along the axis, ones stand before another. */
static shape placed(shape s, int ndim, int axis) {
    shape in = {ndim, {1, 1, 1, 1}};
    if (s.ndim == 1) {
        in.shape[axis] = s.shape[0];
        return in;
    }
    for (int d = 0; d < s.ndim; d++) {
        in.shape[ndim - s.ndim + d] = s.shape[d];
    }
    return in;
}

/* The elements of a row: all those whose other indices are `index`, or 0 in a dimension of 1. */
static size_t gather(const dtype_info *dtype, const char *data, shape s, const int *index, int axis, char *row) {
    size_t strides[MOST_DIMENSIONS], stride = 1, at = 0;
    for (int d = s.ndim - 1; d >= 0; d--) {
        strides[d] = stride;
        stride *= (size_t)s.shape[d];
        at += d == axis || s.shape[d] == 1 ? 0 : (size_t)index[d] * strides[d];
    }
    size_t len = (size_t)s.shape[axis];
    for (size_t i = 0; i < len; i++) {
        memcpy(row + i * dtype->size, data + (at + i * strides[axis]) * dtype->size, dtype->size);
    }
    return len;
}

/* Checks a result's shape and all of its rows. */
static void check_result(const dtype_info *dtype, mlx_array result, const char *a, shape a_shape, const char *v,
                         shape v_shape, const mlx_convolve_options *options) {
    int ndim = a_shape.ndim > v_shape.ndim ? a_shape.ndim : v_shape.ndim;
    int axis = options->axis < 0 ? options->axis + ndim : options->axis;
    shape x = placed(a_shape, ndim, axis), y = placed(v_shape, ndim, axis), want = {ndim, {0}};
    size_t len, rows = 1;
    assert_ok(mlx_convolve_length_with((size_t)x.shape[axis], (size_t)y.shape[axis], options, &len));
    assert_int_equal(mlx_array_ndim(result), ndim);
    for (int d = 0; d < ndim; d++) {
        want.shape[d] = d == axis ? (int)len : x.shape[d] == 1 ? y.shape[d] : x.shape[d];
        rows *= d == axis ? 1 : (size_t)want.shape[d];
        assert_int_equal(mlx_array_shape(result)[d], want.shape[d]);
    }
    size_t size;
    char *values = values_of(result, &size);
    assert_int_equal(size, elements_of(want));
    char *a_row = take((size_t)x.shape[axis] * dtype->size), *v_row = take((size_t)y.shape[axis] * dtype->size);
    char *row = take(len * dtype->size);
    for (size_t r = 0; r < rows; r++) {
        int index[MOST_DIMENSIONS] = {0};
        size_t left = r;
        for (int d = ndim - 1; d >= 0; d--) {
            if (d != axis) {
                index[d] = (int)(left % (size_t)want.shape[d]);
                left /= (size_t)want.shape[d];
            }
        }
        size_t a_len = gather(dtype, a, x, index, axis, a_row), v_len = gather(dtype, v, y, index, axis, v_row), out_len;
        void *out = through_into_with(dtype, a_row, a_len, v_row, v_len, options, &out_len);
        if (len > 0) {
            gather(dtype, values, want, index, axis, row);
        }
        if (memcmp(out, row, len * dtype->size) != 0) {
            fail_msg("%s, axis %d: row %zu has other bits than its own call", dtype->name, (int)options->axis, r);
        }
        free(out);
    }
    free(a_row);
    free(v_row);
    free(row);
    free(values);
}

static void check_shapes(const dtype_info *dtype, shape a_shape, shape v_shape, const mlx_convolve_options *options) {
    char *a = take(elements_of(a_shape) * dtype->size), *v = take(elements_of(v_shape) * dtype->size);
    fill_random(dtype, a, elements_of(a_shape), 1);
    fill_random(dtype, v, elements_of(v_shape), 2);
    mlx_array a_array = mlx_array_new_data(a, a_shape.shape, a_shape.ndim, dtype->dtype);
    mlx_array v_array = mlx_array_new_data(v, v_shape.shape, v_shape.ndim, dtype->dtype), out = mlx_array_new();
    mlx_stream stream = mlx_default_stream_new();
    assert_ok(mlx_convolve_with(&a_array, &v_array, options, stream, &out));
    check_result(dtype, out, a, a_shape, v, v_shape, options);
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
    free(a);
    free(v);
}

static void rows_have_the_bits_of_their_own_calls(void **state) {
    const dtype_info *dtype = *state;
    static const struct {
        shape a, v;
        int axis;
    } cases[] = {
        {{1, {9}}, {1, {4}}, 0},           {{2, {3, 9}}, {1, {4}}, -1},        {{2, {9, 3}}, {1, {4}}, 0},
        {{1, {9}}, {2, {3, 4}}, 1},        {{1, {4}}, {2, {9, 2}}, -2},        {{2, {3, 9}}, {2, {3, 4}}, -1},
        {{2, {1, 9}}, {2, {3, 4}}, -1},    {{2, {3, 9}}, {2, {1, 14}}, 1},     {{3, {2, 5, 3}}, {2, {4, 3}}, 1},
        {{2, {5, 3}}, {3, {2, 4, 1}}, -2}, {{3, {5, 2, 3}}, {3, {4, 2, 1}}, 0}, {{4, {2, 1, 6, 2}}, {3, {3, 7, 1}}, 2},
        {{4, {2, 3, 6, 1}}, {1, {3}}, 1},  {{3, {2, 1, 8}}, {2, {2, 1}}, -1},  {{2, {1, 1}}, {2, {1, 1}}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int j = 0; j < 8; j++) {
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
            options.axis = cases[i].axis;
            options.operation = j % OPERATIONS;
            options.mode = j < 4 ? MLX_MODE_FULL : MLX_MODE_SAME;
            options.boundary = j % 4 < 2 ? MLX_BOUNDARY_ZERO : 1 + (int)i % (BOUNDARIES - 1);
            options.first = j == 3 ? 1 : 0;
            options.count = j == 2 ? 1 : SIZE_MAX;
            check_shapes(dtype, cases[i].a, cases[i].v, &options);
        }
    }
}

/* So much work that it is queued and shared by threads, along either axis. */
static void many_long_rows(void **state) {
    const dtype_info *dtype = *state;
    const int rows = quick() ? 3 : 30, len = quick() ? 300 : 4000, taps = quick() ? 30 : 500;
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = MLX_MODE_SAME, options.boundary = MLX_BOUNDARY_EDGE;
    check_shapes(dtype, (shape){2, {rows, len}}, (shape){1, {taps}}, &options);
    options.axis = 0;
    check_shapes(dtype, (shape){2, {len, rows}}, (shape){2, {taps, 1}}, &options);
}

/* The filter is longer along the axis, however many elements the operands have: they are swapped. */
static void operands_swap_by_their_lengths_along_the_axis(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_INT32];
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    for (options.mode = 0; options.mode < MODES; options.mode++) {
        for (options.operation = 0; options.operation < OPERATIONS; options.operation++) {
            check_shapes(dtype, (shape){2, {50, 3}}, (shape){1, {8}}, &options);
            check_shapes(dtype, (shape){1, {8}}, (shape){2, {50, 3}}, &options);
        }
    }
}

/* A transposed view is read where it lies. */
static void views_of_any_strides(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT64];
    enum { ROWS = 3, LEN = 40, TAPS = 5 };
    double stored[LEN * ROWS], turned[ROWS * LEN], v[TAPS];
    fill_random(dtype, stored, LEN * ROWS, 3);
    fill_random(dtype, v, TAPS, 4);
    for (size_t i = 0; i < LEN * ROWS; i++) {
        turned[i % ROWS * LEN + (LEN - 1 - i / ROWS)] = stored[i];
    }
    const int stored_shape[] = {LEN, ROWS}, view_shape[] = {ROWS, LEN};
    const int64_t strides[] = {1, -ROWS};
    mlx_stream stream = mlx_default_stream_new();
    mlx_array base = mlx_array_new_data(stored, stored_shape, 2, MLX_FLOAT64), view = mlx_array_new();
    mlx_array filter = array_of(dtype, v, TAPS);
    assert_ok(mlx_as_strided(&view, base, view_shape, 2, strides, 2, (LEN - 1) * ROWS, stream));
    assert_ok(mlx_convolve_with(&view, &filter, NULL, stream, &view)); /* into an input's handle */
    check_result(dtype, view, (char *)turned, (shape){2, {ROWS, LEN}}, (char *)v, (shape){1, {TAPS}}, &default_options);
    assert_ok(mlx_array_free(base));
    assert_ok(mlx_array_free(view));
    assert_ok(mlx_array_free(filter));
    assert_ok(mlx_stream_free(stream));
}

static void dimensions_of_0_give_empty_results(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    check_shapes(dtype, (shape){2, {0, 9}}, (shape){1, {4}}, &options);
    check_shapes(dtype, (shape){3, {2, 0, 9}}, (shape){2, {1, 4}}, &options);
    options.axis = 0;
    check_shapes(dtype, (shape){1, {9}}, (shape){2, {4, 0}}, &options);
    options.count = 0;
    check_shapes(dtype, (shape){2, {9, 3}}, (shape){1, {4}}, &options);
}

/* Two dtypes convert to the promoted one, in every row. */
static void operands_of_two_dtypes(void **state) {
    (void)state;
    const int16_t a[] = {1, 2, 3, -4, 5, -6};
    const float v[] = {1, 0.5f}, want[] = {1, 2.5f, 4, 1.5f, -4, 3, -3.5f, -3};
    const int a_shape[] = {2, 3};
    mlx_stream stream = mlx_default_stream_new();
    mlx_array a_array = mlx_array_new_data(a, a_shape, 2, MLX_INT16), out = mlx_array_new();
    mlx_array v_array = array_of(&all_dtypes[MLX_FLOAT32], v, 2);
    assert_ok(mlx_convolve_with(&a_array, &v_array, NULL, stream, &out));
    assert_int_equal(mlx_array_dtype(out), MLX_FLOAT32);
    assert_int_equal(mlx_array_size(out), 8);
    assert_floats(mlx_array_data_float32(out), want, 8);
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
}

int main(void) {
    static char names[2 * DTYPES][40];
    struct CMUnitTest tests[2 * DTYPES + 4] = {
        cmocka_unit_test(operands_swap_by_their_lengths_along_the_axis),
        cmocka_unit_test(views_of_any_strides),
        cmocka_unit_test(dimensions_of_0_give_empty_results),
        cmocka_unit_test(operands_of_two_dtypes),
    };
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        snprintf(names[2 * d], sizeof *names, "%s: rows", all_dtypes[d].name);
        snprintf(names[2 * d + 1], sizeof *names, "%s: many long rows", all_dtypes[d].name);
        tests[2 * d + 4] = (struct CMUnitTest){names[2 * d], rows_have_the_bits_of_their_own_calls, NULL, NULL, dtype};
        tests[2 * d + 5] = (struct CMUnitTest){names[2 * d + 1], many_long_rows, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
