/* Threads and streams: many threads wait for one result or share one stream; threads have small stacks, have ended, or
 * are interrupted by signals. */
#include "support.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 64, STREAMS = 4 };

static size_t threads(void) { return quick() ? 8 : MOST_THREADS; }

typedef struct {
    const dtype_info *dtype;
    size_t a_len, v_len, out_bytes;
    char *a, *v, *want;
    mlx_array a_array, v_array; /* shared by all threads, read only */
} problem;

/* Every dtype both ways, if nothing is forced: a few multiply-adds an output, and many. Then one that takes
 * milliseconds, and several threads. */
enum { LARGE = 2 * DTYPES, PROBLEMS };
static problem problems[PROBLEMS];

static int open_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        problem *p = &problems[i];
        p->dtype = &all_dtypes[i == LARGE ? MLX_INT64 : i / 2];
        p->a_len = i == LARGE ? 120000 : i % 2 == 0 ? 150 : 12000;
        p->v_len = i == LARGE ? 2000 : i % 2 == 0 ? 15 : 3000;
        if (quick() && p->a_len > 1000) {
            p->a_len /= 5;
            p->v_len /= 3;
        }
        p->a = take(p->a_len * p->dtype->size);
        p->v = take(p->v_len * p->dtype->size);
        fill_random(p->dtype, p->a, p->a_len, i);
        fill_random(p->dtype, p->v, p->v_len, ~i);
        if (p->dtype->kind == KIND_FLOAT && i % 4 == 3) {
            store(p->dtype, p->a, p->a_len / 2, (double)INFINITY, 0); /* settled apart from the finite ones */
        }
        p->want = through_into(p->dtype, p->a, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        p->out_bytes = p->a_len * p->dtype->size;
        p->a_array = array_of(p->dtype, p->a, p->a_len);
        p->v_array = array_of(p->dtype, p->v, p->v_len);
        if (!method_forced("direct") && !method_forced("fft")) {
            assert_int_equal(method_for(p->dtype, p->a_len, p->v_len, MLX_MODE_SAME).direct,
                             i % 2 == 0 && i != LARGE);
        }
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

/* Whether `array` holds what `p` comes to. */
static bool holds(mlx_array array, const problem *p) {
    const void *values = mlx_array_data_uint8(array);
    return values != NULL && memcmp(values, p->want, p->out_bytes) == 0;
}

static bool convolve_on(mlx_stream stream, const problem *p, mlx_array *out) {
    return mlx_convolve(&p->a_array, &p->v_array, MLX_MODE_SAME, stream, out) == MLX_STATUS_SUCCESS;
}

static bool convolve_and_read(mlx_stream stream, const problem *p) {
    mlx_array out = mlx_array_new();
    bool good = convolve_on(stream, p, &out) && holds(out, p);
    return mlx_array_free(out) == MLX_STATUS_SUCCESS && good;
}

/* cmocka's asserts must not be used outside the main thread: what fails is counted. */
typedef struct {
    size_t index, failures;
    mlx_stream stream;
    mlx_array array, element;
} worker;

static void run_workers(void *(*work)(void *), worker *workers) {
    on_threads(threads(), work, workers, sizeof *workers);
    for (size_t i = 0; i < threads(); i++) {
        assert_int_equal(workers[i].failures, 0);
    }
}

/* ---- One result, many readers ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static const problem *shared_problem;
static int64_t element_want;

static void *read_one_way(void *argument) {
    worker *w = argument;
    pthread_mutex_lock(&gate); /* until all are there, and something to read */
    pthread_mutex_unlock(&gate);
    int64_t element = 0;
    const int64_t *product;
    mlx_string text = mlx_string_new();
    mlx_stream stream = mlx_default_stream_new();
    mlx_array out = mlx_array_new();
    switch (w->index % 5) {
    case 0: w->failures += mlx_array_eval(w->array) != MLX_STATUS_SUCCESS; break;
    case 1: w->failures += mlx_array_item_int64(&element, w->element) != 0 || element != element_want; break;
    case 2: w->failures += mlx_array_tostring(&text, w->array) != MLX_STATUS_SUCCESS; break;
    case 3: /* a convolution that waits for both, and is waited for */
        w->failures += mlx_convolve(&w->array, &w->element, MLX_MODE_FULL, stream, &out) != MLX_STATUS_SUCCESS;
        product = mlx_array_data_int64(out);
        w->failures += product == NULL || (uint64_t)*product != (uint64_t)element_want *
                                                                    (uint64_t)*mlx_array_data_int64(w->array);
        break;
    default: break;
    }
    w->failures += !holds(w->array, shared_problem);
    mlx_array_free(out);
    mlx_stream_free(stream);
    mlx_string_free(text);
    return NULL;
}

static void one_pending_array_many_readers(void **state) {
    (void)state;
    shared_problem = &problems[LARGE];
    const problem *p = shared_problem;
    int64_t *element = through_into(p->dtype, p->a, p->a_len, p->a, p->a_len, MLX_MODE_VALID);
    element_want = *element;
    free(element);
    for (int turn = 0; turn < (quick() ? 2 : 10); turn++) {
        mlx_stream stream = new_stream(), other = new_stream();
        mlx_array out = mlx_array_new(), one = mlx_array_new();
        worker workers[MOST_THREADS];
        pthread_t started[MOST_THREADS];
        assert_int_equal(pthread_mutex_lock(&gate), 0);
        for (size_t i = 0; i < threads(); i++) {
            assert_int_equal(pthread_create(&started[i], NULL, read_one_way, &workers[i]), 0);
        }
        assert_true(convolve_on(stream, p, &out));
        assert_ok(mlx_convolve(&p->a_array, &p->a_array, MLX_MODE_VALID, other, &one));
        for (size_t i = 0; i < threads(); i++) {
            workers[i] = (worker){.index = i, .array = out, .element = one};
        }
        assert_int_equal(pthread_mutex_unlock(&gate), 0);
        for (size_t i = 0; i < threads(); i++) {
            assert_int_equal(pthread_join(started[i], NULL), 0);
            assert_int_equal(workers[i].failures, 0);
        }
        assert_ok(mlx_array_free(out));
        assert_ok(mlx_array_free(one));
        assert_ok(mlx_stream_free(stream));
        assert_ok(mlx_stream_free(other));
    }
}

/* ---- Shared streams and inputs, streams of one's own ---- */

static mlx_stream shared_streams[STREAMS];

static void *use_what_is_shared(void *argument) {
    worker *w = argument;
    uint64_t random = w->index;
    mlx_array outs[4] = {{NULL}};
    const problem *of[4] = {NULL};
    for (int turn = 0; turn < (quick() ? 6 : 30); turn++) {
        size_t at = next_random(&random) % 4; /* up to four results are pending */
        w->failures += of[at] != NULL && !holds(outs[at], of[at]);
        of[at] = &problems[next_random(&random) % PROBLEMS];
        w->failures += !convolve_on(shared_streams[next_random(&random) % STREAMS], of[at], &outs[at]);
        if (turn % 8 == 0) {
            w->failures += mlx_synchronize(shared_streams[next_random(&random) % STREAMS]) != MLX_STATUS_SUCCESS;
        }
    }
    for (int at = 0; at < 4; at++) {
        w->failures += of[at] != NULL && !holds(outs[at], of[at]);
        w->failures += mlx_array_free(outs[at]) != MLX_STATUS_SUCCESS;
    }
    return NULL;
}

static void threads_share_streams_and_inputs(void **state) {
    (void)state;
    worker workers[MOST_THREADS];
    for (size_t i = 0; i < threads(); i++) {
        workers[i] = (worker){.index = i};
    }
    for (size_t s = 0; s < STREAMS; s++) {
        shared_streams[s] = new_stream();
    }
    run_workers(use_what_is_shared, workers);
    for (size_t s = 0; s < STREAMS; s++) {
        assert_ok(mlx_synchronize(shared_streams[s]));
        assert_ok(mlx_stream_free(shared_streams[s]));
    }
}

/* Leaves a result on the thread's default stream, which ends with the thread. */
static void *leave_a_result(void *argument) {
    worker *w = argument;
    w->stream = mlx_default_stream_new();
    mlx_stream again = mlx_default_stream_new();
    w->failures += !mlx_stream_equal(w->stream, again);
    mlx_stream_free(again);
    for (int turn = 0; turn < 3; turn++) {
        w->failures += !convolve_on(w->stream, &problems[(w->index + (size_t)turn) % PROBLEMS], &w->array);
    }
    if (w->index % 2 == 0) { /* the last handle goes before the thread, or on another one after it */
        mlx_stream_free(w->stream);
        w->stream = mlx_stream_new();
    }
    return NULL;
}

static void results_outlive_their_thread(void **state) {
    (void)state;
    worker workers[MOST_THREADS];
    for (size_t i = 0; i < threads(); i++) {
        workers[i] = (worker){.index = i, .stream = mlx_stream_new(), .array = mlx_array_new()};
    }
    run_workers(leave_a_result, workers);
    for (size_t i = 0; i < threads(); i++) {
        for (size_t j = 1; j < i; j += 2) {
            assert_false(i % 2 != 0 && mlx_stream_equal(workers[i].stream, workers[j].stream));
        }
        assert_true(holds(workers[i].array, &problems[(i + 2) % PROBLEMS]));
        assert_ok(mlx_array_free(workers[i].array));
        if (i % 2 != 0) {
            assert_true(convolve_and_read(workers[i].stream, &problems[i % PROBLEMS]));
            assert_ok(mlx_synchronize(workers[i].stream));
        }
    }
    for (size_t i = 0; i < threads(); i++) {
        assert_ok(mlx_stream_free(workers[i].stream));
    }
}

/* ---- Small stacks ---- */

static void *everything_on_a_small_stack(void *argument) {
    worker *w = argument;
    for (size_t i = 0; i < PROBLEMS; i++) {
        const problem *p = &problems[i];
        w->failures += !convolve_and_read(w->stream, p);
        mlx_stream mine = mlx_default_stream_new();
        w->failures += !convolve_and_read(mine, p);
        mlx_stream_free(mine);
        char *out = malloc(p->out_bytes);
        w->failures += mlx_convolve_into(p->a, p->a_len, p->v, p->v_len, p->dtype->dtype, MLX_MODE_SAME, out,
                                         p->a_len) != MLX_STATUS_SUCCESS;
        w->failures += memcmp(out, p->want, p->out_bytes) != 0;
        free(out);
        mlx_string text = mlx_string_new();
        w->failures += mlx_array_tostring(&text, p->a_array) != MLX_STATUS_SUCCESS;
        w->failures += mlx_convolve_explain(p->a_len, p->v_len, p->dtype->dtype, MLX_MODE_SAME, &text) != 0;
        w->failures += mlx_convolve(&p->a_array, NULL, 0, w->stream, &w->array) != MLX_STATUS_INVALID_ARGUMENT;
        mlx_string_free(text);
    }
    return NULL;
}

static void small_stacks(void **state) {
    (void)state;
    size_t size = UNDER_ASAN ? 256 << 10 : 64 << 10; /* ASan's frames are several times larger */
    if (size < (size_t)PTHREAD_STACK_MIN) {
        size = (size_t)PTHREAD_STACK_MIN;
    }
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
    worker workers[4];
    pthread_t started[4];
    mlx_stream stream = new_stream();
    for (size_t i = 0; i < 4; i++) {
        workers[i] = (worker){.index = i, .stream = stream, .array = mlx_array_new()};
        assert_int_equal(pthread_create(&started[i], &attributes, everything_on_a_small_stack, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(started[i], NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
    pthread_attr_destroy(&attributes);
    assert_ok(mlx_stream_free(stream));
}

/* ---- Signals ---- */

/* What the handler saw, and the one thread on which it may run. */
static struct {
    pthread_t application;
    int handled, elsewhere;
} seen;

static void on_signal(int number) {
    (void)number;
    __atomic_fetch_add(&seen.handled, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&seen.elsewhere, !pthread_equal(pthread_self(), seen.application), __ATOMIC_SEQ_CST);
    for (volatile int i = 0; i < 20000; i++) {
        /* a while, in which this thread takes no other such signal but any other thread would */
    }
}

static void handle(int number) {
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: system calls are interrupted */
    sigemptyset(&action.sa_mask);
    seen.handled = seen.elsewhere = 0;
    seen.application = pthread_self();
    assert_int_equal(sigaction(number, &action, NULL), 0);
}

/* From now on; one may still be under way. */
static void ignore(int number) { assert_true(signal(number, SIG_IGN) == on_signal); }

/* Several results pending, then waited for in each way. */
static bool work_and_wait(mlx_stream one, mlx_stream other, size_t round) {
    const problem *first = &problems[LARGE], *second = &problems[(2 * round + 1) % PROBLEMS];
    mlx_array x = mlx_array_new(), y = mlx_array_new();
    bool good = convolve_on(one, first, &x) && convolve_on(other, second, &y) && convolve_on(one, second, &y) &&
                mlx_array_eval(x) == MLX_STATUS_SUCCESS && mlx_synchronize(one) == MLX_STATUS_SUCCESS &&
                holds(y, second) && holds(x, first) && mlx_synchronize(other) == MLX_STATUS_SUCCESS;
    mlx_array_free(x);
    mlx_array_free(y);
    return good;
}

static void interrupted_waits_go_on(void **state) {
    (void)state;
    handle(SIGALRM);
    const int microseconds = quick() ? 20000 : 1000;
    const struct itimerval often = {{0, microseconds}, {0, microseconds}}, never = {{0, 0}, {0, 0}};
    mlx_stream one = new_stream(), other = new_stream();
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    bool good = true;
    for (size_t round = 0; round < (quick() ? 10 : 100) || seen.handled < 10; round++) {
        good = work_and_wait(one, other, round) && good;
    }
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    ignore(SIGALRM);
    assert_true(good);
    assert_ok(mlx_stream_free(one));
    assert_ok(mlx_stream_free(other));
}

static void *raise_until_told(void *stop) {
    const struct timespec pause = {0, 100 * 1000};
    while (!__atomic_load_n((bool *)stop, __ATOMIC_SEQ_CST)) {
        kill(getpid(), SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* Only the thread that calls the library lets the signal in, and all threads that the library starts are its children:
 * they must not inherit that. */
static void handlers_run_on_the_applications_threads(void **state) {
    (void)state;
    sigset_t signals, mask;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    handle(SIGUSR1);
    bool stop = false, good = true;
    pthread_t raiser;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &signals, &mask), 0);
    assert_int_equal(pthread_create(&raiser, NULL, raise_until_told, &stop), 0);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &signals, NULL), 0);
    mlx_stream one = new_stream(), other = new_stream();
    for (size_t round = 0; round < (quick() ? 10 : 100) || seen.handled < 10; round++) {
        good = work_and_wait(one, other, round) && good;
        /* Signals that come now find nobody but a thread of the library's, should one let them in. */
        assert_int_equal(pthread_sigmask(SIG_BLOCK, &signals, NULL), 0);
        good = work_and_wait(one, other, round) && good;
        assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &signals, NULL), 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(raiser, NULL), 0);
    ignore(SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
    assert_ok(mlx_stream_free(one));
    assert_ok(mlx_stream_free(other));
    assert_true(good);
    assert_int_equal(seen.elsewhere, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pending_array_many_readers),
        cmocka_unit_test(threads_share_streams_and_inputs),
        cmocka_unit_test(results_outlive_their_thread),
        cmocka_unit_test(small_stacks),
        cmocka_unit_test(interrupted_waits_go_on),
        cmocka_unit_test(handlers_run_on_the_applications_threads),
    };
    return cmocka_run_group_tests(tests, open_problems, close_problems);
}
