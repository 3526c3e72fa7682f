/* What is refused: status 1, mlx-c's error handler called once, and the result's handle as it was. */
#include "support.h"

#include <limits.h>

static mlx_array signal_, filter, nothing, empty, scalar, matrix, out;

static int arrays(void **state) {
    if (begin(state) != 0) {
        return 1;
    }
    const int none = 0, two_rows[] = {2, 3};
    const float values[6] = {0};
    signal_ = ramp(5, 1, 1);
    filter = ramp(2, 1, -2);
    nothing = (mlx_array){NULL};
    empty = mlx_array_new_data(values, &none, 1, MLX_FLOAT32);
    scalar = mlx_array_new_float(1);
    matrix = mlx_array_new_data(values, two_rows, 2, MLX_FLOAT32);
    out = ramp(2, 7, 1);
    return 0;
}

static int no_arrays(void **state) {
    const mlx_array all[] = {signal_, filter, empty, scalar, matrix, out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mlx_array_free(all[i]);
    }
    return end(state);
}

/* The same array, in the same handle. */
static void assert_untouched(void *before) {
    assert_ptr_equal(out.ctx, before);
    assert_int_equal(mlx_array_size(out), 2);
    assert_true(at(out, 0) == 7 && at(out, 1) == 8);
}

/* With `out` and with an empty handle, which stays empty. */
static void refuse(const mlx_array *a, const mlx_array *v, mlx_mode mode, mlx_stream on, const char *words) {
    void *before = out.ctx;
    mlx_array fresh = {NULL};
    assert_refused(mlx_convolve(a, v, mode, on, &out), words);
    assert_untouched(before);
    assert_refused(mlx_convolve(a, v, mode, on, &fresh), words);
    assert_null(fresh.ctx);
}

static void null_arguments(void **state) {
    (void)state;
    refuse(NULL, &filter, MLX_MODE_FULL, stream, "a is NULL");
    refuse(&signal_, NULL, MLX_MODE_FULL, stream, "v is NULL");
    refuse(NULL, NULL, MLX_MODE_FULL, stream, "a is NULL");
    assert_refused(mlx_convolve(&signal_, &filter, MLX_MODE_FULL, stream, NULL), "out is NULL");
    assert_refused(mlx_convolve(NULL, NULL, 9, (mlx_stream){NULL}, NULL), "a is NULL");
}

static void empty_handles(void **state) {
    (void)state;
    refuse(&nothing, &filter, MLX_MODE_FULL, stream, "a is an empty mlx_array");
    refuse(&signal_, &nothing, MLX_MODE_FULL, stream, "v is an empty mlx_array");
    refuse(&signal_, &filter, MLX_MODE_FULL, (mlx_stream){NULL}, "stream is an empty mlx_stream");
}

static void shapes(void **state) {
    (void)state;
    const mlx_array odd[] = {scalar, matrix};
    for (int i = 0; i < 2; i++) {
        refuse(&odd[i], &filter, MLX_MODE_FULL, stream, "Inputs must be 1D");
        refuse(&signal_, &odd[i], MLX_MODE_SAME, stream, "Inputs must be 1D");
    }
    refuse(&empty, &filter, MLX_MODE_FULL, stream, "Inputs cannot be empty");
    refuse(&signal_, &empty, MLX_MODE_VALID, stream, "Inputs cannot be empty");
    refuse(&empty, &empty, MLX_MODE_SAME, stream, "Inputs cannot be empty");
}

static void modes(void **state) {
    (void)state;
    const mlx_mode unknown[] = {-1, 3, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        refuse(&signal_, &filter, unknown[i], stream, "Invalid mode");
    }
}

static void nothing_is_kept(void **state) {
    (void)state;
    size_t before = active_memory();
    for (int i = 0; i < 1000; i++) {
        refuse(&signal_, &filter, 3, stream, "");
    }
    assert_int_equal(active_memory(), before);
}

/* After all of these. */
static void what_is_right_is_not_refused(void **state) {
    (void)state;
    mlx_array sum = mlx_array_new();
    assert_ok(mlx_convolve(&signal_, &filter, MLX_MODE_FULL, stream, &sum));
    assert_ok(mlx_array_eval(sum));
    assert_convolution(sum, signal_, filter, MLX_MODE_FULL);
    assert_ok(mlx_array_free(sum));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_arguments),  cmocka_unit_test(empty_handles),
        cmocka_unit_test(shapes),          cmocka_unit_test(modes),
        cmocka_unit_test(nothing_is_kept), cmocka_unit_test(what_is_right_is_not_refused),
    };
    return cmocka_run_group_tests(tests, arrays, no_arrays);
}
