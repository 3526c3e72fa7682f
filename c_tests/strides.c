/* Repeated, reversed, interleaved and shifted elements: every layout gives the same bits as contiguous elements. */
#include "support.h"

typedef struct {
    const char *name;
    int64_t stride;
} layout;

static const layout layouts[] = {{"packed", 1}, {"interleaved", 2}, {"reversed", -1}, {"every third, reversed", -3}};
enum { LAYOUTS = sizeof layouts / sizeof *layouts, MARGIN = 5 };

/* An array that shows `data` through `stride`, with other values between, before and after the elements. */
static mlx_array laid_out(const dtype_info *dtype, const void *data, size_t len, int64_t stride) {
    size_t step = (size_t)(stride < 0 ? -stride : stride);
    size_t base_len = 2 * MARGIN + (len - 1) * step + 1;
    char *base = take(base_len * dtype->size);
    fill_random(dtype, base, base_len, 99);
    for (size_t i = 0; i < len; i++) {
        size_t at = MARGIN + (stride > 0 ? i : len - 1 - i) * step;
        memcpy(base + at * dtype->size, (const char *)data + i * dtype->size, dtype->size);
    }
    mlx_array whole = array_of(dtype, base, base_len);
    mlx_array view = strided_view(whole, len, stride, MARGIN + (stride > 0 ? 0 : (len - 1) * step));
    assert_ok(mlx_array_free(whole));
    free(base);
    return view;
}

static void check_layouts(const dtype_info *dtype, size_t a_len, size_t v_len, mlx_mode mode) {
    char *a = take(a_len * dtype->size);
    char *v = take(v_len * dtype->size);
    fill_random(dtype, a, a_len, 1);
    fill_random(dtype, v, v_len, 2);
    void *packed = through_arrays(dtype, a, a_len, v, v_len, mode);
    for (size_t i = 0; i < LAYOUTS * LAYOUTS; i++) {
        const layout *a_layout = &layouts[i % LAYOUTS], *v_layout = &layouts[i / LAYOUTS];
        mlx_array a_view = laid_out(dtype, a, a_len, a_layout->stride);
        mlx_array v_view = laid_out(dtype, v, v_len, v_layout->stride);
        size_t out_len;
        void *out = convolve_array_values(a_view, v_view, mode, &out_len);
        assert_int_equal(out_len, mlx_convolve_length(a_len, v_len, mode));
        if (memcmp(out, packed, out_len * dtype->size) != 0) {
            fail_msg("%s %zu x %zu %s: a %s, v %s differs from packed", dtype->name, a_len, v_len, mode_names[mode],
                     a_layout->name, v_layout->name);
        }
        free(out);
        assert_ok(mlx_array_free(a_view));
        assert_ok(mlx_array_free(v_view));
    }
    free(packed);
    free(a);
    free(v);
}

static void layouts_short(void **dtype) {
    for (mlx_mode mode = 0; mode < MODES; mode++) {
        check_layouts(*dtype, 100, 17, mode);
        check_layouts(*dtype, 1, 9, mode);
    }
}

static void layouts_long(void **dtype) { check_layouts(*dtype, quick() ? 500 : 9001, quick() ? 150 : 1800, MLX_MODE_SAME); }

/* Stride 0: one element repeated is a constant signal, however long. */
static void repeated_element(void **state) {
    const dtype_info *dtype = *state;
    const size_t len = quick() ? 600 : 3000;
    char *constant = take(len * dtype->size), *v = take(len * dtype->size);
    fill_random(dtype, constant, 1, 7);
    fill_random(dtype, v, len, 8);
    for (size_t i = 1; i < len; i++) {
        memcpy(constant + i * dtype->size, constant, dtype->size);
    }
    mlx_array one = array_of(dtype, constant, 1);
    for (size_t v_len = 5; v_len <= 905 && v_len <= len; v_len += quick() ? 200 : 900) {
        mlx_array repeated = strided_view(one, len, 0, 0);
        mlx_array filter = array_of(dtype, v, v_len);
        size_t out_len;
        void *packed = through_arrays(dtype, constant, len, v, v_len, MLX_MODE_FULL);
        void *out = convolve_array_values(repeated, filter, MLX_MODE_FULL, &out_len);
        assert_memory_equal(out, packed, out_len * dtype->size);
        free(out);
        free(packed);
        assert_ok(mlx_array_free(repeated));
        assert_ok(mlx_array_free(filter));
    }
    assert_ok(mlx_array_free(one));
    free(constant);
    free(v);
}

/* Both operands may be views of the same buffer: the channels of interleaved audio. */
static void channels_of_one_buffer(void **state) {
    (void)state;
    const float frames[] = {1, 10, 2, 20, 3, 30};
    mlx_array buffer = array_of(&all_dtypes[MLX_FLOAT32], frames, 6);
    mlx_array left = strided_view(buffer, 3, 2, 0), right = strided_view(buffer, 3, 2, 1);
    assert_ok(mlx_array_free(buffer));
    size_t out_len;
    float *out = convolve_array_values(left, right, MLX_MODE_FULL, &out_len);
    const float want[] = {10, 40, 100, 120, 90};
    assert_int_equal(out_len, 5);
    assert_floats(out, want, 5);
    free(out);
    assert_ok(mlx_array_free(left));
    assert_ok(mlx_array_free(right));
}

int main(void) {
    struct CMUnitTest tests[3 * DTYPES + 1] = {cmocka_unit_test(channels_of_one_buffer)};
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[3 * d + 1] = (struct CMUnitTest){name, layouts_short, NULL, NULL, dtype};
        tests[3 * d + 2] = (struct CMUnitTest){name, layouts_long, NULL, NULL, dtype};
        tests[3 * d + 3] = (struct CMUnitTest){name, repeated_element, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
