/* Long inputs, and lengths around powers of two, where methods and blocks change. Outputs are sampled. */
#include "oracle.h"

enum { SAMPLES = 60 };

/* Bytes of all ones or of the sign bit alone: the largest sums that integers can make. */
static void fill_extreme(const dtype_info *dtype, void *data, size_t len) {
    memset(data, 0xff, len * dtype->size);
    for (size_t i = 0; i < len; i += 2) {
        unsigned char *element = (unsigned char *)data + i * dtype->size;
        memset(element, 0, dtype->size - 1);
        element[dtype->size - 1] = 0x80;
    }
}

static void check_values(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len) {
    operand a_values = operand_of(dtype, a, a_len);
    operand v_values = operand_of(dtype, v, v_len);
    for (mlx_mode mode = 0; mode < MODES; mode++) {
        tolerance allowed = bound_for(&a_values, &v_values, mode);
        void *out = through_into(dtype, a, a_len, v, v_len, mode);
        check_outputs(&a_values, &v_values, mode, out, SAMPLES, allowed);
        free(out);
    }
    operand_free(&a_values);
    operand_free(&v_values);
}

static void check_size(const dtype_info *dtype, size_t a_len, size_t v_len) {
    void *a = take(a_len * dtype->size);
    void *v = take(v_len * dtype->size);
    fill_random(dtype, a, a_len, a_len + v_len);
    fill_random(dtype, v, v_len, a_len ^ ~v_len);
    check_values(dtype, a, a_len, v, v_len);
    if (is_exact(dtype)) {
        fill_extreme(dtype, a, a_len);
        fill_extreme(dtype, v, v_len);
        check_values(dtype, a, a_len, v, v_len);
    }
    free(a);
    free(v);
}

static void long_inputs(void **dtype) {
    if (quick()) {
        check_size(*dtype, 2000, 300);
        check_size(*dtype, 600, 1500);
        return;
    }
    check_size(*dtype, 20000, 3000);
    check_size(*dtype, 3000, 20000);
    check_size(*dtype, 8191, 8191);
    check_size(*dtype, (size_t)1 << 17, (size_t)1 << 12);
}

static void around_powers_of_two(void **dtype) {
    size_t longest = quick() ? 1 << 10 : method_forced("direct") ? 1 << 12 : 1 << 15;
    for (size_t n = 256; n <= longest; n *= quick() ? 4 : 2) {
        for (size_t k = 16; k <= n && k <= 4096; k *= quick() ? 8 : 4) {
            for (size_t near = 0; near < 3; near++) {
                /* One below, at and one above; the filter's neighbour differs from the signal's. */
                check_size(*dtype, n - 1 + near, k - 1 + (near + n / 256 + 1) % 3);
            }
        }
    }
}

int main(void) {
    struct CMUnitTest tests[2 * DTYPES];
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[2 * d] = (struct CMUnitTest){name, long_inputs, NULL, NULL, dtype};
        tests[2 * d + 1] = (struct CMUnitTest){name, around_powers_of_two, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
