/* A long-running process: a million calls and thousands of streams leave no memory and no threads behind. */
#include "support.h"

enum { CALLS = 1000000, STREAMS = 2000, WAVE = 100, SECONDS_TO_RETIRE = 10 };

static mlx_array series, filter, waves[2];
static const float series_values[] = {1, 2, 3, 4, 5, 6, 7, 8}, filter_values[] = {1, -0.5f, 0.25f};
static float *work_want;
static size_t work_len, threads_at_start;

static int open_inputs(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    threads_at_start = running_threads();
    series = array_of(dtype, series_values, 8);
    filter = array_of(dtype, filter_values, 3);
    /* Enough work for a stream to be worth a thread. */
    work_len = quick() ? 1000 : 10000;
    float *a = take(work_len * sizeof *a);
    fill_random(dtype, a, work_len, 1);
    waves[0] = array_of(dtype, a, work_len);
    waves[1] = array_of(dtype, a, work_len / 10);
    work_want = through_into(dtype, a, work_len, a, work_len / 10, MLX_MODE_SAME);
    free(a);
    return 0;
}

static int close_inputs(void **state) {
    (void)state;
    free(work_want);
    return mlx_array_free(series) || mlx_array_free(filter) || mlx_array_free(waves[0]) || mlx_array_free(waves[1]);
}

/* What the library holds beside tables that it only keeps for later calls. */
static size_t held(void) {
    assert_ok(mlx_clear_cache());
    return active_memory();
}

static bool memory_is_back(const void *start) { return held() <= *(const size_t *)start; }

/* The counters follow the last reader, which may be a thread that lets go a moment after the values are there. */
static void assert_memory_back(size_t start) {
    if (!comes_true(memory_is_back, &start, SECONDS_TO_RETIRE)) {
        fail_msg("%zu bytes are active, %zu were before", held(), start);
    }
    assert_int_equal(held(), start);
}

static bool threads_are_back(const void *start) { return running_threads() <= *(const size_t *)start; }

static void assert_threads_retire(void) {
    if (!comes_true(threads_are_back, &threads_at_start, SECONDS_TO_RETIRE)) {
        fail_msg("%zu threads are running, %zu were at the start", running_threads(), threads_at_start);
    }
}

/* `count` calls: into one handle again and again, into new ones, and each into the input of the next. */
static void tiny_calls(size_t count, mlx_stream stream) {
    const float want = 1; /* the first of every full convolution with the filter */
    mlx_array kept = mlx_array_new(), chained = mlx_array_new();
    for (size_t i = 0; i < count; i += 4) {
        mlx_array fresh = mlx_array_new(), view = mlx_array_new();
        if (i % 400 == 0) {
            assert_ok(mlx_array_set(&chained, series));
        }
        assert_ok(mlx_convolve(&series, &filter, MLX_MODE_FULL, stream, &kept));
        assert_ok(mlx_convolve(&series, &filter, MLX_MODE_FULL, stream, &fresh));
        assert_ok(mlx_convolve(&chained, &filter, MLX_MODE_FULL, stream, &chained));
        assert_ok(mlx_array_set(&view, fresh));
        assert_ok(mlx_array_free(fresh));
        assert_ok(mlx_convolve(&view, &filter, MLX_MODE_VALID, stream, &view));
        if (i % 1000 == 0) {
            assert_floats(mlx_array_data_float32(kept), &want, 1);
            assert_floats(mlx_array_data_float32(chained), &want, 1);
        }
        assert_ok(mlx_array_free(view));
    }
    assert_ok(mlx_synchronize(stream));
    assert_ok(mlx_array_free(kept));
    assert_ok(mlx_array_free(chained));
}

static void a_million_tiny_calls(void **state) {
    (void)state;
    const size_t calls = quick() ? 2000 : CALLS;
    mlx_stream stream = new_stream();
    tiny_calls(calls / 10, stream); /* whatever is made once is there now */
    size_t start = held();
    tiny_calls(calls, stream);
    assert_memory_back(start);
    assert_ok(mlx_stream_free(stream));
    assert_threads_retire();
}

/* Streams that each get some work and are freed at once, WAVE at a time. */
static void wave_of_streams(void) {
    mlx_array outs[WAVE];
    for (size_t i = 0; i < WAVE; i++) {
        mlx_stream stream = new_stream();
        outs[i] = mlx_array_new();
        assert_ok(mlx_convolve(&waves[0], &waves[1], MLX_MODE_SAME, stream, &outs[i]));
        assert_ok(mlx_convolve(&outs[i], &filter, MLX_MODE_SAME, stream, &outs[i]));
        assert_ok(mlx_convolve(&waves[0], &waves[1], MLX_MODE_SAME, stream, &outs[i]));
        assert_ok(mlx_stream_free(stream));
    }
    assert_in_range(running_threads(), 0, STREAMS / 2); /* those of streams that are gone go, too */
    for (size_t i = 0; i < WAVE; i++) {
        const float *values = mlx_array_data_float32(outs[i]);
        assert_non_null(values);
        assert_memory_equal(values, work_want, work_len * sizeof *values);
        assert_ok(mlx_array_free(outs[i]));
    }
}

static void thousands_of_streams(void **state) {
    (void)state;
    wave_of_streams();
    size_t start = held();
    for (int made = 0; made < (quick() ? 2 * WAVE : STREAMS); made += WAVE) {
        wave_of_streams();
    }
    assert_memory_back(start);
    assert_threads_retire();
}

/* Streams that live on without work need no thread; with work again, they get one. */
static void idle_streams_keep_no_threads(void **state) {
    (void)state;
    static mlx_stream streams[STREAMS];
    const int count = quick() ? WAVE : STREAMS;
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < count; i++) {
            mlx_array out = mlx_array_new();
            if (turn == 0) {
                streams[i] = new_stream();
            }
            assert_ok(mlx_convolve(&waves[0], &waves[1], MLX_MODE_SAME, streams[i], &out));
            const float *values = mlx_array_data_float32(out);
            assert_non_null(values);
            assert_memory_equal(values, work_want, work_len * sizeof *values);
            assert_ok(mlx_array_free(out));
        }
        assert_threads_retire();
    }
    for (int i = 0; i < count; i++) {
        assert_ok(mlx_stream_free(streams[i]));
    }
}

/* The process itself: what malloc, stacks and the cache keep is bounded, too. */
static void the_process_does_not_grow(void **state) {
    (void)state;
    if (quick() || UNDER_ASAN || resident_bytes() == 0) {
        skip(); /* the checker keeps freed memory, or the system does not tell */
    }
    const size_t slack = 8 << 20;
    mlx_stream stream = new_stream();
    tiny_calls(CALLS / 10, stream);
    wave_of_streams();
    wave_of_streams();
    size_t start = resident_bytes();
    tiny_calls(CALLS / 2, stream);
    assert_in_range(resident_bytes(), 0, start + slack);
    for (int wave = 0; wave < STREAMS / WAVE; wave++) {
        wave_of_streams();
    }
    assert_in_range(resident_bytes(), 0, start + slack);
    assert_ok(mlx_stream_free(stream));
    assert_threads_retire();
    assert_in_range(resident_bytes(), 0, start + slack);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_tiny_calls),
        cmocka_unit_test(thousands_of_streams),
        cmocka_unit_test(idle_streams_keep_no_threads),
        cmocka_unit_test(the_process_does_not_grow),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
