/* Memory runs out completely: calls fail with a status, and work again when there is memory again. */
#include "support.h"

#include <math.h>
#include <sys/resource.h>

#include "silent_child.h"

enum { LIMIT = 256 << 20, ROUNDS = 100 };

static mlx_array series, filter;
static mlx_stream stream;

/* Takes all memory that malloc still gives. */
static void exhaust(void) {
    for (size_t bytes = 1 << 20; bytes >= 16; bytes /= 2) {
        while (malloc(bytes) != NULL) {
        }
    }
}

static bool refused(mlx_status status) {
    return status == MLX_STATUS_OUT_OF_MEMORY && strlen(mlx_last_error()) != 0;
}

/* Whether the calls that make something fail as they should, again and again. */
static bool nothing_can_be_made(void) {
    bool good = true;
    const int ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const int64_t strides[8] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        mlx_array out = mlx_array_new();
        mlx_string text = mlx_string_new();
        good = refused(mlx_convolve(&series, &filter, MLX_MODE_FULL, stream, &out)) && good;
        good = refused(mlx_as_strided(&out, series, ones, 8, strides, 8, 0, stream)) && good;
        good = refused(mlx_array_set(&out, series)) && good;
        good = refused(mlx_array_tostring(&text, series)) && good;
        good = refused(mlx_convolve_explain(100000, 1000, MLX_FLOAT32, MLX_MODE_SAME, &text)) && good;
        good = mlx_array_new_float32(1).ctx == NULL && mlx_string_new_data("text").ctx == NULL && good;
        good = mlx_convolve(&series, &filter, 7, stream, &out) == MLX_STATUS_INVALID_ARGUMENT && good;
        good = out.ctx == NULL && text.ctx == NULL && good;
        /* A live destination keeps what it is. */
        good = refused(mlx_as_strided(&filter, series, ones, 8, strides, 8, 0, stream)) && good;
        good = mlx_array_ndim(filter) == 1 && mlx_array_size(filter) == 3 && good;
    }
    return good;
}

static bool (*limited_part)(void);

static bool limited(void) {
    struct rlimit limit = {LIMIT, LIMIT};
    return setrlimit(RLIMIT_AS, &limit) == 0 && limited_part();
}

/* `part` runs in a process of its own with an address space of LIMIT bytes. */
static void with_little_memory(bool (*part)(void)) {
#if !defined(__linux__)
    skip(); /* the limit is not kept */
#endif
    if (UNDER_ASAN) {
        skip(); /* it dies of the limit */
    }
    if (quick()) {
        skip(); /* valgrind's own memory counts */
    }
    series = array_of(&all_dtypes[MLX_FLOAT32], (const float[]){1, 2, 3, 4, 5}, 5);
    filter = array_of(&all_dtypes[MLX_FLOAT32], (const float[]){1, 2, 1}, 3);
    stream = mlx_default_stream_new();
    mlx_array warm = mlx_array_new();
    assert_ok(mlx_convolve(&series, &filter, MLX_MODE_FULL, stream, &warm));
    limited_part = part;
    in_a_silent_child(60, limited);
    assert_ok(mlx_array_free(warm));
    assert_ok(mlx_array_free(filter));
    assert_ok(mlx_array_free(series));
    assert_ok(mlx_stream_free(stream));
}

static bool exhausted(void) {
    exhaust();
    return nothing_can_be_made();
}

static void failures_are_statuses(void **state) {
    (void)state;
    with_little_memory(exhausted);
}

/* Many handles, until there is no memory for one more; freed, they can be made again. */
static bool filled_with_handles(void) {
    enum { MOST = 1 << 22 };
    static mlx_array made[MOST];
    int ones[64];
    for (int i = 0; i < 64; i++) {
        ones[i] = 1;
    }
    const float value = 1;
    bool good = true;
    for (int turn = 0; turn < 2; turn++) {
        size_t count = 0;
        do {
            made[count] = mlx_array_new_data(&value, ones, 64, MLX_FLOAT32);
        } while (made[count].ctx != NULL && ++count < MOST);
        good = good && count > 1000 && count < MOST && strstr(mlx_last_error(), "memory") != NULL;
        while (count > 0) {
            good = mlx_array_free(made[--count]) == MLX_STATUS_SUCCESS && good;
        }
    }
    return good;
}

static void handles_until_memory_runs_out(void **state) {
    (void)state;
    with_little_memory(filled_with_handles);
}

/* 2^40 elements that take no memory: a thousand of them are printed. */
static bool endless_text(void) {
    int twos[40];
    const int64_t strides[40] = {0};
    for (int i = 0; i < 40; i++) {
        twos[i] = 2;
    }
    mlx_array view = mlx_array_new();
    mlx_string text = mlx_string_new();
    bool good = mlx_as_strided(&view, series, twos, 40, strides, 40, 0, stream) == MLX_STATUS_SUCCESS;
    good = mlx_array_tostring(&text, view) == MLX_STATUS_SUCCESS && good;
    size_t ones = 0;
    for (const char *at = mlx_string_data(text); good && *at != 0; at++) {
        ones += *at == '1';
    }
    good = ones == 1000 && strstr(mlx_string_data(text), "...],\n") != NULL && good;
    mlx_string_free(text);
    return mlx_array_free(view) == MLX_STATUS_SUCCESS && good;
}

static void text_of_a_large_view(void **state) {
    (void)state;
    with_little_memory(endless_text);
}

/* Whether `array` holds 4 * 3 everywhere. */
static bool twelves(mlx_array array) {
    const float *values = mlx_array_data_float32(array);
    bool good = values != NULL;
    for (size_t i = 0; good && i < mlx_array_size(array); i += 1000) {
        good = fabsf(values[i] - 12) < 1e-3f;
    }
    return good;
}

/* One element in so many places that a result of theirs does not fit; and what does fit, each time after that. */
static bool results_that_do_not_fit(void) {
    enum { LARGE = 1 << 26, SMALL = 1 << 20, TURNS = 10 };
    const int shapes[2] = {LARGE, SMALL};
    const int64_t stride = 0;
    mlx_array many = mlx_array_new(), few = mlx_array_new(), out = mlx_array_new(), kept = mlx_array_new();
    mlx_array three = mlx_array_new_float32(3);
    bool good = mlx_as_strided(&many, three, &shapes[0], 1, &stride, 1, 0, stream) == MLX_STATUS_SUCCESS &&
                mlx_as_strided(&few, three, &shapes[1], 1, &stride, 1, 0, stream) == MLX_STATUS_SUCCESS;
    for (int turn = 0; turn < TURNS && good; turn++) {
        good = refused(mlx_convolve(&many, &filter, MLX_MODE_SAME, stream, &out)) && out.ctx == NULL && good;
        good = refused(mlx_convolve(&many, &filter, MLX_MODE_FULL, stream, &few)) && good; /* which stays what it is */
        good = mlx_array_size(few) == SMALL && mlx_synchronize(stream) == MLX_STATUS_SUCCESS && good;
        good = mlx_convolve(&few, &filter, MLX_MODE_VALID, stream, &kept) == MLX_STATUS_SUCCESS && good;
        good = mlx_array_size(kept) == SMALL - 2 && twelves(kept) && good;
    }
    mlx_array_free(kept);
    mlx_array_free(many);
    mlx_array_free(few);
    return mlx_array_free(three) == MLX_STATUS_SUCCESS && good;
}

static void results_beyond_the_limit(void **state) {
    (void)state;
    with_little_memory(results_that_do_not_fit);
}

/* Results until there is no memory for one more. Those before it are right, or tell that memory ran out for computing
 * them; so does the stream, once. Freed, they can be made again. */
static bool filled_with_results(void) {
    enum { LARGE = 1 << 22, MOST = 64 }; /* 16 MiB each */
    const int shape = LARGE;
    const int64_t stride = 0;
    mlx_array threes = mlx_array_new(), three = mlx_array_new_float32(3), outs[MOST] = {{NULL}};
    bool good = mlx_as_strided(&threes, three, &shape, 1, &stride, 1, 0, stream) == MLX_STATUS_SUCCESS;
    for (int turn = 0; turn < 3 && good; turn++) {
        int made = 0;
        mlx_status status;
        while ((status = mlx_convolve(&threes, &filter, MLX_MODE_VALID, stream, &outs[made])) == 0 && made < MOST - 1) {
            made++;
        }
        good = refused(status) && made > 2 && outs[made].ctx == NULL;
        size_t failed = 0;
        for (int i = 0; i < made; i++) {
            bool here = mlx_array_eval(outs[i]) == MLX_STATUS_SUCCESS;
            failed += !here;
            good = (here ? twelves(outs[i]) : refused(mlx_array_eval(outs[i]))) && good;
        }
        status = mlx_synchronize(stream);
        good = (failed == 0 ? status == MLX_STATUS_SUCCESS : refused(status)) && good;
        good = mlx_synchronize(stream) == MLX_STATUS_SUCCESS && good;
        for (int i = 0; i < made; i++) {
            good = mlx_array_free(outs[i]) == MLX_STATUS_SUCCESS && good;
            outs[i] = mlx_array_new();
        }
    }
    mlx_array_free(threes);
    return mlx_array_free(three) == MLX_STATUS_SUCCESS && good;
}

static void results_until_memory_runs_out(void **state) {
    (void)state;
    with_little_memory(filled_with_results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_statuses),
        cmocka_unit_test(handles_until_memory_runs_out),
        cmocka_unit_test(text_of_a_large_view),
        cmocka_unit_test(results_beyond_the_limit),
        cmocka_unit_test(results_until_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
