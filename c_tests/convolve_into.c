/* mlx_convolve_into on plain pointers: no access outside the buffers, and refused arguments. */
#include "oracle.h"

#include <unistd.h>

static void check_guarded(const dtype_info *dtype, size_t a_len, size_t v_len, bool at_start) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded a = guard(a_len * dtype->size), v = guard(v_len * dtype->size);
    if (at_start) {
        a.data = a.map + page;
        v.data = v.map + page;
    }
    fill_random(dtype, a.data, a_len, a_len);
    fill_random(dtype, v.data, v_len, v_len);
    operand a_values = operand_of(dtype, a.data, a_len), v_values = operand_of(dtype, v.data, v_len);
    for (mlx_mode mode = 0; mode < MODES; mode++) {
        tolerance allowed = bound_for(&a_values, &v_values, mode);
        size_t out_len = mlx_convolve_length(a_len, v_len, mode);
        guarded out = guard(out_len * dtype->size);
        if (at_start) {
            out.data = out.map + page;
        }
        assert_ok(mlx_convolve_into(a.data, a_len, v.data, v_len, dtype->dtype, mode, out.data, out_len));
        check_outputs(&a_values, &v_values, mode, out.data, 20, allowed);
        unguard(out);
    }
    operand_free(&a_values);
    operand_free(&v_values);
    unguard(a);
    unguard(v);
}

static void inside_guard_pages(void **state) {
    const dtype_info *dtype = *state;
    /* Every tail of a 64-byte vector, short and long filters; then transforms, with ends that fill no block. */
    for (size_t a_len = 1; a_len <= 70; a_len += quick() ? 9 : 3) {
        for (size_t v_len = 1; v_len <= 40; v_len += quick() ? 13 : 4) {
            check_guarded(dtype, a_len, v_len, a_len % 2 == 0);
        }
    }
    check_guarded(dtype, quick() ? 1501 : 6001, quick() ? 333 : 777, false);
    check_guarded(dtype, quick() ? 1500 : 6000, quick() ? 334 : 778, true);
}

static void inputs_may_overlap(void **state) {
    const dtype_info *dtype = *state;
    enum { LEN = 400 };
    char *data = take(LEN * dtype->size);
    fill_small(dtype, data, LEN, 3);
    char *apart = take(LEN * dtype->size);
    memcpy(apart, data, LEN * dtype->size);
    const char *shifted = data + 100 * dtype->size;
    void *overlapping = through_into(dtype, data, 300, shifted, 300, MLX_MODE_SAME);
    void *separate = through_into(dtype, data, 300, apart + 100 * dtype->size, 300, MLX_MODE_SAME);
    assert_memory_equal(overlapping, separate, 300 * dtype->size);
    free(overlapping);
    free(separate);
    free(apart);
    free(data);
}

/* `out` right behind or before an input is apart from it. */
static void neighbours_do_not_overlap(void **state) {
    (void)state;
    float memory[3 + 2 + 4] = {1, 2, 3, 10, 1};
    const float want[] = {10, 21, 32, 3};
    assert_ok(mlx_convolve_into(memory, 3, memory + 3, 2, MLX_FLOAT32, MLX_MODE_FULL, memory + 5, 4));
    assert_floats(memory + 5, want, 4);
    float before[4 + 3 + 2] = {0, 0, 0, 0, 1, 2, 3, 10, 1};
    assert_ok(mlx_convolve_into(before + 4, 3, before + 7, 2, MLX_FLOAT32, MLX_MODE_FULL, before, 4));
    assert_floats(before, want, 4);
}

static void any_nonzero_byte_is_true(void **state) {
    (void)state;
    const unsigned char a[] = {0, 2, 0, 128, 0}, v[] = {4, 0, 8}, want[] = {0, 1, 0, 1, 0, 1, 0};
    unsigned char out[7];
    assert_ok(mlx_convolve_into(a, 5, v, 3, MLX_BOOL, MLX_MODE_FULL, out, 7));
    assert_memory_equal(out, want, sizeof want);
}

static void integers_wrap(void **state) {
    (void)state;
    const int8_t a[] = {127, -128}, v[] = {-128, 2};
    const int8_t want[] = {(int8_t)(127 * -128), (int8_t)(127 * 2 + 128 * 128), 0};
    int8_t out[3];
    assert_ok(mlx_convolve_into(a, 2, v, 2, MLX_INT8, MLX_MODE_FULL, out, 3));
    assert_memory_equal(out, want, sizeof want);
    const uint64_t big[] = {UINT64_MAX}, three[] = {3};
    uint64_t wrapped;
    assert_ok(mlx_convolve_into(big, 1, three, 1, MLX_UINT64, MLX_MODE_SAME, &wrapped, 1));
    assert_true(wrapped == UINT64_MAX - 2);
}

/* Half types accumulate in float32 and round once: 2048 + 1 + 1 is 2050 there, 2048 in float16. */
static void halves_accumulate_in_float32(void **state) {
    const dtype_info *dtype = *state;
    unsigned char a[6], v[6], out[10];
    double big = dtype->dtype == MLX_FLOAT16 ? 2048 : 256;
    const double values[] = {big, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        store(dtype, a, i, values[i], 0);
        store(dtype, v, i, 1, 0);
    }
    assert_ok(mlx_convolve_into(a, 3, v, 3, dtype->dtype, MLX_MODE_FULL, out, 5));
    assert_true(load_re(dtype, out, 2) == big + 2);
}

int main(void) {
    struct CMUnitTest tests[2 * DTYPES + 5] = {
        cmocka_unit_test(neighbours_do_not_overlap),
        cmocka_unit_test(any_nonzero_byte_is_true),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test_prestate(halves_accumulate_in_float32, (void *)&all_dtypes[MLX_FLOAT16]),
        cmocka_unit_test_prestate(halves_accumulate_in_float32, (void *)&all_dtypes[MLX_BFLOAT16]),
    };
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[2 * d + 5] = (struct CMUnitTest){name, inside_guard_pages, NULL, NULL, dtype};
        tests[2 * d + 6] = (struct CMUnitTest){name, inputs_may_overlap, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
