/* mlx_convolve_explain, and MLX_CONVOLVE_METHOD, which is read once: each choice runs in a child process. Where
 * MLX_CONVOLVE_ISA is set, the library must compute with that instruction set. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* feenableexcept */
#endif
#include "oracle.h"

#include <fenv.h>
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

/* Sizes for which each method would be chosen without the variable. */
static const struct {
    size_t a_len, v_len;
} sizes[] = {{1, 1}, {40, 7}, {700, 64}, {3000, 900}, {900, 3000}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* The library's words; they begin with lengths, and "method: " comes on a line of its own. */
static char *explain(const dtype_info *dtype, size_t a_len, size_t v_len, mlx_mode mode) {
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain(a_len, v_len, dtype->dtype, mode, &text));
    size_t bytes = strlen(mlx_string_data(text)) + 1;
    char *copy = take(bytes);
    memcpy(copy, mlx_string_data(text), bytes);
    assert_ok(mlx_string_free(text));
    return copy;
}

static void check_method(const dtype_info *dtype, const char *method) {
    for (size_t s = 0; s < SIZES; s++) {
        size_t a_len = sizes[s].a_len, v_len = sizes[s].v_len;
        assert_int_equal(method_for(dtype, a_len, v_len, MLX_MODE_FULL).direct, strcmp(method, "direct") == 0);
        void *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
        fill_random(dtype, a, a_len, 1);
        fill_random(dtype, v, v_len, 2);
        operand a_values = operand_of(dtype, a, a_len), v_values = operand_of(dtype, v, v_len);
        tolerance allowed = bound_for(&a_values, &v_values, MLX_MODE_FULL);
        void *out = through_into(dtype, a, a_len, v, v_len, MLX_MODE_FULL);
        check_outputs(&a_values, &v_values, MLX_MODE_FULL, out, quick() ? 20 : 500, allowed);
        operand_free(&a_values);
        operand_free(&v_values);
        free(out);
        free(a);
        free(v);
    }
}

/* Runs this program again with the variable set, for it is read before the first convolution. */
static const char *program;
static void run_with(const char *method) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("MLX_CONVOLVE_METHOD", method, 1);
        execl(program, program, method, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void forced_direct(void **state) { (void)state, run_with("direct"); }
static void forced_fft(void **state) { (void)state, run_with("fft"); }

static const char *forced;
static void forced_here(void **dtype) { check_method(*dtype, forced); }

/* The number behind some words of the library. */
static size_t bytes_after(const char *text, const char *words) {
    const char *at = strstr(text, words);
    assert_non_null(at);
    return (size_t)strtoull(at + strlen(words), NULL, 10);
}

/* A call takes no more memory than mlx_convolve_explain says, and transforms take the better part of it. */
static void takes_the_memory_that_it_tells(void **state) {
    const dtype_info *dtype = *state;
    assert_int_equal(mlx_set_num_threads(1), MLX_STATUS_SUCCESS);
    for (size_t s = 0; s < SIZES; s++) {
        size_t a_len = sizes[s].a_len, v_len = sizes[s].v_len;
        void *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
        fill_random(dtype, a, a_len, 1);
        fill_random(dtype, v, v_len, 2);
        for (mlx_mode mode = 0; mode < MODES; mode++) {
            char *text = explain(dtype, a_len, v_len, mode);
            bool direct = method_for(dtype, a_len, v_len, mode).direct;
            size_t workspace = bytes_after(text, "workspace: at most ");
            size_t tables = direct ? 0 : bytes_after(text, "tables: at most ");
            assert_int_equal(mlx_clear_cache(), MLX_STATUS_SUCCESS);
            assert_int_equal(mlx_reset_peak_memory(), MLX_STATUS_SUCCESS);
            size_t before = read_counter(mlx_get_active_memory);
            free(through_into(dtype, a, a_len, v, v_len, mode));
            size_t taken = read_counter(mlx_get_peak_memory) - before;
            if (taken > workspace + tables || (!direct && 2 * taken < workspace + tables)) {
                fail_msg("%s %zu x %zu %s took %zu bytes:\n%s", dtype->name, a_len, v_len, mode_names[mode], taken, text);
            }
            free(text);
        }
        free(a);
        free(v);
    }
    assert_int_equal(mlx_set_num_threads(0), MLX_STATUS_SUCCESS);
}

/* The same for componentwise accuracy, with values of so wide a range that outputs are left to direct sums. */
static void takes_the_memory_that_it_tells_componentwise(void **state) {
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{40, 7}, {3000, 900}, {900, 3000}, {20000, 9000}};
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.accuracy = MLX_ACCURACY_COMPONENTWISE;
    assert_int_equal(mlx_set_num_threads(1), MLX_STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t a_len = lengths[i][0], v_len = lengths[i][1], outputs = a_len + v_len - 1;
        void *operands[2];
        for (size_t o = 0; o < 2; o++) {
            operands[o] = take(lengths[i][o] * dtype->size);
            for (size_t j = 0; j < lengths[i][o]; j++) {
                double at = (double)j / (double)lengths[i][o];
                double value = exp(-60.0 * at) * (j % 3 == 0 ? -1.0 : 1.0);
                store(dtype, operands[o], j, value, value);
            }
        }
        mlx_string text = mlx_string_new();
        assert_ok(mlx_convolve_explain_with(a_len, v_len, dtype->dtype, &options, &text));
        const char *words = mlx_string_data(text);
        size_t workspace = bytes_after(words, "workspace: at most ");
        bool direct = strstr(words, "tables: ") == NULL;
        size_t tables = direct ? 0 : bytes_after(words, "tables: at most ");
        void *out = take(outputs * dtype->size);
        assert_int_equal(mlx_clear_cache(), MLX_STATUS_SUCCESS);
        assert_int_equal(mlx_reset_peak_memory(), MLX_STATUS_SUCCESS);
        size_t before = read_counter(mlx_get_active_memory);
        assert_ok(mlx_convolve_into_with(operands[0], a_len, operands[1], v_len, dtype->dtype, &options, out, outputs));
        size_t taken = read_counter(mlx_get_peak_memory) - before;
        if (taken > workspace + tables) {
            fail_msg("%s %zu x %zu took %zu bytes:\n%s", dtype->name, a_len, v_len, taken, words);
        }
        assert_ok(mlx_string_free(text));
        free(operands[0]);
        free(operands[1]);
        free(out);
    }
    assert_int_equal(mlx_set_num_threads(0), MLX_STATUS_SUCCESS);
}

static void tells_method_and_workspace(void **dtype) {
    const char *isa = getenv("MLX_CONVOLVE_ISA");
    char kernel[64];
    snprintf(kernel, sizeof kernel, "kernel: %s%s", isa == NULL ? "" : isa, isa == NULL ? "" : " ");
    for (size_t s = 0; s < SIZES; s++) {
        for (mlx_mode mode = 0; mode < MODES; mode++) {
            char *text = explain(*dtype, sizes[s].a_len, sizes[s].v_len, mode);
            method_plan plan = method_for(*dtype, sizes[s].a_len, sizes[s].v_len, mode);
            assert_true(plan.direct || plan.points > 0);
            assert_non_null(strstr(text, ((const dtype_info *)*dtype)->name));
            assert_true(bytes_after(text, "workspace: at most ") > 0);
            assert_int_equal(strstr(text, "tables: ") == NULL, plan.direct);
            assert_non_null(strstr(text, kernel));
            assert_non_null(strstr(text, "why: "));
            free(text);
        }
    }
}

/* Lengths that no machine holds are explained or refused; they are not a bug. */
static void lengths_beyond_memory(void **state) {
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{(size_t)1 << 36, (size_t)1 << 35},
                                        {(size_t)1 << 50, (size_t)1 << 20},
                                        {(size_t)1 << 58, (size_t)1 << 57},
                                        {(size_t)1 << 62, ((size_t)1 << 62) - 1},
                                        {(size_t)1 << 60, PTRDIFF_MAX - ((size_t)1 << 60)},
                                        {SIZE_MAX, 1},
                                        {SIZE_MAX, SIZE_MAX / 2 + 2},
                                        {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < MODES * sizeof lengths / sizeof *lengths; i++) {
        const size_t *pair = lengths[i / MODES];
        mlx_mode mode = (mlx_mode)(i % MODES);
        mlx_string text = mlx_string_new();
        mlx_status status = mlx_convolve_explain(pair[0], pair[1], dtype->dtype, mode, &text);
        if (status != MLX_STATUS_SUCCESS && status != MLX_STATUS_INVALID_ARGUMENT) {
            fail_msg("%s %zu x %zu %s: %s", dtype->name, pair[0], pair[1], mode_names[mode], mlx_last_error());
        }
        assert_ok(mlx_string_free(text));
    }
}

/* A program may have floating-point exceptions end it. Explaining rounds, as computing does, and raises none. */
static void explains_where_rounding_traps(void **state) {
    (void)state;
#ifdef __GLIBC__
    mlx_string text = mlx_string_new();
    feenableexcept(FE_INEXACT);
    mlx_status status = mlx_convolve_explain(100000, 1000, MLX_FLOAT32, MLX_MODE_FULL, &text);
    fedisableexcept(FE_ALL_EXCEPT);
    assert_int_equal(status, MLX_STATUS_SUCCESS);
    assert_ok(mlx_string_free(text));
#else
    skip();
#endif
}

static void long_filters_are_transformed(void **dtype) {
    if (getenv("MLX_CONVOLVE_METHOD") != NULL) {
        skip();
    }
    assert_true(method_for(*dtype, 100, 4, MLX_MODE_FULL).direct);
    assert_false(method_for(*dtype, (size_t)1 << 20, (size_t)1 << 16, MLX_MODE_FULL).direct);
}

int main(int argc, char **argv) {
    struct CMUnitTest tests[5 * DTYPES + 3] = {cmocka_unit_test(forced_direct), cmocka_unit_test(forced_fft),
                                               cmocka_unit_test(explains_where_rounding_traps)};
    program = argv[0];
    if (argc > 1) {
        struct CMUnitTest forced_tests[DTYPES];
        forced = argv[1];
        for (size_t d = 0; d < DTYPES; d++) {
            forced_tests[d] = (struct CMUnitTest){all_dtypes[d].name, forced_here, NULL, NULL, (void *)&all_dtypes[d]};
        }
        return cmocka_run_group_tests(forced_tests, NULL, NULL);
    }
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[5 * d + 3] = (struct CMUnitTest){name, tells_method_and_workspace, NULL, NULL, dtype};
        tests[5 * d + 4] = (struct CMUnitTest){name, takes_the_memory_that_it_tells, NULL, NULL, dtype};
        tests[5 * d + 5] = (struct CMUnitTest){name, long_filters_are_transformed, NULL, NULL, dtype};
        tests[5 * d + 6] = (struct CMUnitTest){name, lengths_beyond_memory, NULL, NULL, dtype};
        tests[5 * d + 7] =
            (struct CMUnitTest){name, takes_the_memory_that_it_tells_componentwise, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
