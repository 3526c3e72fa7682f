/* Memory counters and the cache. */
#include "support.h"

static mlx_array megabyte(void) {
    enum { LEN = 1 << 20 };
    void *zeros = take(LEN);
    memset(zeros, 0, LEN);
    mlx_array array = array_of(&all_dtypes[MLX_UINT8], zeros, LEN);
    free(zeros);
    return array;
}

static void active_and_peak_follow_arrays(void **state) {
    (void)state;
    size_t before = read_counter(mlx_get_active_memory);
    assert_ok(mlx_reset_peak_memory());
    mlx_array array = megabyte();
    size_t with = read_counter(mlx_get_active_memory);
    assert_in_range(with - before, 1 << 20, (1 << 20) + 65536);
    assert_ok(mlx_array_free(array));
    assert_int_equal(read_counter(mlx_get_active_memory), before);
    assert_in_range(read_counter(mlx_get_peak_memory), with, with + 65536);
    assert_ok(mlx_reset_peak_memory());
    assert_true(read_counter(mlx_get_peak_memory) < with);
}

static void borrowed_memory_is_not_ours(void **state) {
    (void)state;
    enum { LEN = 1 << 20 };
    size_t before = read_counter(mlx_get_active_memory);
    void *mine = take(LEN);
    const int shape[] = {LEN};
    mlx_array array = mlx_array_new_data_managed(mine, shape, 1, MLX_UINT8, free);
    assert_true(read_counter(mlx_get_active_memory) - before < LEN);
    assert_ok(mlx_array_free(array));
}

static void cache_can_be_cleared_and_limited(void **state) {
    (void)state;
    assert_ok(mlx_array_free(megabyte()));
    assert_ok(mlx_clear_cache());
    assert_int_equal(read_counter(mlx_get_cache_memory), 0);
    size_t first = 0, second = 1, third = 2;
    assert_ok(mlx_set_cache_limit(&first, 0));
    assert_ok(mlx_set_cache_limit(&second, 12345));
    assert_int_equal(second, 0); /* the limit before */
    assert_ok(mlx_set_cache_limit(&third, 0));
    assert_int_equal(third, 12345);
    assert_ok(mlx_array_free(megabyte()));
    assert_int_equal(read_counter(mlx_get_cache_memory), 0);
    assert_ok(mlx_set_cache_limit(&third, first));
    assert_ok(mlx_array_free(megabyte()));
    assert_true(read_counter(mlx_get_cache_memory) <= first);
}

/* A stream lets go of what it read a moment after the values are there. */
static bool only_active(const void *before) {
    return mlx_clear_cache() == MLX_STATUS_SUCCESS && read_counter(mlx_get_active_memory) == *(const size_t *)before;
}

/* Nothing stays behind a convolution but its result, and tables of transforms, which go with the cache. */
static void convolution_returns_its_workspace(void **state) {
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        const dtype_info *dtype = &all_dtypes[d];
        const size_t n = quick() ? 2000 : 20000, k = quick() ? 300 : 1500;
        void *a = take(n * dtype->size);
        fill_random(dtype, a, n, d);
        assert_int_equal(mlx_clear_cache(), MLX_STATUS_SUCCESS);
        size_t before = read_counter(mlx_get_active_memory);
        free(through_arrays(dtype, a, n, a, k, MLX_MODE_SAME));
        /* A result is there before its inputs are given back, which a stream does before it goes on. */
        mlx_stream stream = mlx_default_stream_new();
        assert_ok(mlx_synchronize(stream));
        assert_ok(mlx_stream_free(stream));
        free(through_into(dtype, a, n, a, k, MLX_MODE_SAME));
        assert_true(comes_true(only_active, &before, 10));
        free(a);
    }
}

/* By transforms, in blocks that are small enough to be kept. */
static void *convolve_in_small_blocks(void *status) {
    enum { N = 2000, K = 300 };
    static const float a[N] = {1, 2, 3}, v[K] = {4, 5};
    float out[N];
    *(mlx_status *)status = mlx_convolve_into(a, N, v, K, MLX_FLOAT32, MLX_MODE_SAME, out, N);
    return NULL;
}

/* What transforms keep is counted, does not grow, and goes with the cache, though the threads that made it have ended. */
static void kept_workspace_goes_with_the_cache(void **state) {
    (void)state;
    enum { THREADS = 24, TABLES = 1 << 20, WORKSPACE = 2 << 20 };
    assert_ok(mlx_clear_cache());
    size_t before = read_counter(mlx_get_active_memory);
    mlx_status statuses[THREADS] = {0};
    convolve_in_small_blocks(statuses);
    size_t with = read_counter(mlx_get_active_memory);
    assert_true(with > before); /* they are transforms */
    convolve_in_small_blocks(statuses);
    assert_int_equal(read_counter(mlx_get_active_memory), with);
    for (int i = 0; i < 3; i++) {
        on_threads(THREADS, convolve_in_small_blocks, statuses, sizeof *statuses);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(statuses[i], MLX_STATUS_SUCCESS);
    }
    assert_in_range(read_counter(mlx_get_active_memory), with, before + TABLES + WORKSPACE);
    assert_ok(mlx_clear_cache());
    assert_int_equal(read_counter(mlx_get_active_memory), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_and_peak_follow_arrays),
        cmocka_unit_test(borrowed_memory_is_not_ours),
        cmocka_unit_test(cache_can_be_cleared_and_limited),
        cmocka_unit_test(convolution_returns_its_workspace),
        cmocka_unit_test(kept_workspace_goes_with_the_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
