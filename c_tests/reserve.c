/* Memory runs out while many objects are alive: many streams, many threads, a slow error handler. A refused call gives
 * back everything that it took before it returns. So the next call is refused in the same way, and nothing ends the
 * process. */
#include "support.h"

#include <pthread.h>
#include <sys/resource.h>

#include "failing_allocations/allocations.h"
#include "silent_child.h"

enum { STREAMS = 10000, THREADS = 500, SECONDS = 120, LIMIT = 1 << 20, FEW = 2000 };

static mlx_device cpu;
static mlx_array sound, filter, two_d;

static int open_inputs(void **state) {
    (void)state;
    enum { A = 400000, V = 4000 }; /* long enough for a stream's thread */
    float *a = take(A * sizeof *a), *v = take(V * sizeof *v);
    fill_random(&all_dtypes[MLX_FLOAT32], a, A, 1);
    fill_random(&all_dtypes[MLX_FLOAT32], v, V, 2);
    sound = array_of(&all_dtypes[MLX_FLOAT32], a, A);
    filter = array_of(&all_dtypes[MLX_FLOAT32], v, V);
    two_d = mlx_array_new_data(a, (const int[]){1, 1}, 2, MLX_FLOAT32);
    cpu = mlx_device_new_type(MLX_CPU, 0);
    free(a);
    free(v);
    return cpu.ctx == NULL || two_d.ctx == NULL;
}

static int close_inputs(void **state) {
    (void)state;
    return mlx_array_free(sound) || mlx_array_free(filter) || mlx_array_free(two_d) || mlx_device_free(cpu);
}

/* How memory runs out: malloc returns NULL, or the system gives no more and the program has used up the rest. */
static bool by_limit;
static struct rlimit limit_before;

static void run_out(void) {
    if (by_limit) {
        getrlimit(RLIMIT_AS, &limit_before);
        struct rlimit limit = {LIMIT, limit_before.rlim_max};
        setrlimit(RLIMIT_AS, &limit);
        for (size_t bytes = 1 << 20; bytes >= 16; bytes /= 2) {
            while (malloc(bytes) != NULL) {
            }
        }
    } else {
        begin_shortage((shortage){.first = 1, .and_all_later = true});
    }
}

static void be_there_again(void) {
    if (by_limit) {
        setrlimit(RLIMIT_AS, &limit_before);
    } else {
        end_shortage();
    }
}

/* `part` runs in a process of its own, once for each way of running out. */
static void in_a_child(bool (*part)(void)) {
    if (!allocations_can_fail() || UNDER_ASAN || quick()) {
        skip(); /* the sanitizer keeps its allocation functions; valgrind takes long for thousands of each */
    }
    for (int way = 0; way < 2; way++) {
        by_limit = way == 1;
        in_a_silent_child(SECONDS, part);
    }
}

static bool refused(mlx_status status) {
    return status == MLX_STATUS_OUT_OF_MEMORY && strstr(mlx_last_error(), "memory") != NULL;
}

/* By limit, the allocator may still have a little: in the arenas of some threads, and what threads free when they end. It
 * serves a few calls then, 100 of 50000 where the machine is busy. They keep what they took, so that the following ones are
 * refused. */
static bool served_though_limited(void) {
    static int served;
    return by_limit && __atomic_add_fetch(&served, 1, __ATOMIC_RELAXED) <= FEW;
}

/* Whether memory refused the call and left `out` empty. */
static bool refused_with_nothing(mlx_status status, mlx_array *out) {
    if (status == MLX_STATUS_SUCCESS) {
        *out = mlx_array_new();
        return served_though_limited();
    }
    return refused(status) && out->ctx == NULL;
}

static bool stream_refused(mlx_stream none) {
    return none.ctx == NULL ? strstr(mlx_last_error(), "memory") != NULL : served_though_limited();
}

/* A refused call on each of many streams that live on: convolution, view, the stream as a default. */
static bool refused_on_every_stream(void) {
    static mlx_stream streams[STREAMS];
    const int shape[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const int64_t strides[8] = {0};
    bool good = true;
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = mlx_stream_new_device(cpu);
        good = streams[i].ctx != NULL && good;
    }
    /* The pages of this result are kept, and serve the calls that follow: what these lack comes last. */
    mlx_array out = mlx_array_new();
    good = mlx_convolve(&sound, &filter, MLX_MODE_FULL, streams[0], &out) == MLX_STATUS_SUCCESS && good;
    good = mlx_synchronize(streams[0]) == MLX_STATUS_SUCCESS && mlx_array_free(out) == MLX_STATUS_SUCCESS && good;
    out = mlx_array_new();
    run_out();
    for (int i = 0; i < STREAMS; i++) {
        good = refused_with_nothing(mlx_convolve(&sound, &filter, MLX_MODE_FULL, streams[i], &out), &out) && good;
        good = refused_with_nothing(mlx_as_strided(&out, sound, shape, 8, strides, 8, 0, streams[i]), &out) && good;
        good = stream_refused(mlx_stream_new_device(cpu)) && good;
    }
    for (int i = 0; i < STREAMS; i++) {
        /* Of a call that was served, what the stream's thread does may be refused. */
        mlx_status status = mlx_synchronize(streams[i]);
        good = (status == MLX_STATUS_SUCCESS || (refused(status) && served_though_limited())) && good;
    }
    be_there_again();
    for (int i = 0; i < STREAMS; i += STREAMS / 10) {
        good = mlx_convolve(&sound, &filter, MLX_MODE_SAME, streams[i], &out) == MLX_STATUS_SUCCESS && good;
        good = mlx_synchronize(streams[i]) == MLX_STATUS_SUCCESS && good;
    }
    return good;
}

static void many_streams(void **state) {
    (void)state;
    in_a_child(refused_on_every_stream);
}

/* What all threads wait for, one after another. */
static pthread_barrier_t all_are_there, memory_is_out, all_have_asked;

static bool on_many_threads(void *(*work)(void *)) {
    static pthread_t threads[THREADS];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_barrier_init(&all_are_there, NULL, THREADS + 1);
    pthread_barrier_init(&memory_is_out, NULL, THREADS + 1);
    pthread_barrier_init(&all_have_asked, NULL, THREADS);
    bool good = true;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], &small, work, NULL) != 0) {
            return false;
        }
    }
    pthread_barrier_wait(&all_are_there);
    mlx_clear_cache();
    run_out();
    pthread_barrier_wait(&memory_is_out);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        good = pthread_join(threads[i], &result) == 0 && result != NULL && good;
    }
    be_there_again();
    return good;
}

/* Every thread asks for its default stream, in vain, and is there until all have. */
static void *ask_for_default(void *unused) {
    (void)unused;
    pthread_barrier_wait(&all_are_there);
    pthread_barrier_wait(&memory_is_out);
    bool good = stream_refused(mlx_default_cpu_stream_new());
    pthread_barrier_wait(&all_have_asked);
    return good ? &cpu : NULL;
}

static bool defaults_refused(void) { return on_many_threads(ask_for_default); }

static void many_default_streams(void **state) {
    (void)state;
    in_a_child(defaults_refused);
}

/* Every thread makes a stream, in vain: each such call needs two pieces of what is left at the same time. */
static void *make_a_stream(void *unused) {
    (void)unused;
    pthread_barrier_wait(&all_are_there);
    pthread_barrier_wait(&memory_is_out);
    bool good = true;
    for (int turn = 0; turn < 100; turn++) {
        good = stream_refused(mlx_stream_new_device(cpu)) && good;
    }
    return good ? &cpu : NULL;
}

static bool new_streams_refused(void) { return on_many_threads(make_a_stream); }

static void many_threads_that_need_several_parts(void **state) {
    (void)state;
    in_a_child(new_streams_refused);
}

/* Every thread fails, and all are in the handler at the same time. */
static int inside;
static void wait_for_all(const char *message, void *unused) {
    (void)message, (void)unused;
    __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&all_have_asked);
}

static mlx_stream stream;
static void *call_wrongly(void *unused) {
    (void)unused;
    pthread_barrier_wait(&all_are_there);
    pthread_barrier_wait(&memory_is_out);
    mlx_array out = mlx_array_new();
    mlx_status status = mlx_convolve(&two_d, &two_d, MLX_MODE_FULL, stream, &out);
    bool good = status == MLX_STATUS_INVALID_ARGUMENT && strstr(mlx_last_error(), "1-D") != NULL;
    return good ? &cpu : NULL;
}

static bool failures_at_once(void) {
    stream = new_stream();
    mlx_set_error_handler(wait_for_all, NULL, NULL);
    return on_many_threads(call_wrongly) && inside == THREADS;
}

static void many_threads_in_the_handler(void **state) {
    (void)state;
    in_a_child(failures_at_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_streams),
        cmocka_unit_test(many_default_streams),
        cmocka_unit_test(many_threads_that_need_several_parts),
        cmocka_unit_test(many_threads_in_the_handler),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
