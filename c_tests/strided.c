/* mlx_as_strided: views share storage, keep the storage alive, and never reach outside it. */
#include "support.h"

static const dtype_info *const I32 = &all_dtypes[MLX_INT32];
static mlx_stream stream;
static mlx_array base; /* 0, 1, ... 11 */

static int open_base(void **state) {
    (void)state;
    int32_t values[12];
    for (int32_t i = 0; i < 12; i++) {
        values[i] = i;
    }
    stream = mlx_default_stream_new();
    base = array_of(I32, values, 12);
    return 0;
}

static int close_base(void **state) {
    (void)state;
    return mlx_array_free(base) || mlx_stream_free(stream);
}

static void shares_storage(void **state) {
    (void)state;
    const int shape[] = {3, 2};
    const int64_t strides[] = {-4, 2};
    mlx_array view = mlx_array_new();
    assert_ok(mlx_as_strided(&view, base, shape, 2, strides, 2, 9, stream));
    assert_ok(mlx_array_eval(view));
    assert_int_equal(mlx_array_ndim(view), 2);
    assert_int_equal(mlx_array_size(view), 6);
    assert_memory_equal(mlx_array_shape(view), shape, sizeof shape);
    assert_memory_equal(mlx_array_strides(view), strides, sizeof strides);
    assert_ptr_equal(mlx_array_data_int32(view), mlx_array_data_int32(base) + 9);
    assert_ok(mlx_array_free(view));
}

/* MLX makes a view of a view from the view's own elements, in order, by copying them first. */
static void view_of_a_view(void **state) {
    (void)state;
    mlx_array even = strided_view(base, 6, 2, 0); /* 0 2 4 6 8 10 */
    mlx_array view = strided_view(even, 3, -2, 5);
    size_t len;
    const int32_t one = 1, want[] = {10, 6, 2};
    mlx_array unit = array_of(I32, &one, 1);
    int32_t *values = convolve_array_values(view, unit, MLX_MODE_FULL, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(values, want, sizeof want);
    free(values);
    assert_ok(mlx_array_free(unit));
    assert_ok(mlx_array_free(even));
    assert_ok(mlx_array_free(view));
}

static void result_may_be_the_input(void **state) {
    (void)state;
    mlx_array array = mlx_array_new();
    assert_ok(mlx_array_set(&array, base));
    mlx_array copy = array;
    const int shape[] = {4};
    const int64_t strides[] = {3};
    assert_ok(mlx_as_strided(&array, array, shape, 1, strides, 1, 2, stream));
    assert_ptr_equal(array.ctx, copy.ctx);
    assert_int_equal(mlx_array_size(copy), 4);
    assert_ok(mlx_array_eval(copy));
    assert_int_equal(mlx_array_data_int32(copy)[0], 2);
    assert_ok(mlx_array_free(array));
}

static void scalar_and_empty_views(void **state) {
    (void)state;
    mlx_array view = mlx_array_new();
    assert_ok(mlx_as_strided(&view, base, NULL, 0, NULL, 0, 11, stream));
    int32_t item = 0;
    assert_ok(mlx_array_item_int32(&item, view));
    assert_int_equal(item, 11);
    const int nothing[] = {0};
    const int64_t far[] = {1000};
    assert_ok(mlx_as_strided(&view, base, nothing, 1, far, 1, 0, stream)); /* no element, none out of reach */
    assert_int_equal(mlx_array_size(view), 0);
    assert_ok(mlx_array_free(view));
}

typedef struct {
    int shape;
    int64_t stride;
    size_t offset;
    bool reachable;
} reach;

static void elements_out_of_reach(void **state) {
    (void)state;
    static const reach cases[] = {
        {12, 1, 0, true},         {13, 1, 0, false},         {12, 1, 1, false},      {12, -1, 11, true},
        {12, -1, 10, false},      {12, -1, 12, false},       {4, 4, 0, false},       {3, 4, 3, true},
        {3, 5, 1, true},          {3, 5, 2, false},          {INT32_MAX, 0, 11, true}, {INT32_MAX, 0, 12, false},
        {2, INT64_MAX, 0, false}, {3, INT64_MAX, 0, false},  {2, INT64_MIN, 0, false}, {INT32_MAX, INT64_MIN, 0, false},
        {1, 1, SIZE_MAX, false},  {1, INT64_MAX, 11, true},  {2, 1, SIZE_MAX, false},  {2, -1, SIZE_MAX, false},
        {-1, 1, 0, false},        {INT32_MIN, 1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const reach *c = &cases[i];
        mlx_array view = mlx_array_new();
        mlx_status status = mlx_as_strided(&view, base, &c->shape, 1, &c->stride, 1, c->offset, stream);
        if (status != (c->reachable ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT)) {
            fail_msg("shape %d, stride %" PRId64 ", offset %zu: status %d", c->shape, c->stride, c->offset, (int)status);
        }
        assert_int_equal(view.ctx != NULL, c->reachable);
        assert_ok(mlx_array_free(view));
    }
}

static void outlives_its_base(void **state) {
    (void)state;
    const int32_t values[] = {5, 6, 7};
    mlx_array array = array_of(I32, values, 3), view = strided_view(array, 2, -1, 2);
    assert_ok(mlx_array_free(array));
    assert_int_equal(mlx_array_data_int32(view)[0], 7);
    assert_int_equal(mlx_array_data_int32(view)[-1], 6);
    assert_ok(mlx_array_free(view));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_storage),         cmocka_unit_test(view_of_a_view),
        cmocka_unit_test(result_may_be_the_input), cmocka_unit_test(scalar_and_empty_views),
        cmocka_unit_test(elements_out_of_reach),  cmocka_unit_test(outlives_its_base),
    };
    return cmocka_run_group_tests(tests, open_base, close_base);
}
