/* mlx-c, mlx_convolve on it, and the library of this project in one process: each computes, and each computes with
 * arrays of the other's, by plain pointers. */
#include "together.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

enum { LEN = 4000, TAPS = 300, FULL = LEN + TAPS - 1, TWICE = FULL + TAPS - 1 };
static float signal_[LEN], filter[TAPS], once[FULL], twice[TWICE];

static void convolve(const float *a, int len, float *out) {
    for (int n = 0; n < len + TAPS - 1; n++) {
        double sum = 0;
        for (int k = 0; k < TAPS; k++) {
            sum += n - k >= 0 && n - k < len ? (double)a[n - k] * (double)filter[k] : 0;
        }
        out[n] = (float)sum;
    }
}

static int fill(void **state) {
    (void)state;
    for (int i = 0; i < LEN; i++) {
        signal_[i] = (float)sin(0.1 * i * i);
    }
    for (int i = 0; i < TAPS; i++) {
        filter[i] = (float)cos(0.3 * i * i) / 20;
    }
    convolve(signal_, LEN, once);
    convolve(once, FULL, twice);
    return 0;
}

static int released;
static void count_released(void *values) { released += values != NULL; }

static void assert_values(const library *from, void *array, const float *wanted, int len) {
    assert_non_null(array);
    assert_int_equal(from->len(array), len);
    for (int i = 0; i < len; i++) {
        if (!(fabsf(from->values(array)[i] - wanted[i]) < 1e-4f)) {
            fail_msg("output %d is %.9g, not %.9g", i, (double)from->values(array)[i], (double)wanted[i]);
        }
    }
}

/* Both in turn, and again. */
static void each_computes(void **state) {
    (void)state;
    const library *both[] = {&mlx, &ours, &mlx, &ours};
    for (int i = 0; i < 4; i++) {
        released = 0;
        void *a = both[i]->borrow(signal_, LEN, count_released), *v = both[i]->borrow(filter, TAPS, count_released);
        void *out = both[i]->convolve(a, v);
        assert_values(both[i], out, once, FULL);
        both[i]->free(a), both[i]->free(v), both[i]->free(out);
        assert_int_equal(released, 2);
    }
}

/* A result of one is an operand of the other. */
static void pass(const library *from, const library *to, bool copies) {
    void *a = from->borrow(signal_, LEN, count_released), *v = from->borrow(filter, TAPS, count_released);
    void *out = from->convolve(a, v);
    released = 0;
    void *passed = to->borrow((float *)from->values(out), from->len(out), count_released);
    assert_int_equal(to->values(passed) != from->values(out), copies);
    assert_int_equal(released, copies); /* what is copied is not needed any more */
    void *taps = to->borrow(filter, TAPS, count_released), *again = to->convolve(passed, taps);
    assert_values(to, again, twice, TWICE);
    to->free(passed), to->free(taps), to->free(again);
    assert_int_equal(released, 2);
    assert_values(from, out, once, FULL);
    from->free(a), from->free(v), from->free(out);
}

static void from_mlx_to_ours(void **state) {
    (void)state;
    pass(&mlx, &ours, false);
}

static void from_ours_to_mlx(void **state) {
    (void)state;
    pass(&ours, &mlx, true);
}

/* Each calls its own handler. */
static void errors_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(mlx.provoke(), 1);
    assert_int_equal(ours.provoke(), 1);
    assert_int_equal(ours.provoke(), 2);
    assert_int_equal(mlx.provoke(), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_computes),
        cmocka_unit_test(from_mlx_to_ours),
        cmocka_unit_test(from_ours_to_mlx),
        cmocka_unit_test(errors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
