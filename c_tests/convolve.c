/* mlx_convolve as an operation on handles: promotion, ownership, aliasing, refused arguments. */
#include "support.h"

#include <math.h>

static const dtype_info *const F32 = &all_dtypes[MLX_FLOAT32];

static mlx_stream stream;

static int open_stream(void **state) {
    (void)state;
    stream = mlx_default_stream_new();
    return stream.ctx == NULL;
}

static int close_stream(void **state) {
    (void)state;
    return mlx_stream_free(stream);
}

static void assert_values(mlx_array array, const float *want, size_t len) {
    assert_int_equal(mlx_array_ndim(array), 1);
    assert_int_equal(mlx_array_size(array), len);
    assert_int_equal(mlx_array_dtype(array), MLX_FLOAT32);
    assert_ok(mlx_array_eval(array));
    assert_floats(mlx_array_data_float32(array), want, len);
}

static void modes(void **state) {
    (void)state;
    const float a_values[] = {1, 2, 3, 4}, v_values[] = {10, 1};
    const float full[] = {10, 21, 32, 43, 4};
    mlx_array a = array_of(F32, a_values, 4), v = array_of(F32, v_values, 2), out = mlx_array_new();
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out));
    assert_values(out, full, 5);
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_VALID, stream, &out));
    assert_values(out, full + 1, 3);
    /* An even filter in `same` starts at (2 - 1) / 2 = 0. */
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &out));
    assert_values(out, full, 4);
    /* Swapped operands give the longer one's length, from the same place. */
    assert_ok(mlx_convolve(&v, &a, MLX_MODE_SAME, stream, &out));
    assert_values(out, full, 4);
    assert_ok(mlx_convolve(&v, &a, MLX_MODE_VALID, stream, &out));
    assert_values(out, full + 1, 3);
    assert_int_equal(MLX_MODE_FULL, 0);
    assert_int_equal(MLX_MODE_VALID, 1);
    assert_int_equal(MLX_MODE_SAME, 2);
    assert_ok(mlx_array_free(a));
    assert_ok(mlx_array_free(v));
    assert_ok(mlx_array_free(out));
}

static void mixed_dtypes_convert_first(void **state) {
    (void)state;
    static const struct {
        mlx_dtype a, v, out;
    } cases[] = {
        {MLX_BOOL, MLX_UINT8, MLX_UINT8},      {MLX_UINT8, MLX_INT8, MLX_INT16},
        {MLX_INT32, MLX_UINT32, MLX_INT64},    {MLX_UINT64, MLX_INT64, MLX_FLOAT32},
        {MLX_INT64, MLX_FLOAT16, MLX_FLOAT16}, {MLX_FLOAT16, MLX_BFLOAT16, MLX_FLOAT32},
        {MLX_BFLOAT16, MLX_BOOL, MLX_BFLOAT16}, {MLX_FLOAT32, MLX_FLOAT64, MLX_FLOAT64},
        {MLX_FLOAT64, MLX_COMPLEX64, MLX_COMPLEX64}, {MLX_INT8, MLX_COMPLEX64, MLX_COMPLEX64},
    };
    for (size_t c = 0; c < 2 * sizeof cases / sizeof *cases; c++) {
        bool swapped = c % 2;
        const dtype_info *a_dtype = &all_dtypes[swapped ? cases[c / 2].v : cases[c / 2].a];
        const dtype_info *v_dtype = &all_dtypes[swapped ? cases[c / 2].a : cases[c / 2].v];
        const dtype_info *out_dtype = &all_dtypes[cases[c / 2].out];
        char a_values[3 * 8], v_values[2 * 8];
        const double ones[] = {1, 0, 1};
        for (size_t i = 0; i < 3; i++) {
            store(a_dtype, a_values, i, ones[i], 2);
            store(v_dtype, v_values, i % 2, ones[i], 3);
        }
        mlx_array a = array_of(a_dtype, a_values, 3), v = array_of(v_dtype, v_values, 2), out = mlx_array_new();
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out));
        assert_int_equal(mlx_array_dtype(out), out_dtype->dtype);
        const void *got = mlx_array_data_uint8(out);
        const double a_im = a_dtype->kind == KIND_COMPLEX ? 2 : 0, v_im = v_dtype->kind == KIND_COMPLEX ? 3 : 0;
        for (size_t n = 0; n < 4; n++) {
            double re = 0, im = 0;
            for (size_t k = 0; k < 3; k++) {
                if (n >= k && n - k < 2) {
                    double v_re = n - k == 0 ? 1 : 0;
                    re += ones[k] * v_re - a_im * v_im;
                    im += ones[k] * v_im + a_im * v_re;
                }
            }
            double allowed = method_forced("fft") && !is_exact(out_dtype) ? 1e-4 : 0;
            assert_true(fabs(load_re(out_dtype, got, n) - re) <= allowed);
            assert_true(fabs(load_im(out_dtype, got, n) - im) <= allowed);
        }
        assert_ok(mlx_array_free(a));
        assert_ok(mlx_array_free(v));
        assert_ok(mlx_array_free(out));
    }
}

static void one_handle_for_everything(void **state) {
    (void)state;
    const float values[] = {1, 2, 3}, square[] = {1, 4, 10, 12, 9};
    mlx_array x = array_of(F32, values, 3);
    assert_ok(mlx_convolve(&x, &x, MLX_MODE_FULL, stream, &x));
    assert_values(x, square, 5);
    assert_ok(mlx_array_free(x));
}

static void copies_of_a_handle_see_the_new_value(void **state) {
    (void)state;
    const float a_values[] = {1, 2}, v_values[] = {3}, want[] = {3, 6};
    mlx_array a = array_of(F32, a_values, 2), v = array_of(F32, v_values, 1);
    mlx_array out = mlx_array_new_float(7), copy = out;
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out));
    assert_ptr_equal(out.ctx, copy.ctx);
    assert_values(copy, want, 2);
    mlx_array same = a; /* the first input's handle as destination */
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &a));
    assert_ptr_equal(a.ctx, same.ctx);
    assert_values(same, want, 2);
    assert_ok(mlx_array_free(a));
    assert_ok(mlx_array_free(v));
    assert_ok(mlx_array_free(out));
}

static void inputs_may_go_at_once(void **state) {
    (void)state;
    const size_t n = quick() ? 2000 : 50000, k = quick() ? 300 : 3000;
    float *a_values = take(n * sizeof(float)), *v_values = take(k * sizeof(float));
    fill_small(F32, a_values, n, 1);
    fill_small(F32, v_values, k, 2);
    mlx_array a = array_of(F32, a_values, n), v = array_of(F32, v_values, k), out = mlx_array_new();
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_VALID, stream, &out));
    assert_ok(mlx_array_free(a));
    assert_ok(mlx_array_free(v));
    float *want = through_into(F32, a_values, n, v_values, k, MLX_MODE_VALID);
    assert_values(out, want, n - k + 1);
    assert_ok(mlx_array_free(out));
    free(want);
    free(a_values);
    free(v_values);
}

/* Results are inputs of the next call without waiting in between. */
static void results_feed_the_next_call(void **state) {
    (void)state;
    const float ones[] = {1, 1}, want[] = {1, 5, 10, 10, 5, 1};
    mlx_array binomial = array_of(F32, ones, 2), pair = array_of(F32, ones, 2);
    mlx_stream other = mlx_default_cpu_stream_new();
    for (int i = 0; i < 4; i++) {
        assert_ok(mlx_convolve(&binomial, &pair, MLX_MODE_FULL, i % 2 ? other : stream, &binomial));
    }
    assert_values(binomial, want, 6);
    assert_ok(mlx_synchronize(stream));
    assert_ok(mlx_synchronize(other));
    assert_ok(mlx_stream_free(other));
    assert_ok(mlx_array_free(binomial));
    assert_ok(mlx_array_free(pair));
}

static void only_one_dimension_and_never_empty(void **state) {
    (void)state;
    const float values[] = {1, 2, 3, 4, 5, 6};
    int square[] = {2, 3}, nothing[] = {0};
    mlx_array good = array_of(F32, values, 6), out = mlx_array_new_float(5);
    mlx_array bad[] = {mlx_array_new_float(1), mlx_array_new_data(values, square, 2, MLX_FLOAT32),
                       mlx_array_new_data(values, nothing, 1, MLX_FLOAT32)};
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(bad[i].ctx);
        for (mlx_mode mode = 0; mode < MODES; mode++) {
            assert_fails(mlx_convolve(&bad[i], &good, mode, stream, &out), MLX_STATUS_INVALID_ARGUMENT, "a");
            assert_fails(mlx_convolve(&good, &bad[i], mode, stream, &out), MLX_STATUS_INVALID_ARGUMENT, "v");
        }
        assert_ok(mlx_array_free(bad[i]));
    }
    float kept = 0;
    assert_ok(mlx_array_item_float32(&kept, out));
    assert_true(kept == 5);
    assert_ok(mlx_array_free(good));
    assert_ok(mlx_array_free(out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),
        cmocka_unit_test(mixed_dtypes_convert_first),
        cmocka_unit_test(one_handle_for_everything),
        cmocka_unit_test(copies_of_a_handle_see_the_new_value),
        cmocka_unit_test(inputs_may_go_at_once),
        cmocka_unit_test(results_feed_the_next_call),
        cmocka_unit_test(only_one_dimension_and_never_empty),
    };
    return cmocka_run_group_tests(tests, open_stream, close_stream);
}
