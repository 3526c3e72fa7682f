/* NaN and Inf change only the outputs that read them. With every method, these outputs are as in the schoolbook sum. */
#include "oracle.h"

#include <math.h>

typedef enum { FINITE, POSITIVE, NEGATIVE, NOT_A_NUMBER } class;
static const char *const class_names[] = {"finite", "+Inf", "-Inf", "NaN"};

static class class_of(double x) {
    return isnan(x) ? NOT_A_NUMBER : isinf(x) ? (x > 0 ? POSITIVE : NEGATIVE) : FINITE;
}

/* Which values stand in for finite ones. */
typedef enum { NANS, INFS, BOTH, SPECIALS } special;
static const char *const special_names[] = {"NaN", "Inf", "NaN and Inf"};

static double special_value(special kind, uint64_t random) {
    double infinity = random & 1 ? (double)INFINITY : -(double)INFINITY;
    return kind == NANS || (kind == BOTH && random & 2) ? (double)NAN : infinity;
}

/* Random values, one in ten a zero (for Inf * 0), `percent` of them special in one part or the other. */
static void fill_mixed(const dtype_info *dtype, void *data, size_t len, double percent, special kind, uint64_t seed) {
    fill_random(dtype, data, len, seed);
    for (size_t i = 0; i < len; i++) {
        uint64_t random = next_random(&seed);
        double re = load_re(dtype, data, i), im = load_im(dtype, data, i);
        if (random % 10 == 0) {
            re = 0;
            im = random % 20 == 0 ? 0 : im;
        }
        random = next_random(&seed);
        if ((double)(random >> 11) * 0x1p-53 * 100 < percent) {
            double value = special_value(kind, random);
            bool in_im = dtype->kind == KIND_COMPLEX && (random & 4) != 0;
            re = in_im ? re : value;
            im = in_im ? value : im;
        }
        store(dtype, data, i, re, im);
    }
}

/* Sums in double give the class of the sum in any order: Inf and NaN absorb, opposite Infs make NaN. */
static void schoolbook_class(const operand *a, const operand *v, size_t n, class *re_class, class *im_class) {
    size_t first = n >= v->len ? n - (v->len - 1) : 0;
    size_t last = n < a->len ? n : a->len - 1;
    bool complex = a->dtype->kind == KIND_COMPLEX;
    double re = 0, im = 0;
    for (size_t k = first; k <= last; k++) {
        size_t j = n - k;
        re += a->re[k] * v->re[j];
        if (complex) {
            re -= a->im[k] * v->im[j];
            im += a->re[k] * v->im[j];
            im += a->im[k] * v->re[j];
        }
    }
    *re_class = class_of(re);
    *im_class = class_of(im);
}

static void check_case(const dtype_info *dtype, size_t a_len, size_t v_len, mlx_mode mode, special kind,
                       double a_percent, double v_percent) {
    void *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
    fill_mixed(dtype, a, a_len, a_percent, kind, 11 + a_len);
    fill_mixed(dtype, v, v_len, v_percent, kind, 12 + v_len);
    operand a_values = operand_of(dtype, a, a_len), v_values = operand_of(dtype, v, v_len);
    /* |value| <= 1, so these norms are above those of the finite part. */
    void *ones = take((a_len > v_len ? a_len : v_len) * dtype->size);
    for (size_t i = 0; i < a_len || i < v_len; i++) {
        store(dtype, ones, i, 1, 1);
    }
    operand a_ones = operand_of(dtype, ones, a_len), v_ones = operand_of(dtype, ones, v_len);
    tolerance allowed = bound_for(&a_ones, &v_ones, mode);

    void *out = through_into(dtype, a, a_len, v, v_len, mode);
    size_t out_len = mlx_convolve_length(a_len, v_len, mode), start = window_start(a_len, v_len, mode), finite = 0;
    for (size_t i = 0; i < out_len; i++) {
        class re, im;
        schoolbook_class(&a_values, &v_values, start + i, &re, &im);
        class got_re = class_of(load_re(dtype, out, i)), got_im = class_of(load_im(dtype, out, i));
        if (got_re != re || got_im != im) {
            fail_msg("%s %zu x %zu %s, %s in %g %% of a and %g %% of v: output %zu is %s %s, not %s %s", dtype->name,
                     a_len, v_len, mode_names[mode], special_names[kind], a_percent, v_percent, i, class_names[got_re],
                     class_names[got_im], class_names[re], class_names[im]);
        }
        if (re == FINITE && im == FINITE && finite++ % 16 == 0) {
            check_output(&a_values, &v_values, mode, out, i, allowed);
        }
    }
    operand_free(&a_values);
    operand_free(&v_values);
    operand_free(&a_ones);
    operand_free(&v_ones);
    free(ones);
    free(a);
    free(v);
    free(out);
}

static void check_size(const dtype_info *dtype, size_t a_len, size_t v_len) {
    static const double percents[] = {0, 0.1, 50, 100};
    for (special kind = NANS; kind < SPECIALS; kind++) {
        for (size_t p = 1; p < 16; p++) {
            mlx_mode mode = (mlx_mode)((p + kind) % MODES);
            check_case(dtype, a_len, v_len, mode, kind, percents[p % 4], percents[p / 4]);
        }
    }
}

static void direct_sizes(void **dtype) {
    check_size(*dtype, 300, 37);
    check_size(*dtype, 13, 50);
    check_size(*dtype, 1, 1);
}

static void transform_sizes(void **dtype) { check_size(*dtype, quick() ? 400 : 5000, quick() ? 130 : 1200); }

/* One special value in a long input: exactly the outputs of its taps, wherever it stands. */
static void one_value_touches_its_outputs_only(void **state) {
    const dtype_info *dtype = *state;
    const size_t a_len = quick() ? 500 : 4096, taps = quick() ? 150 : 700;
    char *a = take(a_len * dtype->size), *v = take(taps * dtype->size);
    fill_random(dtype, v, taps, 2);
    const size_t places[] = {0, 1, taps - 1, a_len / 2 - 1, a_len / 2, a_len - taps, a_len - 1};
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        for (int infinite = 0; infinite < 2; infinite++) {
            fill_random(dtype, a, a_len, 1);
            store(dtype, a, places[p], infinite ? (double)INFINITY : (double)NAN, 0);
            void *out = through_into(dtype, a, a_len, v, taps, MLX_MODE_FULL);
            for (size_t i = 0; i < a_len + taps - 1; i++) {
                bool reads = i >= places[p] && i < places[p] + taps;
                if (reads != (class_of(load_re(dtype, out, i)) != FINITE)) {
                    fail_msg("%s: a special value at %zu, output %zu is %g", dtype->name, places[p], i,
                             load_re(dtype, out, i));
                }
            }
            free(out);
        }
    }
    free(a);
    free(v);
}

int main(void) {
    static const mlx_dtype dtypes[] = {MLX_FLOAT16, MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16, MLX_COMPLEX64};
    struct CMUnitTest tests[15];
    for (size_t d = 0; d < 5; d++) {
        void *dtype = (void *)&all_dtypes[dtypes[d]];
        const char *name = all_dtypes[dtypes[d]].name;
        tests[3 * d] = (struct CMUnitTest){name, direct_sizes, NULL, NULL, dtype};
        tests[3 * d + 1] = (struct CMUnitTest){name, transform_sizes, NULL, NULL, dtype};
        tests[3 * d + 2] = (struct CMUnitTest){name, one_value_touches_its_outputs_only, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
