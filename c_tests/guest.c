/* Unusual processes around the library: large thread-local variables, no keys left for thread-specific values, signal
 * handlers that start processes. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { A_LEN = 1 << 21, V_LEN = 3000, STACK_NEEDED = 1 << 19 }; /* long enough for a stream's thread */

/* glibc places it on the stack of each thread. */
static __thread volatile char large[4 << 20];

static float *a, *v, *want;
static mlx_array a_array, v_array;

static int open_inputs(void **state) {
    (void)state;
    alarm(200); /* what hangs fails */
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    a = take(A_LEN * sizeof *a);
    v = take(V_LEN * sizeof *v);
    fill_random(dtype, a, A_LEN, 1);
    fill_random(dtype, v, V_LEN, 2);
    want = through_into(dtype, a, A_LEN, v, V_LEN, MLX_MODE_SAME);
    a_array = array_of(dtype, a, A_LEN);
    v_array = array_of(dtype, v, V_LEN);
    return 0;
}

static int close_inputs(void **state) {
    (void)state;
    free(a);
    free(v);
    free(want);
    return mlx_array_free(a_array) || mlx_array_free(v_array);
}

/* A destructor that takes half of the stack that it may rely on. */
static pthread_t destructor_thread;
static int destroyed;
static void use_stack(void *unused) {
    (void)unused;
    volatile char stack[STACK_NEEDED];
    for (size_t i = 0; i < sizeof stack; i += 1024) {
        stack[i] = (char)i;
    }
    large[sizeof large - 1] = stack[1024];
    destructor_thread = pthread_self();
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static bool is_destroyed(const void *unused) {
    (void)unused;
    return __atomic_load_n(&destroyed, __ATOMIC_SEQ_CST) > 0;
}

static void threads_beside_large_variables(void **state) {
    (void)state;
    const int len = A_LEN;
    mlx_stream stream = new_stream();
    mlx_array out = mlx_array_new();
    large[0] = 1;
    /* Nobody waits, so the stream's thread has the loan last, unless it is done before this one is. */
    bool elsewhere = false;
    for (int attempt = 0; attempt < 50 && !elsewhere; attempt++) {
        destroyed = 0;
        mlx_array loan = mlx_array_new_data_managed(a, &len, 1, MLX_FLOAT32, use_stack);
        for (int turn = 0; turn < 3; turn++) {
            assert_ok(mlx_convolve(&loan, &v_array, MLX_MODE_SAME, stream, &out));
        }
        assert_ok(mlx_array_free(loan));
        assert_true(comes_true(is_destroyed, NULL, 60));
        elsewhere = !pthread_equal(destructor_thread, pthread_self());
    }
    assert_true(elsewhere);
    assert_memory_equal(mlx_array_data_float32(out), want, A_LEN * sizeof *want);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
}

/* In a child, where no thread has a default stream yet. Returns what the child returns. */
static int in_a_child(int (*part)(void)) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        _exit(part());
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int take_all_keys(void) {
    pthread_key_t key, last = 0;
    int taken = 0;
    for (; pthread_key_create(&key, NULL) == 0; taken++) {
        last = key;
    }
    mlx_stream mine = mlx_default_cpu_stream_new(), other = new_stream();
    bool good = mine.ctx == NULL && strstr(mlx_last_error(), "pthread_key_create") != NULL;
    good = mlx_set_default_stream(other) == MLX_STATUS_OUT_OF_MEMORY && good;
    good = strstr(mlx_last_error(), "pthread_key_create") != NULL && good;
    /* What needs no default goes on. */
    mlx_array out = mlx_array_new();
    good = mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, other, &out) == MLX_STATUS_SUCCESS && good;
    const float *values = mlx_array_data_float32(out);
    good = values != NULL && memcmp(values, want, A_LEN * sizeof *want) == 0 && good;
    /* And with a key there is one. None of the program's was touched. */
    good = pthread_key_create(&key, NULL) == EAGAIN && good;
    pthread_key_delete(last);
    mine = mlx_default_cpu_stream_new();
    good = taken > 100 && mine.ctx != NULL && good;
    good = mlx_array_free(out) == 0 && mlx_stream_free(other) == 0 && mlx_stream_free(mine) == 0 && good;
    return !good;
}

static void no_key_is_left(void **state) {
    (void)state;
    if (quick()) {
        skip(); /* what the parent's threads held counts as the child's leaks */
    }
    assert_int_equal(in_a_child(take_all_keys), 0);
}

/* ---- Signal handlers ---- */

static volatile sig_atomic_t forked, failed;
static bool by_spawn;
static void start_a_process(int signal_number) {
    (void)signal_number;
    const int before = errno;
    pid_t child = -1;
    if (by_spawn) {
        char *const arguments[] = {"true", NULL}, *const none[] = {NULL};
        failed |= posix_spawn(&child, "/bin/true", NULL, NULL, arguments, none) != 0;
    } else {
        child = _Fork(); /* runs no fork handlers */
        if (child == 0) {
            _exit(0);
        }
    }
    int status = -1;
    failed |= child < 0 || waitpid(child, &status, 0) != child || status != 0;
    forked++;
    errno = before;
}

/* The signal comes anywhere in the library, also where this thread holds one of its locks. */
static void a_signal_handler_starts_processes(void **state) {
    (void)state;
    if (quick()) {
        skip(); /* valgrind does not know _Fork */
    }
    for (int way = 0; way < 2; way++) {
        by_spawn = way == 1;
        forked = failed = 0;
        struct sigaction action = {.sa_handler = start_a_process, .sa_flags = SA_RESTART}, before;
        assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
        struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
        assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
        size_t bytes = 0;
        for (time_t begin = time(NULL); time(NULL) - begin < 2;) {
            for (int i = 0; i < 1000; i++) {
                mlx_get_cache_memory(&bytes);
            }
        }
        assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
        assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
        assert_true(forked > 10 && !failed);
    }
    alarm(200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_beside_large_variables),
        cmocka_unit_test(no_key_is_left),
        cmocka_unit_test(a_signal_handler_starts_processes),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
