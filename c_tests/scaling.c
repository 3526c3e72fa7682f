/* Very large, very small and very uneven finite inputs keep the accuracy of ordinary ones. */
#include "oracle.h"

#include <float.h>
#include <math.h>

/* A problem whose transform would overflow, underflow or drown in a neighbour's noise if it were not scaled. */
typedef struct {
    mlx_dtype dtype;
    double a_scale, v_scale;
} scales;

static const scales all_scales[] = {
    {MLX_FLOAT32, 1e37, 1e-30},    {MLX_FLOAT32, 1e-30, 1e37},    {MLX_FLOAT32, 1e-20, 1e-22},
    {MLX_FLOAT32, 1e-38, 1},       {MLX_COMPLEX64, 1e37, 1e-30},  {MLX_COMPLEX64, 1e-20, 1e-22},
    {MLX_BFLOAT16, 1e37, 1e-30},   {MLX_BFLOAT16, 1e-20, 1e-22},  {MLX_FLOAT16, 6e4, 1e-4},
    {MLX_FLOAT64, 1e307, 1e-300},  {MLX_FLOAT64, 1e-160, 1e-162}, {MLX_FLOAT64, 1e-307, 1},
};
enum { SCALES = sizeof all_scales / sizeof *all_scales };

static void scale(const dtype_info *dtype, void *data, size_t from, size_t to, double factor) {
    for (size_t i = from; i < to; i++) {
        store(dtype, data, i, factor * load_re(dtype, data, i), factor * load_im(dtype, data, i));
    }
}

/* The transforms' bound, with the smallest number there is as `tiny`: one rounding per term, no more.
 * With the smallest normal number, as published, zeros would do for the smallest of these results. */
static tolerance tight_bound(const operand *a, const operand *v) {
    tolerance allowed = bound_for(a, v, MLX_MODE_FULL);
    bool is_double = a->dtype->dtype == MLX_FLOAT64, is_direct = allowed.factor > 0;
    double taps = (double)(a->len < v->len ? a->len : v->len);
    allowed.absolute -= is_direct ? 0 : taps * (is_double ? DBL_MIN : (double)FLT_MIN);
    allowed.absolute += taps * (is_double ? 0x1p-1074 : 0x1p-149);
    return allowed;
}

static void check_scales(const scales *s, size_t a_len, size_t v_len) {
    const dtype_info *dtype = &all_dtypes[s->dtype];
    void *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
    fill_random(dtype, a, a_len, 21);
    fill_random(dtype, v, v_len, 22);
    scale(dtype, a, 0, a_len, s->a_scale);
    scale(dtype, v, 0, v_len, s->v_scale);
    operand a_values = operand_of(dtype, a, a_len), v_values = operand_of(dtype, v, v_len);
    void *out = through_into(dtype, a, a_len, v, v_len, MLX_MODE_FULL);
    check_outputs(&a_values, &v_values, MLX_MODE_FULL, out, 500, tight_bound(&a_values, &v_values));
    operand_free(&a_values);
    operand_free(&v_values);
    free(a);
    free(v);
    free(out);
}

static void far_from_one(void **state) {
    check_scales(*state, 300, 20);
    check_scales(*state, quick() ? 1500 : 20000, quick() ? 400 : 2000);
}

/* Sums below the largest float are finite whatever a transform's intermediate sums are; those above it are Inf. */
static void around_the_largest_float(void **state) {
    (void)state;
    enum { N = 6000, K = 1500 };
    float *a = take(N * sizeof *a), *v = take(K * sizeof *v);
    for (size_t i = 0; i < N; i++) {
        a[i] = i < N / 2 ? 3e38f : -1e35f;
    }
    for (size_t i = 0; i < K; i++) {
        v[i] = i == 700 ? 1.0f : 0.0f;
    }
    float *out = through_into(&all_dtypes[MLX_FLOAT32], a, N, v, K, MLX_MODE_FULL);
    for (size_t i = 0; i < N + K - 1; i++) {
        float want = i < 700 || i >= N + 700 ? 0 : a[i - 700];
        if (!(fabsf(out[i] - want) <= 1e34f)) {
            fail_msg("output %zu is %g, not %g", i, (double)out[i], (double)want);
        }
    }
    free(out);
    for (size_t i = 0; i < K; i++) {
        v[i] = 1;
    }
    out = through_into(&all_dtypes[MLX_FLOAT32], a, N, v, K, MLX_MODE_VALID);
    assert_true(isinf(out[0]) && out[0] > 0);             /* 1500 times 3e38 */
    assert_true(fabsf(out[N - K] + 1.5e38f) < 1e36f);     /* 1500 times -1e35 */
    free(out);
    free(a);
    free(v);
}

/* Blocks of the signal 80 dB apart, in no order. Each output's error is within the bound for its own block: a quiet
 * one hears nothing of its loud neighbours, though transforms may take several blocks at once. */
static void quiet_beside_loud(void **state) {
    const dtype_info *dtype = *state;
    const size_t len = quick() ? 6000 : 200000, taps = quick() ? 100 : 900, overlap = taps - 1;
    method_plan plan = method_for(dtype, len, taps, MLX_MODE_FULL);
    if (plan.direct || plan.outputs >= len) {
        skip();
    }
    void *a = take(len * dtype->size), *v = take(taps * dtype->size);
    fill_random(dtype, a, len, 31);
    fill_random(dtype, v, taps, 32);
    uint64_t seed = 33;
    for (size_t from = 0; from < len; from += plan.outputs) {
        size_t to = from + plan.outputs < len ? from + plan.outputs : len;
        scale(dtype, a, from, to, next_random(&seed) % 2 ? 1e-4 : 1);
    }
    operand a_values = operand_of(dtype, a, len), v_values = operand_of(dtype, v, taps);
    void *out = through_into(dtype, a, len, v, taps, MLX_MODE_FULL);
    for (size_t from = 0; from < len; from += plan.outputs) {
        size_t to = from + plan.outputs < len ? from + plan.outputs : len;
        operand read = a_values; /* by the block's outputs: the block, and what the filter reaches back to */
        size_t first = from < overlap ? 0 : from - overlap;
        read.re += first;
        read.im += first;
        read.len = to - first;
        tolerance allowed = transform_bound(&read, &v_values, plan.points);
        for (size_t i = from; i < to; i += 37) {
            check_output(&a_values, &v_values, MLX_MODE_FULL, out, i, allowed);
        }
    }
    operand_free(&a_values);
    operand_free(&v_values);
    free(a);
    free(v);
    free(out);
}

int main(void) {
    struct CMUnitTest tests[SCALES + 4] = {
        cmocka_unit_test(around_the_largest_float),
        cmocka_unit_test_prestate(quiet_beside_loud, (void *)&all_dtypes[MLX_FLOAT32]),
        cmocka_unit_test_prestate(quiet_beside_loud, (void *)&all_dtypes[MLX_FLOAT64]),
        cmocka_unit_test_prestate(quiet_beside_loud, (void *)&all_dtypes[MLX_COMPLEX64]),
    };
    for (size_t s = 0; s < SCALES; s++) {
        const char *name = all_dtypes[all_scales[s].dtype].name;
        tests[s + 4] = (struct CMUnitTest){name, far_from_one, NULL, NULL, (void *)&all_scales[s]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
