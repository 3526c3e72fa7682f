/* mlx-c's transforms of a closure that convolves: compiled, and differentiated; nothing is evaluated on the way. */
#include "support.h"

enum { LEN = 2000, CASES = 2 };
static const int taps_of[CASES] = {5, 400};

/* The function (a, v) -> a convolved with v. */
static int convolve(mlx_vector_array *outputs, const mlx_vector_array inputs) {
    mlx_array a = mlx_array_new(), v = mlx_array_new(), out = mlx_array_new();
    int status = mlx_vector_array_get(&a, inputs, 0) || mlx_vector_array_get(&v, inputs, 1) ||
                 mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out) || mlx_vector_array_set_value(outputs, out);
    mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    return status;
}

/* The function (a, v) -> the sum of the outputs. */
static int summed(mlx_vector_array *outputs, const mlx_vector_array inputs) {
    mlx_array sum = mlx_array_new();
    int status = convolve(outputs, inputs) || mlx_vector_array_get(&sum, *outputs, 0) ||
                 mlx_sum(&sum, sum, false, stream) || mlx_vector_array_set_value(outputs, sum);
    mlx_array_free(sum);
    return status;
}

static mlx_vector_array both(mlx_array a, mlx_array v) { return mlx_vector_array_new_data((mlx_array[]){a, v}, 2); }

static mlx_array item(mlx_vector_array arrays, size_t i) {
    mlx_array array = mlx_array_new();
    assert_ok(mlx_vector_array_get(&array, arrays, i));
    return array;
}

/* Asserts that `array`, which nobody has evaluated, has `len` values that are `wanted`. */
static void assert_all(mlx_array lazy, size_t len, float wanted) {
    mlx_array array = mlx_array_new();
    assert_false(available(lazy));
    assert_ok(mlx_contiguous(&array, lazy, false, stream)); /* it may be one value, broadcast */
    assert_ok(mlx_array_eval(array));
    assert_int_equal(mlx_array_size(array), len);
    for (size_t i = 0; i < len; i++) {
        if (!(fabsf(at(array, i) - wanted) < 1e-3f)) {
            fail_msg("element %zu is %.9g, not %.9g", i, (double)at(array, i), (double)wanted);
        }
    }
    mlx_array_free(array);
}

static float sum_of(mlx_array array) {
    double sum = 0;
    for (size_t i = 0; i < mlx_array_size(array); i++) {
        sum += (double)at(array, i);
    }
    return (float)sum;
}

static void compiled(void **state) {
    (void)state;
    mlx_closure function = mlx_closure_new_func(convolve), fast = mlx_closure_new();
    assert_ok(mlx_compile(&fast, function, false));
    for (int i = 0; i < 2 * CASES; i++) { /* again with other values */
        mlx_array a = noise(LEN, 1 + (unsigned)i), v = noise(taps_of[i / 2], 20);
        mlx_vector_array inputs = both(a, v), outputs = mlx_vector_array_new();
        assert_ok(mlx_closure_apply(&outputs, fast, inputs));
        mlx_array out = item(outputs, 0);
        assert_false(available(out));
        assert_ok(mlx_array_eval(out));
        assert_convolution(out, a, v, MLX_MODE_FULL);
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
        mlx_vector_array_free(inputs), mlx_vector_array_free(outputs);
    }
    mlx_closure_free(function), mlx_closure_free(fast);
}

static void vjp(void **state) {
    (void)state;
    mlx_closure function = mlx_closure_new_func(convolve);
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), ones = ramp(LEN + taps_of[i] - 1, 1, 0);
        mlx_vector_array inputs = both(a, v), cotangents = mlx_vector_array_new_value(ones);
        mlx_vector_array outputs = mlx_vector_array_new(), gradients = mlx_vector_array_new();
        assert_ok(mlx_vjp(&outputs, &gradients, function, inputs, cotangents));
        mlx_array out = item(outputs, 0), to_a = item(gradients, 0), to_v = item(gradients, 1);
        assert_false(available(out));
        assert_all(to_a, LEN, sum_of(v));
        assert_all(to_v, (size_t)taps_of[i], sum_of(a));
        assert_ok(mlx_array_eval(out));
        assert_convolution(out, a, v, MLX_MODE_FULL);
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(ones);
        mlx_array_free(out), mlx_array_free(to_a), mlx_array_free(to_v);
        mlx_vector_array_free(inputs), mlx_vector_array_free(cotangents);
        mlx_vector_array_free(outputs), mlx_vector_array_free(gradients);
    }
    mlx_closure_free(function);
}

static void value_and_grad(void **state) {
    (void)state;
    const int of_both[] = {0, 1};
    mlx_closure function = mlx_closure_new_func(summed);
    mlx_closure_value_and_grad slope = mlx_closure_value_and_grad_new();
    assert_ok(mlx_value_and_grad(&slope, function, of_both, 2));
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2);
        mlx_vector_array inputs = both(a, v), values = mlx_vector_array_new(), gradients = mlx_vector_array_new();
        assert_ok(mlx_closure_value_and_grad_apply(&values, &gradients, slope, inputs));
        mlx_array value = item(values, 0), to_a = item(gradients, 0), to_v = item(gradients, 1);
        assert_all(value, 1, sum_of(a) * sum_of(v));
        assert_all(to_a, LEN, sum_of(v));
        assert_all(to_v, (size_t)taps_of[i], sum_of(a));
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(value), mlx_array_free(to_a), mlx_array_free(to_v);
        mlx_vector_array_free(inputs), mlx_vector_array_free(values), mlx_vector_array_free(gradients);
    }
    mlx_closure_free(function), mlx_closure_value_and_grad_free(slope);
}

/* Inputs are evaluated with the result, and not before. */
static void unevaluated_inputs(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), twice = mlx_array_new(), out = mlx_array_new();
        assert_ok(mlx_add(&twice, a, a, stream));
        assert_ok(mlx_convolve(&twice, &v, MLX_MODE_SAME, stream, &out));
        assert_false(available(twice));
        assert_false(available(out));
        assert_ok(mlx_array_eval(out));
        assert_true(available(twice));
        assert_convolution(out, twice, v, MLX_MODE_SAME);
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(twice), mlx_array_free(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled),
        cmocka_unit_test(vjp),
        cmocka_unit_test(value_and_grad),
        cmocka_unit_test(unevaluated_inputs),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
