/* options->subnormals: what becomes of numbers below the smallest normal one. */
#include "sums.h"

#include <float.h>
#include <math.h>

static const dtype_info *const F32 = &all_dtypes[MLX_FLOAT32], *const F64 = &all_dtypes[MLX_FLOAT64];

static double smallest(const dtype_info *dtype) { return dtype->dtype == MLX_FLOAT64 ? DBL_MIN : (double)FLT_MIN; }

/* 2^-24, the smallest float16, is a normal float: float16 is never flushed. */
static bool has_subnormals(const dtype_info *dtype) { return !is_exact(dtype) && dtype->dtype != MLX_FLOAT16; }

static double only_output(const dtype_info *dtype, double x, double y, mlx_subnormals subnormals) {
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    char a[8], v[8], out[8];
    store(dtype, a, 0, x, 0);
    store(dtype, v, 0, y, 0);
    options.subnormals = subnormals;
    assert_ok(mlx_convolve_into_with(a, 1, v, 1, dtype->dtype, &options, out, 1));
    return load_re(dtype, out, 0);
}

static void one_product(void **state) {
    if (quick()) {
        skip(); /* valgrind does not know flushing */
    }
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        const dtype_info *dtype = &all_dtypes[d];
        if (!has_subnormals(dtype) || method_forced("fft")) {
            continue;
        }
        double tiny = smallest(dtype);
        for (int sign = -1; sign <= 1; sign += 2) {
            /* An operand below tiny; a result below tiny; neither. */
            const double pairs[][2] = {{sign * tiny / 2, 1024}, {1024, sign * tiny / 2}, {sign * tiny, 0.5}, {sign * tiny, 1}};
            for (size_t i = 0; i < 4; i++) {
                double exact = pairs[i][0] * pairs[i][1];
                assert_true(only_output(dtype, pairs[i][0], pairs[i][1], MLX_SUBNORMALS_KEEP) == exact);
                assert_true(only_output(dtype, pairs[i][0], pairs[i][1], MLX_SUBNORMALS_FLUSH) == (i < 3 ? 0 : exact));
            }
        }
    }
}

static void float16_keeps_its_subnormals(void **state) {
    (void)state;
    const dtype_info *half = &all_dtypes[MLX_FLOAT16];
    for (mlx_subnormals subnormals = 0; subnormals < 2; subnormals++) {
        double got = only_output(half, 0x1p-24, 1, subnormals);
        assert_true(got == 0x1p-24 || (method_forced("fft") && fabs(got - 0x1p-24) <= 0x1p-24));
        got = only_output(half, 0x1p-24, 0.5, subnormals); /* a tie, to even */
        assert_true(got == 0 || method_forced("fft"));
    }
}

/* Subnormal operands, some in the midst of normal ones: the same as if they had been zeros, bit for bit, at lengths of
 * direct sums and of transforms. */
static void subnormal_operands_are_zeros(void **state) {
    if (quick()) {
        skip(); /* valgrind does not know flushing */
    }
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{50, 7}, {3000, 12}, {5000, 900}, {20, 300}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t a_len = lengths[i][0], v_len = lengths[i][1], len;
        char *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
        char *flushed_a = take(a_len * dtype->size), *flushed_v = take(v_len * dtype->size);
        uint64_t seed = i;
        for (size_t at = 0; at < a_len + v_len; at++) {
            char *to = at < a_len ? a : v, *flushed = at < a_len ? flushed_a : flushed_v;
            size_t index = at < a_len ? at : at - a_len;
            uint64_t random = next_random(&seed);
            double sign = random & 1 ? -1 : 1, part = (double)(random >> 12) * 0x1p-52;
            bool is_subnormal = random >> 1 & 1;
            double x = sign * (is_subnormal ? smallest(dtype) * (0.25 + part / 2) : 1 + part);
            store(dtype, to, index, x, x);
            store(dtype, flushed, index, is_subnormal ? sign * 0.0 : x, is_subnormal ? sign * 0.0 : x);
        }
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        options.subnormals = MLX_SUBNORMALS_FLUSH;
        void *got = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
        void *want = through_into_with(dtype, flushed_a, a_len, flushed_v, v_len, &options, &len);
        assert_memory_equal(got, want, len * dtype->size);
        sums problem = sums_of(dtype, flushed_a, a_len, flushed_v, v_len, &options, false);
        check_sums(&problem, got, 50);
        sums_free(&problem);
        free(want);
        free(got);
        free(a);
        free(v);
        free(flushed_a);
        free(flushed_v);
    }
}

/* Where all is subnormal, nothing is left; a result below tiny is none either. */
static void results_hold_no_subnormals(void **state) {
    if (quick()) {
        skip(); /* valgrind does not know flushing */
    }
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{300, 7}, {5000, 900}};
    for (size_t i = 0; i < 2; i++) {
        size_t a_len = lengths[i][0], v_len = lengths[i][1], len, found = 0;
        char *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
        uint64_t seed = i + 10;
        for (size_t at = 0; at < a_len + v_len; at++) {
            /* Products around tiny; in the first half of `a`, far below it. */
            uint64_t random = next_random(&seed);
            double part = ldexp(1 + (double)(random >> 12) * 0x1p-52, -(int)(random % 8));
            double x = at < a_len / 2 ? smallest(dtype) * 0.5 * part : at < a_len ? smallest(dtype) * 8 * part : part / 8;
            store(dtype, at < a_len ? a : v, at < a_len ? at : at - a_len, x, -x);
        }
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        void *kept = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
        options.subnormals = MLX_SUBNORMALS_FLUSH;
        void *flushed = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
        for (size_t n = 0; n < len; n++) {
            const double parts[] = {load_re(dtype, flushed, n), load_im(dtype, flushed, n)};
            for (size_t p = 0; p < 2; p++) {
                assert_true(parts[p] == 0 || fabs(parts[p]) >= smallest(dtype));
            }
            /* One part of a product of such complex numbers is 0. */
            double whole = fabs(load_re(dtype, kept, n)) + fabs(load_im(dtype, kept, n));
            found += whole != 0 && whole < smallest(dtype);
        }
        /* Without FLUSH there are some. */
        assert_true(found > 0);
        free(kept);
        free(flushed);
        free(a);
        free(v);
    }
}

/* Through arrays, on a stream, and in rows: the same bits. */
static void every_entry_point_flushes(void **state) {
    if (quick()) {
        skip(); /* valgrind does not know flushing */
    }
    (void)state;
    enum { A = 5000, V = 40 };
    static float a[A], v[V], out[A], rows[A];
    uint64_t seed = 20;
    for (size_t i = 0; i < A + V; i++) {
        *(i < A ? &a[i] : &v[i - A]) = ldexpf(1, -120 - (int)(next_random(&seed) % 29));
    }
    for (size_t i = 0; i < V; i++) {
        v[i] *= 0x1p120f;
    }
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.subnormals = MLX_SUBNORMALS_FLUSH, options.mode = MLX_MODE_SAME;
    assert_ok(mlx_convolve_into_with(a, A, v, V, MLX_FLOAT32, &options, out, A));
    const mlx_rows a_rows = {a, MLX_FLOAT32, A, 1, 0}, v_rows = {v, MLX_FLOAT32, V, 1, 0};
    const mlx_rows_out out_rows = {rows, MLX_FLOAT32, A, 1, 0};
    assert_ok(mlx_convolve_rows(&a_rows, &v_rows, 1, &options, &out_rows));
    assert_memory_equal(rows, out, sizeof out);
    mlx_array a_array = array_of(F32, a, A), v_array = array_of(F32, v, V);
    size_t len;
    void *values = array_values_with(a_array, v_array, &options, &len);
    assert_int_equal(len, A);
    assert_memory_equal(values, out, sizeof out);
    free(values);
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    /* The next call keeps them: nothing of the option stays. */
    assert_true(only_output(F64, DBL_MIN, 0.5, MLX_SUBNORMALS_KEEP) > 0 || method_forced("fft"));
}

int main(void) {
    static char names[2 * DTYPES][50];
    struct CMUnitTest tests[2 * DTYPES + 3] = {
        cmocka_unit_test(one_product),
        cmocka_unit_test(float16_keeps_its_subnormals),
        cmocka_unit_test(every_entry_point_flushes),
    };
    size_t len = 3;
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        if (has_subnormals(dtype)) {
            snprintf(names[len - 3], sizeof *names, "%s: operands", all_dtypes[d].name);
            tests[len] = (struct CMUnitTest){names[len - 3], subnormal_operands_are_zeros, NULL, NULL, dtype};
            len++;
            snprintf(names[len - 3], sizeof *names, "%s: results", all_dtypes[d].name);
            tests[len] = (struct CMUnitTest){names[len - 3], results_hold_no_subnormals, NULL, NULL, dtype};
            len++;
        }
    }
    return _cmocka_run_group_tests("subnormals", tests, len, NULL, NULL);
}
