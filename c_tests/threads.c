/* Several threads convolve at the same time and share arrays. The results have the same bits as with one thread. */
#include "support.h"

#include <pthread.h>

enum { THREADS = 6 };

typedef struct {
    const dtype_info *dtype;
    size_t a_len, v_len, out_bytes;
    char *a, *v, *want;
    mlx_array a_array, v_array; /* shared by all threads, read only */
} problem;

/* One short and one long problem for dtypes of every method. */
static const struct {
    mlx_dtype dtype;
    size_t a_len, v_len;
} sizes[] = {
    {MLX_FLOAT32, 200, 20},    {MLX_FLOAT32, 20000, 900}, {MLX_FLOAT64, 9000, 2000}, {MLX_COMPLEX64, 9000, 700},
    {MLX_INT16, 20000, 900},   {MLX_INT64, 6000, 800},    {MLX_BFLOAT16, 5000, 600}, {MLX_BOOL, 5000, 600},
};
enum { PROBLEMS = sizeof sizes / sizeof *sizes };
static problem problems[PROBLEMS];

static int open_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        const dtype_info *dtype = &all_dtypes[sizes[i].dtype];
        problem *p = &problems[i];
        *p = (problem){.dtype = dtype, .a_len = sizes[i].a_len, .v_len = sizes[i].v_len};
        p->a_len /= quick() ? 8 : 1;
        p->v_len /= quick() ? 4 : 1;
        p->a = take(p->a_len * dtype->size);
        p->v = take(p->v_len * dtype->size);
        fill_random(dtype, p->a, p->a_len, i);
        fill_random(dtype, p->v, p->v_len, ~i);
        p->want = through_into(dtype, p->a, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        p->out_bytes = mlx_convolve_length(p->a_len, p->v_len, MLX_MODE_SAME) * dtype->size;
        p->a_array = array_of(dtype, p->a, p->a_len);
        p->v_array = array_of(dtype, p->v, p->v_len);
    }
    return 0;
}

static int close_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        assert_ok(mlx_array_free(problems[i].a_array));
        assert_ok(mlx_array_free(problems[i].v_array));
        free(problems[i].a);
        free(problems[i].v);
        free(problems[i].want);
    }
    return 0;
}

/* cmocka's asserts must not be used outside the main thread: what fails is counted. */
typedef struct {
    size_t first; /* problem that this thread starts with */
    size_t failures;
    mlx_array shared_out; /* computed by another thread, not waited for */
} worker;

static size_t differs(const problem *p, const void *out) {
    return out == NULL || memcmp(out, p->want, p->out_bytes) != 0;
}

static void *convolve_both_ways(void *argument) {
    worker *w = argument;
    for (size_t turn = 0; turn < 3 * PROBLEMS; turn++) {
        const problem *p = &problems[(w->first + turn) % PROBLEMS];
        char *plain = malloc(p->out_bytes);
        w->failures += mlx_convolve_into(p->a, p->a_len, p->v, p->v_len, p->dtype->dtype, MLX_MODE_SAME, plain,
                                         p->out_bytes / p->dtype->size) != MLX_STATUS_SUCCESS;
        w->failures += differs(p, plain);
        free(plain);
        mlx_stream stream = mlx_default_stream_new();
        mlx_array out = mlx_array_new();
        w->failures += mlx_convolve(&p->a_array, &p->v_array, MLX_MODE_SAME, stream, &out) != MLX_STATUS_SUCCESS;
        w->failures += differs(p, mlx_array_data_uint8(out));
        mlx_array_free(out);
        mlx_stream_free(stream);
        if (turn % 8 == w->first) {
            mlx_set_num_threads((int)(turn % 5));
        }
    }
    return NULL;
}

static void run_workers(void *(*work)(void *), worker *workers) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
}

static void same_bits_from_every_thread(void **state) {
    (void)state;
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.first = i};
    }
    run_workers(convolve_both_ways, workers);
    assert_ok(mlx_set_num_threads(0));
}

static void *read_and_free(void *argument) {
    worker *w = argument;
    w->failures += differs(&problems[w->first], mlx_array_data_uint8(w->shared_out));
    w->failures += mlx_array_free(w->shared_out) != MLX_STATUS_SUCCESS;
    return NULL;
}

/* A result passes to another thread before it is ready; each thread frees a handle of its own. */
static void results_pass_between_threads(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        const problem *p = &problems[i];
        mlx_stream stream = mlx_default_stream_new();
        mlx_array out = mlx_array_new();
        assert_ok(mlx_convolve(&p->a_array, &p->v_array, MLX_MODE_SAME, stream, &out));
        worker workers[THREADS];
        for (size_t t = 0; t < THREADS; t++) {
            workers[t] = (worker){.first = i, .shared_out = mlx_array_new()};
            assert_ok(mlx_array_set(&workers[t].shared_out, out));
        }
        assert_ok(mlx_array_free(out));
        run_workers(read_and_free, workers);
        assert_ok(mlx_stream_free(stream));
    }
}

/* The destructor runs once, whichever thread lets go last. */
static int destroyed;
static void count(void *data) {
    (void)data;
    __atomic_fetch_add(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void *let_go(void *argument) {
    worker *w = argument;
    w->failures += mlx_array_free(w->shared_out) != MLX_STATUS_SUCCESS;
    return NULL;
}

static void destructor_once_across_threads(void **state) {
    (void)state;
    static float buffer[100];
    const int shape[] = {100};
    for (int turn = 1; turn <= (quick() ? 5 : 100); turn++) {
        mlx_array array = mlx_array_new_data_managed(buffer, shape, 1, MLX_FLOAT32, count);
        worker workers[THREADS];
        for (size_t t = 0; t < THREADS; t++) {
            workers[t] = (worker){.shared_out = mlx_array_new()};
            assert_ok(mlx_array_set(&workers[t].shared_out, array));
        }
        assert_ok(mlx_array_free(array));
        run_workers(let_go, workers);
        assert_int_equal(destroyed, turn);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_from_every_thread),
        cmocka_unit_test(results_pass_between_threads),
        cmocka_unit_test(destructor_once_across_threads),
    };
    return cmocka_run_group_tests(tests, open_problems, close_problems);
}
