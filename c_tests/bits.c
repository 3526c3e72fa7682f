/* The bits of a result depend only on the values, the lengths, the mode and the dtype. They do not depend on the
 * positions of the values in memory, the function that was called, the number of threads, or the caller's settings of
 * the floating-point unit. */
#include "support.h"

#include <fenv.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Direct and transformed problems; the last is large enough to be split between threads. */
typedef struct {
    size_t a_len, v_len;
} size;
static const size sizes[] = {{61, 17}, {1000, 64}, {1000, 990}, {5000, 1700}, {150000, 300}};
static const size quick_sizes[] = {{61, 17}, {530, 520}, {500, 150}};

typedef struct {
    const dtype_info *dtype;
    size size;
    mlx_mode mode;
    char *a, *v, *want;
    size_t out_bytes;
} problem;

static problem problem_of(const dtype_info *dtype, size size, mlx_mode mode) {
    problem p = {dtype, size, mode, NULL, NULL, NULL, 0};
    p.a = take(size.a_len * dtype->size);
    p.v = take(size.v_len * dtype->size);
    fill_random(dtype, p.a, size.a_len, size.a_len);
    fill_random(dtype, p.v, size.v_len, size.v_len);
    p.out_bytes = mlx_convolve_length(size.a_len, size.v_len, mode) * dtype->size;
    p.want = through_into(dtype, p.a, size.a_len, p.v, size.v_len, mode);
    return p;
}

static void problem_free(problem *p) {
    free(p->a);
    free(p->v);
    free(p->want);
}

static void check_bits(const problem *p, const void *out, const char *what, long value) {
    if (memcmp(out, p->want, p->out_bytes) != 0) {
        fail_msg("%s %zu x %zu %s: other bits with %s %ld", p->dtype->name, p->size.a_len, p->size.v_len,
                 mode_names[p->mode], what, value);
    }
}

static void check_again(const problem *p, entry_point convolve, const char *what, long value) {
    void *out = convolve(p->dtype, p->a, p->size.a_len, p->v, p->size.v_len, p->mode);
    check_bits(p, out, what, value);
    free(out);
}

/* Runs `check` on every size in every mode. */
static void for_each_problem(const dtype_info *dtype, void (*check)(const problem *)) {
    const size *from = quick() ? quick_sizes : sizes;
    size_t count = quick() ? sizeof quick_sizes / sizeof *sizes : sizeof sizes / sizeof *sizes;
    for (size_t i = 0; i < count; i++) {
        for (mlx_mode mode = MLX_MODE_FULL; mode <= MLX_MODE_SAME; mode++) {
            problem p = problem_of(dtype, from[i], mode);
            check(&p);
            problem_free(&p);
        }
    }
}

static void move_pointers(const problem *p) {
    size_t element = p->dtype->size;
    size_t a_bytes = p->size.a_len * element, v_bytes = p->size.v_len * element;
    char *a = take(a_bytes + 64), *v = take(v_bytes + 64), *out = take(p->out_bytes + 64);
    /* Each of the 64 / size places in a cache line; the long problems visit some of them. */
    size_t step = p->dtype->alignment * (p->size.a_len > 2000 ? 5 : 1);
    for (size_t shift = 0; shift < 64; shift += step) {
        /* The three pointers move apart: their distances differ at every step. */
        char *a_at = a + shift, *v_at = v + shift * 3 % 64, *out_at = out + shift * 5 % 64;
        memcpy(a_at, p->a, a_bytes);
        memcpy(v_at, p->v, v_bytes);
        assert_ok(mlx_convolve_into(a_at, p->size.a_len, v_at, p->size.v_len, p->dtype->dtype, p->mode, out_at,
                                    p->out_bytes / element));
        check_bits(p, out_at, "offset", (long)shift);
    }
    free(a);
    free(v);
    free(out);
}

static void change_entry_point_and_threads(const problem *p) {
    static const int threads[] = {1, 2, 7};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        assert_ok(mlx_set_num_threads(threads[i]));
        check_again(p, through_into, "mlx_convolve_into and threads", threads[i]);
        check_again(p, through_arrays, "mlx_convolve and threads", threads[i]);
    }
    assert_ok(mlx_set_num_threads(0));
}

static void change_rounding(const problem *p) {
    static const int roundings[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
        assert_int_equal(fesetround(roundings[i]), 0);
        void *out = through_into(p->dtype, p->a, p->size.a_len, p->v, p->size.v_len, p->mode);
        int after = fegetround();
        fesetround(FE_TONEAREST);
        check_bits(p, out, "rounding mode", roundings[i]);
        assert_int_equal(after, roundings[i]);
        free(out);
    }
}

static void flush_denormals(const problem *p) {
#if defined(__SSE2__)
    enum { FTZ = 0x8000, DAZ = 0x0040, ROUND_UP = 0x4000 };
    static const unsigned modes[] = {FTZ, DAZ, FTZ | DAZ, FTZ | DAZ | ROUND_UP};
    static const entry_point entries[] = {through_into, through_arrays};
    unsigned before = _mm_getcsr();
    for (size_t i = 0; i < 8; i++) {
        unsigned mode = modes[i / 2];
        _mm_setcsr(before | mode);
        void *out = entries[i % 2](p->dtype, p->a, p->size.a_len, p->v, p->size.v_len, p->mode);
        unsigned after = _mm_getcsr();
        _mm_setcsr(before);
        check_bits(p, out, "MXCSR", (long)mode);
        /* Flags may have been raised; the modes are the caller's. */
        assert_int_equal(after & 0xffc0, (before | mode) & 0xffc0);
        free(out);
    }
#else
    (void)p;
    skip();
#endif
}

static void pointers(void **dtype) { for_each_problem(*dtype, move_pointers); }
static void entries_and_threads(void **dtype) { for_each_problem(*dtype, change_entry_point_and_threads); }

static void floating_point_modes(void **dtype) {
    if (quick()) {
        skip(); /* valgrind knows neither flushing nor most roundings */
    }
    for_each_problem(*dtype, change_rounding);
    for_each_problem(*dtype, flush_denormals);
}

/* Values that flushing would lose: results are subnormal and must come out the same, and not as zeros. */
static void subnormal_results(void **state) {
    const dtype_info *dtype = *state;
    double scale = dtype->dtype == MLX_FLOAT64 ? 0x1p-1050 : dtype->dtype == MLX_BFLOAT16 ? 0x1p-127 : 0x1p-135;
    if (quick() || dtype->dtype == MLX_FLOAT16) {
        skip(); /* float16's subnormals are ordinary float32 numbers */
    }
    const size *from = sizes;
    for (size_t s = 0; s < 3; s++) {
        problem p = problem_of(dtype, from[s], MLX_MODE_FULL);
        for (size_t i = 0; i < p.size.a_len; i++) {
            store(dtype, p.a, i, scale * load_re(dtype, p.a, i), scale * load_im(dtype, p.a, i));
        }
        free(p.want);
        p.want = through_into(dtype, p.a, p.size.a_len, p.v, p.size.v_len, p.mode);
        size_t nonzero = 0;
        for (size_t i = 0; i < p.out_bytes / dtype->size; i++) {
            nonzero += load_re(dtype, p.want, i) != 0;
        }
        assert_true(nonzero > p.out_bytes / dtype->size / 2);
        flush_denormals(&p);
        problem_free(&p);
    }
}

/* Text, too: subnormals are not 0, and a signalling NaN traps nobody, whatever the modes. */
static void text(void **state) {
    (void)state;
#if defined(__SSE2__)
    if (quick()) {
        skip(); /* valgrind knows neither flushing nor traps */
    }
    enum { FLUSHING = 0x9fc0, ALL_TRAPS = 0 };
    static const uint32_t bits[] = {5, 0x7fa00000};
    mlx_array array = array_of(&all_dtypes[MLX_FLOAT32], bits, 2);
    unsigned before = _mm_getcsr();
    for (int i = 0; i < 2; i++) {
        mlx_string text = mlx_string_new();
        _mm_setcsr(i == 0 ? FLUSHING : ALL_TRAPS);
        mlx_status status = mlx_array_tostring(&text, array);
        _mm_setcsr(before);
        assert_ok(status);
        assert_string_equal(mlx_string_data(text), "array([7.00649e-45, nan], dtype=float32)");
        assert_ok(mlx_string_free(text));
    }
    assert_ok(mlx_array_free(array));
#else
    skip();
#endif
}

int main(void) {
    struct CMUnitTest tests[3 * DTYPES + 6];
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[3 * d] = (struct CMUnitTest){name, pointers, NULL, NULL, dtype};
        tests[3 * d + 1] = (struct CMUnitTest){name, entries_and_threads, NULL, NULL, dtype};
        tests[3 * d + 2] = (struct CMUnitTest){name, floating_point_modes, NULL, NULL, dtype};
    }
    for (size_t d = MLX_FLOAT16; d < DTYPES; d++) {
        tests[3 * DTYPES + d - MLX_FLOAT16] =
            (struct CMUnitTest){"subnormal_results", subnormal_results, NULL, NULL, (void *)&all_dtypes[d]};
    }
    tests[3 * DTYPES + 5] = (struct CMUnitTest){"text", text, NULL, NULL, NULL};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
