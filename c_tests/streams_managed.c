/* Borrowed buffers that queued work reads: the library gives each one back once, when the results are ready, while it
 * holds no lock. */
#include "support.h"

#include <pthread.h>
#include <unistd.h>

enum { STREAMS = 4, READERS = 3, BUFFERS = 400, NESTED = 8, SECONDS = 20 };

static mlx_stream streams[STREAMS];
static mlx_array filter;
static float *filter_values;
static size_t signal_len, filter_len;

static int open_streams(void **state) {
    (void)state;
    alarm(100); /* a destructor that waits for what waits for it hangs */
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    signal_len = quick() ? 2000 : 40000;
    filter_len = quick() ? 200 : 2000;
    filter_values = take(filter_len * sizeof *filter_values);
    fill_random(dtype, filter_values, filter_len, 7);
    filter = array_of(dtype, filter_values, filter_len);
    for (size_t s = 0; s < STREAMS; s++) {
        streams[s] = new_stream();
    }
    return 0;
}

static int close_streams(void **state) {
    (void)state;
    free(filter_values);
    for (size_t s = 0; s < STREAMS; s++) {
        assert_ok(mlx_stream_free(streams[s]));
    }
    return mlx_array_free(filter);
}

/* A buffer on loan, what is computed from it, and what its destructor saw. */
typedef struct {
    float *values;
    mlx_array readers[READERS]; /* their results; those that are set are waited for by the destructor */
    mlx_array released_with_it; /* another array, freed by the destructor */
    int returned, bad;
} loan;

static int times_returned(const loan *l) { return __atomic_load_n(&l->returned, __ATOMIC_SEQ_CST); }

static bool is_returned(const void *l) { return times_returned(l) > 0; }

/* Calls of every kind that takes a lock or waits. */
static bool library_works(void) {
    const float ones[] = {1, 1, 1}, want[] = {1, 2, 3, 2, 1};
    const int shape[] = {3};
    size_t limit = 0;
    mlx_stream mine = mlx_default_stream_new(), fresh = new_stream();
    mlx_array three = mlx_array_new_data(ones, shape, 1, MLX_FLOAT32), out = mlx_array_new();
    bool good = true;
    for (int turn = 0; turn < 2; turn++) {
        good = mlx_convolve(&three, &three, MLX_MODE_FULL, turn == 0 ? mine : fresh, &out) == 0 && good;
        const float *values = mlx_array_data_float32(out);
        for (int i = 0; i < 5; i++) {
            good = good && values != NULL && values[i] > want[i] - 1e-3f && values[i] < want[i] + 1e-3f;
        }
    }
    good = mlx_convolve(&three, &three, 9, mine, &out) == MLX_STATUS_INVALID_ARGUMENT && good;
    good = mlx_synchronize(mine) == 0 && mlx_synchronize(fresh) == 0 && mlx_clear_cache() == 0 && good;
    good = mlx_set_cache_limit(&limit, 1 << 20) == 0 && mlx_set_cache_limit(&limit, limit) == 0 && good;
    good = mlx_array_free(out) == 0 && mlx_array_free(three) == 0 && good;
    return mlx_stream_free(mine) == 0 && mlx_stream_free(fresh) == 0 && good;
}

static void give_back(void *payload) {
    loan *l = payload;
    for (size_t i = 0; i < READERS; i++) {
        l->bad += l->readers[i].ctx != NULL && mlx_array_eval(l->readers[i]) != MLX_STATUS_SUCCESS;
    }
    l->bad += !library_works();
    l->bad += mlx_array_free(l->released_with_it) != MLX_STATUS_SUCCESS;
    memset(l->values, 0xff, signal_len * sizeof *l->values); /* NaNs, should anybody still read it */
    free(l->values);
    __atomic_fetch_add(&l->returned, 1, __ATOMIC_SEQ_CST);
}

static mlx_array borrow(loan *l, uint64_t seed) {
    *l = (loan){.values = take(signal_len * sizeof *l->values), .released_with_it = mlx_array_new()};
    fill_random(&all_dtypes[MLX_FLOAT32], l->values, signal_len, seed);
    const int shape[] = {(int)signal_len};
    mlx_array array = mlx_array_new_data_managed_payload(l->values, shape, 1, MLX_FLOAT32, l, give_back);
    assert_non_null(array.ctx);
    return array;
}

static void assert_returned_once(const loan *l) {
    assert_true(comes_true(is_returned, l, SECONDS));
    assert_int_equal(times_returned(l), 1);
    assert_int_equal(l->bad, 0);
}

static bool is_right(mlx_array out, const float *want) {
    const float *values = mlx_array_data_float32(out);
    return values != NULL && memcmp(values, want, signal_len * sizeof *want) == 0;
}

/* Read on three streams, once backwards; the caller's handles go before the work does. */
static void goes_back_when_all_results_are_there(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    for (int turn = 0; turn < (quick() ? 3 : 60); turn++) {
        loan l;
        mlx_array array = borrow(&l, (uint64_t)turn);
        float *want = through_into(dtype, l.values, signal_len, filter_values, filter_len, MLX_MODE_SAME);
        float *turned = take(signal_len * sizeof *turned);
        for (size_t i = 0; i < signal_len; i++) {
            turned[i] = l.values[signal_len - 1 - i];
        }
        float *want_turned = through_into(dtype, turned, signal_len, filter_values, filter_len, MLX_MODE_SAME);
        mlx_array view = strided_view(array, signal_len, -1, signal_len - 1);
        assert_ok(mlx_convolve(&array, &filter, MLX_MODE_SAME, streams[0], &l.readers[0]));
        assert_ok(mlx_convolve(&filter, &view, MLX_MODE_SAME, streams[1], &l.readers[1]));
        assert_ok(mlx_convolve(&array, &filter, MLX_MODE_SAME, streams[2], &l.readers[2]));
        assert_int_equal(times_returned(&l), 0);
        assert_ok(mlx_array_free(turn % 2 == 0 ? array : view));
        assert_ok(mlx_array_free(turn % 2 == 0 ? view : array)); /* from here on, the destructor may be running */
        assert_true(is_right(l.readers[0], want));
        assert_true(is_right(l.readers[1], want_turned));
        assert_true(is_right(l.readers[2], want));
        assert_returned_once(&l);
        for (size_t i = 0; i < READERS; i++) {
            assert_ok(mlx_array_free(l.readers[i]));
        }
        free(want);
        free(turned);
        free(want_turned);
        assert_int_equal(times_returned(&l), 1);
    }
}

/* Nobody waits for the results. Each destructor lets go of the buffer before, NESTED times over. */
static void many_go_back_once_each(void **state) {
    (void)state;
    static loan loans[BUFFERS];
    const int buffers = quick() ? 3 * NESTED : BUFFERS;
    uint64_t random = 3;
    mlx_array before = mlx_array_new();
    for (int b = 0; b < buffers; b++) {
        mlx_array array = borrow(&loans[b], (uint64_t)b), out = mlx_array_new();
        loans[b].released_with_it = before;
        assert_ok(mlx_array_set(&out, array));
        for (uint64_t reads = next_random(&random) % READERS; reads > 0; reads--) {
            assert_ok(mlx_convolve(&array, &filter, MLX_MODE_SAME, streams[next_random(&random) % STREAMS], &out));
        }
        assert_ok(mlx_array_free(out));
        for (int held = b - b % NESTED; held <= b; held++) {
            assert_int_equal(times_returned(&loans[held]), 0);
        }
        before = array;
        if (b % NESTED == NESTED - 1) {
            assert_ok(mlx_array_free(array)); /* and with it, those before */
            before = mlx_array_new();
        }
    }
    for (size_t s = 0; s < STREAMS; s++) {
        assert_ok(mlx_synchronize(streams[s]));
    }
    for (int b = 0; b < buffers; b++) {
        assert_returned_once(&loans[b]);
    }
}

/* The result takes the place of what it is made of. */
static void rebinding_gives_back_after_the_work(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    for (int turn = 0; turn < (quick() ? 3 : 40); turn++) {
        loan l;
        mlx_array array = borrow(&l, (uint64_t)turn);
        float *want = through_into(dtype, l.values, signal_len, filter_values, filter_len, MLX_MODE_SAME);
        assert_ok(mlx_convolve(&array, &filter, MLX_MODE_SAME, streams[turn % STREAMS], &array));
        assert_true(is_right(array, want));
        assert_returned_once(&l);
        assert_ok(mlx_array_free(array));
        free(want);
    }
}

/* A refused call reads nothing, and a stream that goes first gives up nothing. */
static void refused_calls_and_freed_streams(void **state) {
    (void)state;
    loan l;
    mlx_array array = borrow(&l, 1), out = mlx_array_new();
    mlx_stream stream = new_stream();
    assert_fails(mlx_convolve(&array, &filter, 7, stream, &out), MLX_STATUS_INVALID_ARGUMENT, "mode");
    assert_int_equal(times_returned(&l), 0);
    assert_ok(mlx_convolve(&array, &filter, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_array_free(array));
    assert_returned_once(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_back_when_all_results_are_there),
        cmocka_unit_test(many_go_back_once_each),
        cmocka_unit_test(rebinding_gives_back_after_the_work),
        cmocka_unit_test(refused_calls_and_freed_streams),
    };
    return cmocka_run_group_tests(tests, open_streams, close_streams);
}
