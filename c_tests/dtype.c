/* The 14 dtypes have MLX's numbers and sizes. */
#include "support.h"

static void numbers(void **state) {
    (void)state;
    const mlx_dtype all[DTYPES] = {MLX_BOOL,  MLX_UINT8, MLX_UINT16,  MLX_UINT32,  MLX_UINT64,  MLX_INT8,     MLX_INT16,
                                   MLX_INT32, MLX_INT64, MLX_FLOAT16, MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16, MLX_COMPLEX64};
    for (int i = 0; i < DTYPES; i++) {
        assert_int_equal(all[i], i);
        assert_int_equal(all_dtypes[i].dtype, i);
    }
    assert_int_equal(sizeof(mlx_dtype), 4);
}

static void sizes(void **state) {
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        assert_int_equal(mlx_dtype_size(all_dtypes[d].dtype), all_dtypes[d].size);
    }
    assert_int_equal(mlx_dtype_size(-1), 0);
    assert_int_equal(mlx_dtype_size(14), 0);
    assert_int_equal(mlx_dtype_size(INT32_MIN), 0);
    assert_int_equal(mlx_dtype_size(INT32_MAX), 0);
    assert_int_equal(sizeof(mlx_complex64_t), 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
