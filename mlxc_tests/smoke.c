/* A little of everything, for every mlx-c: each dtype with each method, a gradient, a refusal. */
#include "support.h"

enum { LEN = 2000 };
static const mlx_dtype dtypes[] = {MLX_BOOL,  MLX_UINT8, MLX_UINT16,  MLX_UINT32,  MLX_UINT64,   MLX_INT8,     MLX_INT16,
                                   MLX_INT32, MLX_INT64, MLX_FLOAT16, MLX_FLOAT32, MLX_BFLOAT16, MLX_COMPLEX64};
static const int taps_of[] = {1, 2, 40, 600};

/* Zeros and ones, of which few are ones in a filter of many: sums below 32 are exact in every dtype. */
static mlx_array ones_and_zeros(int len, int every) {
    float values[LEN];
    for (int i = 0; i < len; i++) {
        values[i] = i * i % every == 1 || len == 1;
    }
    return mlx_array_new_data(values, &len, 1, MLX_FLOAT32);
}

/* The values as float32; one or zero where `dtype` is bool. */
static mlx_array as_float32(mlx_array array) {
    mlx_array out = mlx_array_new();
    assert_ok(mlx_astype(&out, array, MLX_FLOAT32, stream));
    assert_ok(mlx_array_eval(out));
    return out;
}

static void check(mlx_array a, mlx_array v, mlx_dtype dtype, mlx_mode mode) {
    mlx_array in_a = mlx_array_new(), in_v = mlx_array_new(), out = mlx_array_new(), floats, wanted = mlx_array_new();
    assert_ok(mlx_astype(&in_a, a, dtype, stream));
    assert_ok(mlx_astype(&in_v, v, dtype, stream));
    assert_ok(mlx_convolve(&in_a, &in_v, mode, stream, &out));
    assert_int_equal(mlx_array_dtype(out), dtype);
    floats = as_float32(out);
    if (dtype == MLX_BOOL) {
        assert_ok(mlx_convolve(&a, &v, mode, stream, &wanted));
        assert_ok(mlx_round(&wanted, wanted, 0, stream));
        assert_ok(mlx_astype(&wanted, wanted, MLX_BOOL, stream));
        assert_ok(mlx_array_equal(&wanted, wanted, out, false, stream));
        assert_ok(mlx_array_eval(wanted));
        assert_true(*mlx_array_data_bool(wanted));
    } else {
        assert_convolution(floats, a, v, mode);
    }
    mlx_array_free(in_a), mlx_array_free(in_v), mlx_array_free(out), mlx_array_free(floats), mlx_array_free(wanted);
}

static void every_dtype(void **state) {
    (void)state;
    mlx_array a = ones_and_zeros(LEN, 3);
    for (size_t t = 0; t < sizeof taps_of / sizeof *taps_of; t++) {
        mlx_array v = ones_and_zeros(taps_of[t], taps_of[t] < 100 ? 3 : 97);
        for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
            for (mlx_mode mode = MLX_MODE_FULL; mode <= MLX_MODE_SAME; mode++) {
                check(a, v, dtypes[i], mode);
            }
        }
        mlx_array_free(v);
    }
    mlx_array_free(a);
}

/* Digits that float32 does not have. */
static void float64_is_not_float32(void **state) {
    (void)state;
    for (size_t t = 0; t < sizeof taps_of / sizeof *taps_of; t++) {
        double values[LEN] = {0}, taps[600] = {0};
        values[17] = 1 + ldexp(1, -40);
        taps[0] = 1 + ldexp(1, -41);
        const int len = LEN;
        mlx_array a = mlx_array_new_data(values, &len, 1, MLX_FLOAT64);
        mlx_array v = mlx_array_new_data(taps, &taps_of[t], 1, MLX_FLOAT64), out = mlx_array_new();
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out));
        assert_ok(mlx_array_eval(out));
        for (size_t i = 0; i < mlx_array_size(out); i++) {
            assert_true(fabs(mlx_array_data_float64(out)[i] - (i == 17 ? values[17] * taps[0] : 0)) < 1e-14);
        }
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
}

static int summed(mlx_vector_array *outputs, const mlx_vector_array inputs) {
    mlx_array a = mlx_array_new(), v = mlx_array_new();
    int status = mlx_vector_array_get(&a, inputs, 0) || mlx_vector_array_get(&v, inputs, 1) ||
                 mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &a) || mlx_sum(&a, a, false, stream) ||
                 mlx_vector_array_set_value(outputs, a);
    mlx_array_free(a), mlx_array_free(v);
    return status;
}

/* Each element of `a` counts for each of `v`. */
static void gradient(void **state) {
    (void)state;
    mlx_closure function = mlx_closure_new_func(summed);
    mlx_array one = mlx_array_new_float(1);
    for (size_t t = 0; t < sizeof taps_of / sizeof *taps_of; t++) {
        mlx_array a = ramp(LEN, 1, 0), v = ramp(taps_of[t], 3, 0), slope = mlx_array_new();
        mlx_vector_array inputs = mlx_vector_array_new_data((mlx_array[]){a, v}, 2);
        mlx_vector_array ones = mlx_vector_array_new_value(one);
        mlx_vector_array outputs = mlx_vector_array_new(), gradients = mlx_vector_array_new();
        assert_ok(mlx_vjp(&outputs, &gradients, function, inputs, ones));
        for (int which = 0; which < 2; which++) {
            assert_ok(mlx_vector_array_get(&slope, gradients, (size_t)which));
            assert_ok(mlx_contiguous(&slope, slope, false, stream)); /* it may be one value, broadcast */
            assert_ok(mlx_array_eval(slope));
            assert_int_equal(mlx_array_size(slope), which == 0 ? LEN : taps_of[t]);
            for (size_t i = 0; i < mlx_array_size(slope); i++) {
                float wanted = (float)(which == 0 ? 3 * taps_of[t] : LEN);
                if (!(fabsf(at(slope, i) - wanted) < 0.1f)) {
                    fail_msg("%d taps: derivative %zu of operand %d is %.9g, not %.9g", taps_of[t], i, which,
                             (double)at(slope, i), (double)wanted);
                }
            }
        }
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(slope);
        mlx_vector_array_free(inputs), mlx_vector_array_free(ones);
        mlx_vector_array_free(outputs), mlx_vector_array_free(gradients);
    }
    mlx_array_free(one);
    mlx_closure_free(function);
}

static void refusal(void **state) {
    (void)state;
    mlx_array a = ramp(5, 1, 1), out = mlx_array_new();
    assert_refused(mlx_convolve(&a, &a, 3, stream, &out), "Invalid mode");
    assert_null(out.ctx);
    mlx_array_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype),
        cmocka_unit_test(float64_is_not_float32),
        cmocka_unit_test(gradient),
        cmocka_unit_test(refusal),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
