/* mlx_array_item_* and mlx_array_data_* for all 14 dtypes. */
#include "support.h"

/* Reads one value of any type; the typed functions differ in their pointer type only. */
typedef mlx_status (*item_function)(void *res, mlx_array array);
typedef const void *(*data_function)(mlx_array array);

#define ACCESSORS(name, type)                                                                                          \
    static mlx_status item_##name(void *res, mlx_array array) {                                                        \
        type value;                                                                                                    \
        memcpy(&value, res, sizeof value);                                                                             \
        mlx_status status = mlx_array_item_##name(&value, array);                                                      \
        memcpy(res, &value, sizeof value);                                                                             \
        return status;                                                                                                 \
    }                                                                                                                  \
    static const void *data_##name(mlx_array array) {                                                                  \
        const type *values = mlx_array_data_##name(array);                                                             \
        return values;                                                                                                 \
    }
ACCESSORS(bool, bool)
ACCESSORS(uint8, uint8_t)
ACCESSORS(uint16, uint16_t)
ACCESSORS(uint32, uint32_t)
ACCESSORS(uint64, uint64_t)
ACCESSORS(int8, int8_t)
ACCESSORS(int16, int16_t)
ACCESSORS(int32, int32_t)
ACCESSORS(int64, int64_t)
ACCESSORS(float16, uint16_t) /* half types are bits on every platform */
ACCESSORS(float32, float)
ACCESSORS(float64, double)
ACCESSORS(bfloat16, uint16_t)
ACCESSORS(complex64, mlx_complex64_t)

#define PAIR(name) {item_##name, data_##name}
static const struct {
    item_function item;
    data_function data;
} accessors[DTYPES] = {PAIR(bool),  PAIR(uint8),   PAIR(uint16),  PAIR(uint32),  PAIR(uint64),
                       PAIR(int8),  PAIR(int16),   PAIR(int32),   PAIR(int64),   PAIR(float16),
                       PAIR(float32), PAIR(float64), PAIR(bfloat16), PAIR(complex64)};

static void item_of_its_own_dtype(void **state) {
    const dtype_info *dtype = *state;
    char value[8], got[8] = {0};
    store(dtype, value, 0, 1, -2);
    const int shapes[3] = {1, 1, 1};
    for (int dims = 0; dims <= 3; dims++) { /* one element, whatever its shape */
        mlx_array array = mlx_array_new_data(value, shapes, dims, dtype->dtype);
        assert_ok(accessors[dtype->dtype].item(got, array));
        assert_memory_equal(got, value, dtype->size);
        assert_ok(mlx_array_free(array));
    }
}

static void item_of_another_dtype(void **state) {
    const dtype_info *dtype = *state;
    char value[8] = {0};
    mlx_array array = array_of(dtype, value, 1);
    for (size_t other = 0; other < DTYPES; other++) {
        if (other != (size_t)dtype->dtype) {
            char got[8] = {0, 1, 0, 1, 0, 1, 0, 1}, before[8];
            memcpy(before, got, 8);
            assert_fails(accessors[other].item(got, array), MLX_STATUS_INVALID_ARGUMENT, dtype->name);
            assert_memory_equal(got, before, 8);
        }
    }
    assert_ok(mlx_array_free(array));
}

static void item_of_several_elements(void **state) {
    const dtype_info *dtype = *state;
    char values[2 * 8] = {0}, got[8] = {0};
    mlx_array two = array_of(dtype, values, 2), none = array_of(dtype, values, 0);
    assert_fails(accessors[dtype->dtype].item(got, two), MLX_STATUS_INVALID_ARGUMENT, "2");
    assert_fails(accessors[dtype->dtype].item(got, none), MLX_STATUS_INVALID_ARGUMENT, "0");
    assert_ok(mlx_array_free(two));
    assert_ok(mlx_array_free(none));
}

/* data_* reinterprets without checking, and starts at element 0 of a view. */
static void data_of_any_dtype(void **state) {
    const dtype_info *dtype = *state;
    char values[5 * 8];
    fill_random(dtype, values, 5, 4);
    mlx_array array = array_of(dtype, values, 5), view = strided_view(array, 3, -1, 3);
    const char *start = data_uint8(array);
    for (size_t d = 0; d < DTYPES; d++) {
        assert_ptr_equal(accessors[d].data(array), start);
        assert_ptr_equal(accessors[d].data(view), start + 3 * dtype->size);
    }
    assert_memory_equal(start, values, 5 * dtype->size);
    assert_ok(mlx_array_free(array));
    assert_ok(mlx_array_free(view));
}

static void item_of_a_view(void **state) {
    const dtype_info *dtype = *state;
    char values[5 * 8], got[8] = {0};
    fill_small(dtype, values, 5, 5);
    mlx_array array = array_of(dtype, values, 5), view = strided_view(array, 1, 7, 4);
    assert_ok(mlx_array_free(array));
    assert_ok(accessors[dtype->dtype].item(got, view));
    assert_memory_equal(got, values + 4 * dtype->size, dtype->size);
    assert_ok(mlx_array_free(view));
}

int main(void) {
    struct CMUnitTest tests[5 * DTYPES];
    for (size_t d = 0; d < DTYPES; d++) {
        void *dtype = (void *)&all_dtypes[d];
        const char *name = all_dtypes[d].name;
        tests[5 * d] = (struct CMUnitTest){name, item_of_its_own_dtype, NULL, NULL, dtype};
        tests[5 * d + 1] = (struct CMUnitTest){name, item_of_another_dtype, NULL, NULL, dtype};
        tests[5 * d + 2] = (struct CMUnitTest){name, item_of_several_elements, NULL, NULL, dtype};
        tests[5 * d + 3] = (struct CMUnitTest){name, data_of_any_dtype, NULL, NULL, dtype};
        tests[5 * d + 4] = (struct CMUnitTest){name, item_of_a_view, NULL, NULL, dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
