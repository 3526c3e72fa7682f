/* Every pair of lengths from 1 to 64, every mode and dtype, against the schoolbook sum. */
#include "oracle.h"

enum { LONGEST = 64 };

static void check_pair(const dtype_info *dtype, entry_point convolve, const void *a, size_t a_len, const void *v,
                       size_t v_len, bool small_values) {
    operand a_values = operand_of(dtype, a, a_len);
    operand v_values = operand_of(dtype, v, v_len);
    for (mlx_mode mode = 0; mode < MODES; mode++) {
        tolerance allowed = bound_for(&a_values, &v_values, mode);
        if (small_values && method_for(dtype, a_len, v_len, mode).direct) {
            allowed = (tolerance){0, 0};
        }
        void *out = convolve(dtype, a, a_len, v, v_len, mode);
        check_outputs(&a_values, &v_values, mode, out, 0, allowed);
        free(out);
    }
    operand_free(&a_values);
    operand_free(&v_values);
}

/* Lengths 1, 1 + step, ... up to 64: odd and even ones, whole and broken vectors. */
static void check_lengths(const dtype_info *dtype, entry_point convolve, bool small_values, size_t step) {
    void *a = take(LONGEST * dtype->size);
    void *v = take(LONGEST * dtype->size);
    step = quick() ? 7 * step : step;
    for (size_t a_len = 1; a_len <= LONGEST; a_len += step) {
        for (size_t v_len = 1; v_len <= LONGEST; v_len += step) {
            uint64_t seed = a_len * LONGEST + v_len;
            (small_values ? fill_small : fill_random)(dtype, a, a_len, seed);
            (small_values ? fill_small : fill_random)(dtype, v, v_len, ~seed);
            check_pair(dtype, convolve, a, a_len, v, v_len, small_values);
        }
    }
    free(a);
    free(v);
}

static void small_values_into(void **dtype) { check_lengths(*dtype, through_into, true, 1); }
static void small_values_arrays(void **dtype) { check_lengths(*dtype, through_arrays, true, 3); }
static void random_values_into(void **dtype) { check_lengths(*dtype, through_into, false, 1); }

static void lengths_of_the_modes(void **state) {
    (void)state;
    for (size_t a_len = 0; a_len <= LONGEST; a_len++) {
        for (size_t v_len = 0; v_len <= LONGEST; v_len++) {
            size_t n = a_len > v_len ? a_len : v_len, k = a_len < v_len ? a_len : v_len;
            assert_int_equal(mlx_convolve_length(a_len, v_len, MLX_MODE_FULL), k == 0 ? 0 : n + k - 1);
            assert_int_equal(mlx_convolve_length(a_len, v_len, MLX_MODE_VALID), k == 0 ? 0 : n - k + 1);
            assert_int_equal(mlx_convolve_length(a_len, v_len, MLX_MODE_SAME), k == 0 ? 0 : n);
        }
    }
    assert_int_equal(mlx_convolve_length(SIZE_MAX, 1, MLX_MODE_FULL), SIZE_MAX);
    assert_int_equal(mlx_convolve_length(SIZE_MAX, 2, MLX_MODE_FULL), 0);
    assert_int_equal(mlx_convolve_length(SIZE_MAX, SIZE_MAX, MLX_MODE_VALID), 1);
    assert_int_equal(mlx_convolve_length(3, 2, 3), 0);
    assert_int_equal(mlx_convolve_length(3, 2, -1), 0);
}

int main(void) {
    struct CMUnitTest tests[3 * DTYPES + 1] = {cmocka_unit_test(lengths_of_the_modes)};
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[3 * d + 1] = (struct CMUnitTest){name, small_values_into, NULL, NULL, dtype};
        tests[3 * d + 2] = (struct CMUnitTest){name, small_values_arrays, NULL, NULL, dtype};
        tests[3 * d + 3] = (struct CMUnitTest){name, random_values_into, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
