/* Ranges of outputs: options->first and options->count. */
#include "sums.h"

/* Each range of short operands is that part of the whole. */
static void ranges_are_parts_of_the_whole(void **state) {
    const dtype_info *dtype = *state;
    enum { LONGEST = 9 };
    char *a = take(LONGEST * dtype->size), *v = take(LONGEST * dtype->size);
    fill_small(dtype, a, LONGEST, 7);
    fill_small(dtype, v, LONGEST, 8);
    for (size_t a_len = 1; a_len <= LONGEST; a_len += 4) {
        for (size_t v_len = 2; v_len <= LONGEST; v_len += quick() ? 5 : 3) {
            for (int i = 0; i < MODES * BOUNDARIES * OPERATIONS; i += quick() ? 7 : 1) {
                mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
                options.mode = i % MODES;
                options.boundary = i / MODES % BOUNDARIES;
                options.operation = i / MODES / BOUNDARIES;
                size_t kept = kept_outputs(a_len, v_len, &options).count, len = 99;
                for (options.first = 0; kept > 0 && options.first <= kept; options.first++) {
                    size_t rest = kept - options.first;
                    for (size_t count = 0; count <= rest + 1; count += quick() ? 3 : 1) {
                        options.count = count > rest ? SIZE_MAX : count;
                        sums problem = sums_of(dtype, a, a_len, v, v_len, &options, true);
                        void *out = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
                        assert_int_equal(len, count > rest ? rest : count);
                        check_sums(&problem, out, 0);
                        free(out);
                        sums_free(&problem);
                    }
                    options.count = rest + 1;
                    assert_fails(mlx_convolve_length_with(a_len, v_len, &options, &len), MLX_STATUS_INVALID_ARGUMENT,
                                 "count");
                }
                options.first = kept + 1, options.count = 0;
                assert_fails(mlx_convolve_length_with(a_len, v_len, &options, &len), MLX_STATUS_INVALID_ARGUMENT, "");
            }
        }
    }
    free(a);
    free(v);
}

/* Ranges of long operands keep the bounds; arrays have the bits of plain pointers. */
static void ranges_of_long_operands(void **state) {
    const dtype_info *dtype = *state;
    const size_t a_len = quick() ? 900 : 20000, v_len = quick() ? 100 : 2500;
    char *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
    fill_random(dtype, a, a_len, 9);
    fill_random(dtype, v, v_len, 10);
    mlx_array a_array = array_of(dtype, a, a_len), v_array = array_of(dtype, v, v_len);
    const size_t ranges[][2] = {{0, 1},         {a_len / 2, 1},   {a_len / 3, 10},         {a_len - 7, 300},
                                {v_len / 2, a_len}, {17, a_len / 2}, {a_len + v_len - 2, 1}, {a_len + v_len - 1, 0}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (mlx_boundary boundary = 0; boundary < BOUNDARIES; boundary += 4 - (mlx_boundary)(i % 2) * 2) {
            size_t len, again;
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
            options.boundary = boundary;
            options.operation = (mlx_operation)(i % OPERATIONS);
            options.first = ranges[i][0], options.count = ranges[i][1];
            if (options.count > a_len + v_len - 1 - options.first) {
                options.count = SIZE_MAX;
            }
            sums problem = sums_of(dtype, a, a_len, v, v_len, &options, false);
            void *out = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
            check_sums(&problem, out, 12);
            void *values = array_values_with(a_array, v_array, &options, &again);
            assert_int_equal(again, len);
            assert_memory_equal(values, out, len * dtype->size);
            free(values);
            free(out);
            sums_free(&problem);
        }
    }
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    free(a);
    free(v);
}

/* Nothing is written, nowhere to write is needed; a range of no outputs is an array of no elements. */
static void empty_ranges_succeed(void **state) {
    (void)state;
    const float a[] = {1, 2, 3}, v[] = {1, 1};
    float out = 7;
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.count = 0;
    for (options.first = 0; options.first <= 4; options.first++) {
        assert_ok(mlx_convolve_into_with(a, 3, v, 2, MLX_FLOAT32, &options, &out, 0));
        assert_ok(mlx_convolve_into_with(a, 3, v, 2, MLX_FLOAT32, &options, NULL, 0));
        assert_true(out == 7);
    }
    options.first = 4, options.count = SIZE_MAX;
    mlx_array a_array = array_of(&all_dtypes[MLX_FLOAT32], a, 3), v_array = array_of(&all_dtypes[MLX_FLOAT32], v, 2);
    size_t len = 99;
    void *values = array_values_with(a_array, v_array, &options, &len);
    assert_int_equal(len, 0);
    free(values);
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
}

/* The header's three recipes. */
static void recipes(void **state) {
    (void)state;
    enum { A = 7, V = 4, M = 3 };
    const int64_t a[A] = {1, -2, 3, 5, -8, 13, 21}, v[V] = {2, -1, 4, 7};
    int64_t out[V + A];
    mlx_convolve_options circular = MLX_CONVOLVE_OPTIONS_INIT;
    circular.boundary = MLX_BOUNDARY_WRAP;
    circular.count = A;
    assert_ok(mlx_convolve_into_with(a, A, v, V, MLX_INT64, &circular, out, A));
    for (size_t i = 0; i < A; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < V; k++) {
            sum += v[k] * a[(i + A - k) % A];
        }
        assert_true(out[i] == sum);
    }
    /* `same` that follows its first operand, which here is the shorter one. */
    mlx_convolve_options follows = MLX_CONVOLVE_OPTIONS_INIT;
    follows.first = (A - 1) / 2;
    follows.count = V;
    assert_ok(mlx_convolve_into_with(v, V, a, A, MLX_INT64, &follows, out, V));
    for (size_t i = 0; i < V; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < A; k++) {
            size_t at = i + (A - 1) / 2 - k;
            sum += at < V ? a[k] * v[at] : 0;
        }
        assert_true(out[i] == sum);
    }
    /* The lags -m to m: at lag l, the sum over k of v[k] a[k + l]. */
    mlx_convolve_options lags = MLX_CONVOLVE_OPTIONS_INIT;
    lags.operation = MLX_OPERATION_CORRELATE;
    lags.first = V - 1 - M;
    lags.count = 2 * M + 1;
    assert_ok(mlx_convolve_into_with(a, A, v, V, MLX_INT64, &lags, out, 2 * M + 1));
    for (int lag = -M; lag <= M; lag++) {
        int64_t sum = 0;
        for (int k = 0; k < V; k++) {
            sum += k + lag >= 0 && k + lag < A ? v[k] * a[k + lag] : 0;
        }
        assert_true(out[lag + M] == sum);
    }
}

int main(void) {
    static char names[2 * DTYPES][40];
    struct CMUnitTest tests[2 * DTYPES + 2] = {cmocka_unit_test(empty_ranges_succeed), cmocka_unit_test(recipes)};
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        snprintf(names[2 * d], sizeof *names, "%s: parts of the whole", all_dtypes[d].name);
        snprintf(names[2 * d + 1], sizeof *names, "%s: long operands", all_dtypes[d].name);
        tests[2 * d + 2] = (struct CMUnitTest){names[2 * d], ranges_are_parts_of_the_whole, NULL, NULL, dtype};
        tests[2 * d + 3] = (struct CMUnitTest){names[2 * d + 1], ranges_of_long_operands, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
