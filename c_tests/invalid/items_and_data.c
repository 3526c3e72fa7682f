#include "walk.h"

/* mlx_array_item_* and mlx_array_data_* of one dtype, which `array` and `kept_array` (float32) may not have. */
#define WALK(name, type) \
    do { \
        type value = 0; \
        for_bad_contexts(ctx, ARRAY) { \
            REFUSED("arr", mlx_array_item_##name, &value, (mlx_array){ctx}); \
            NO_POINTER("arr", mlx_array_data_##name, (mlx_array){ctx}); \
        } \
        REFUSED("res", mlx_array_item_##name, NULL, array_named(#name, 1)); \
        REFUSED("arr 3", mlx_array_item_##name, &value, array_named(#name, 3)); \
        REFUSED("arr 0", mlx_array_item_##name, &value, array_named(#name, 0)); \
        mlx_array wrong = strcmp(#name, "int8") == 0 ? kept_array : array_named("int8", 1); \
        REFUSED("arr " #name, mlx_array_item_##name, &value, wrong); \
        check_context(memcmp(&value, zeros, sizeof value) == 0, "mlx_array_item_" #name); \
    } while (0)

/* An array of ones (of bytes), alive until the end of the part. */
static const char zeros[8];
static mlx_array made[8 * DTYPES];
static size_t made_len;

static mlx_array array_named(const char *name, int len) {
    char values[24];
    memset(values, 1, sizeof values);
    mlx_dtype dtype = 0;
    while (strcmp(all_dtypes[dtype].name, name) != 0) {
        dtype++;
    }
    return made[made_len++] = mlx_array_new_data(values, &len, 1, dtype);
}

void walk_items_and_data(void) {
    WALK(bool, bool);
    WALK(uint8, uint8_t);
    WALK(uint16, uint16_t);
    WALK(uint32, uint32_t);
    WALK(uint64, uint64_t);
    WALK(int8, int8_t);
    WALK(int16, int16_t);
    WALK(int32, int32_t);
    WALK(int64, int64_t);
    WALK(float16, uint16_t);
    WALK(float32, float);
    WALK(float64, double);
    WALK(bfloat16, uint16_t);
    WALK(complex64, mlx_complex64_t);
    while (made_len > 0) {
        ACCEPTED(mlx_array_free, made[--made_len]);
    }
}
