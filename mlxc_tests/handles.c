/* Handles: what becomes of them, and who owns what. */
#include "support.h"

/* Few taps and many. */
static const int taps_of[] = {5, 400};
enum { LEN = 3000, CASES = 2 };

/* The type of the function, and its name for programs. */
static void signature(void **state) {
    (void)state;
    int (*function)(const mlx_array *, const mlx_array *, mlx_mode, mlx_stream, mlx_array *) = mlx_convolve;
    assert_true(function == mlx_convolve_mlxc);
    assert_int_equal(sizeof(mlx_mode), 4);
    assert_int_equal(MLX_MODE_FULL, 0);
    assert_int_equal(MLX_MODE_VALID, 1);
    assert_int_equal(MLX_MODE_SAME, 2);
}

static void modes(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), out = mlx_array_new();
        for (mlx_mode mode = MLX_MODE_FULL; mode <= MLX_MODE_SAME; mode++) {
            assert_ok(mlx_convolve(&a, &v, mode, stream, &out));
            assert_ok(mlx_array_eval(out));
            assert_convolution(out, a, v, mode);
            assert_ok(mlx_convolve(&v, &a, mode, stream, &out));
            assert_ok(mlx_array_eval(out));
            assert_convolution(out, a, v, mode);
        }
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
}

/* Whoever reads the values by a pointer finds them one after the other, whatever the operands are. */
static void results_are_contiguous(void **state) {
    (void)state;
    const int taps[] = {1, 5, 400}, len = LEN, back[] = {LEN - 1, -LEN - 1, -1};
    const mlx_dtype dtypes[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_FLOAT64, MLX_COMPLEX64, MLX_INT32, MLX_BOOL};
    mlx_array one = mlx_array_new_float(1), views[] = {mlx_array_new(), mlx_array_new()}, straight = noise(LEN, 1);
    assert_ok(mlx_broadcast_to(&views[0], one, &len, 1, stream));
    assert_ok(mlx_slice(&views[1], straight, &back[0], 1, &back[1], 1, &back[2], 1, stream));
    for (int i = 0; i < 3 * 6 * 2 * 3; i++) {
        mlx_array a = mlx_array_new(), v = noise(taps[i % 3], 2), out = mlx_array_new();
        assert_ok(mlx_astype(&a, views[i / 3 % 2], dtypes[i / 6 % 6], stream));
        assert_ok(mlx_astype(&v, v, dtypes[i / 6 % 6], stream));
        assert_ok(mlx_convolve(&a, &v, i / 36, stream, &out));
        assert_ok(mlx_array_eval(out));
        if (mlx_array_strides(out)[0] != 1) {
            fail_msg("%d taps, view %d, dtype %d, mode %d: the outputs are %td apart", taps[i % 3], i / 3 % 2,
                     (int)dtypes[i / 6 % 6], i / 36, (ptrdiff_t)mlx_array_strides(out)[0]);
        }
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
    mlx_array_free(one), mlx_array_free(straight), mlx_array_free(views[0]), mlx_array_free(views[1]);
}

/* An empty handle receives a new array. */
static void out_is_empty(void **state) {
    (void)state;
    mlx_array a = noise(LEN, 1), v = noise(5, 2), out = {NULL};
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &out));
    assert_non_null(out.ctx);
    assert_ok(mlx_array_eval(out));
    assert_convolution(out, a, v, MLX_MODE_SAME);
    mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
}

/* As mlx_array_set does it: the object behind the handle is given the new value, so that copies of the handle see it. */
static void out_is_set_in_place(void **state) {
    (void)state;
    mlx_array a = noise(LEN, 1), v = noise(5, 2), out = ramp(3, 0, 1), copy = out, other = mlx_array_new();
    assert_ok(mlx_array_set(&other, out));
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &out));
    assert_ptr_equal(out.ctx, copy.ctx);
    assert_ok(mlx_array_eval(copy));
    assert_convolution(copy, a, v, MLX_MODE_SAME);
    assert_int_equal(mlx_array_size(other), 3); /* an array of its own */
    mlx_array_free(a), mlx_array_free(v), mlx_array_free(out), mlx_array_free(other);
}

static void out_is_an_input(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), out = noise(LEN, 1);
        assert_ok(mlx_convolve(&out, &v, MLX_MODE_SAME, stream, &out));
        assert_ok(mlx_array_eval(out));
        assert_convolution(out, a, v, MLX_MODE_SAME);
        mlx_array_free(out);
        out = noise(taps_of[i], 2);
        assert_ok(mlx_convolve(&a, &out, MLX_MODE_FULL, stream, &out));
        assert_ok(mlx_array_eval(out));
        assert_convolution(out, a, v, MLX_MODE_FULL);
        mlx_array_free(out);
        out = noise(taps_of[i], 2);
        assert_ok(mlx_convolve(&out, &out, MLX_MODE_FULL, stream, &out));
        assert_ok(mlx_array_eval(out));
        assert_convolution(out, v, v, MLX_MODE_FULL);
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
}

/* The call returns before there are values; the graph holds its inputs, and the stream's handle is not needed. */
static void inputs_are_freed_before_evaluation(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), out = mlx_array_new();
        mlx_stream freed = new_stream();
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, freed, &out));
        assert_false(available(out));
        mlx_array_free(a), mlx_array_free(v), mlx_stream_free(freed);
        assert_ok(mlx_array_eval(out));
        a = noise(LEN, 1), v = noise(taps_of[i], 2);
        assert_convolution(out, a, v, MLX_MODE_FULL);
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
}

/* Of the dtypes that compute in different ways: results that are evaluated, replaced, and freed without a value. */
static void memory_is_released(void **state) {
    (void)state;
    const mlx_dtype dtypes[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_FLOAT64, MLX_COMPLEX64, MLX_INT32, MLX_UINT64, MLX_BOOL};
    size_t before = active_memory();
    for (size_t i = 0; i < CASES * sizeof dtypes / sizeof *dtypes; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i % CASES], 2), out = mlx_array_new();
        assert_ok(mlx_astype(&a, a, dtypes[i / CASES], stream));
        assert_ok(mlx_astype(&v, v, dtypes[i / CASES], stream));
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out));
        assert_int_equal(mlx_array_dtype(out), dtypes[i / CASES]);
        assert_ok(mlx_array_eval(out));
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &out));
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    }
    assert_ok(mlx_synchronize(stream));
    assert_int_equal(active_memory(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature),
        cmocka_unit_test(modes),
        cmocka_unit_test(results_are_contiguous),
        cmocka_unit_test(out_is_empty),
        cmocka_unit_test(out_is_set_in_place),
        cmocka_unit_test(out_is_an_input),
        cmocka_unit_test(inputs_are_freed_before_evaluation),
        cmocka_unit_test(memory_is_released),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
