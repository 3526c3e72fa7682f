/* fork and exit: both sides of a fork go on working, and work that is still queued does not keep a process. */
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child may find a lock of AddressSanitizer's own allocator held by a thread that it lacks, and hang. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#else
#define UNDER_ASAN false
#endif

enum { A_LEN = 40000, V_LEN = 1500, CHILD_SECONDS = 60 };

static float *a, *v, *want;
static mlx_array a_array, v_array;

static int open_inputs(void **state) {
    (void)state;
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

/* Convolves arrays that were there before the fork, on a stream of this process; nothing of cmocka's. */
static bool convolve_here(void) {
    mlx_stream stream = mlx_default_stream_new();
    mlx_array out = mlx_array_new();
    bool good = mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, stream, &out) == MLX_STATUS_SUCCESS;
    const float *values = good ? mlx_array_data_float32(out) : NULL;
    good = values != NULL && memcmp(values, want, A_LEN * sizeof *want) == 0;
    good = mlx_synchronize(stream) == MLX_STATUS_SUCCESS && good;
    return mlx_array_free(out) == MLX_STATUS_SUCCESS && mlx_stream_free(stream) == MLX_STATUS_SUCCESS && good;
}

/* A child that hangs is ended by its alarm, which the parent sees. */
static void assert_child_good(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void both_sides_go_on(void **state) {
    (void)state;
    assert_true(convolve_here());
    for (int turn = 0; turn < 3; turn++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(CHILD_SECONDS);
            _exit(!(convolve_here() && convolve_here()));
        }
        assert_true(convolve_here());
        assert_child_good(child);
    }
    assert_true(convolve_here());
}

static void *convolve_until_told(void *stop) {
    size_t failures = 0;
    while (!__atomic_load_n((bool *)stop, __ATOMIC_SEQ_CST)) {
        failures += !convolve_here();
    }
    return failures == 0 ? stop : NULL;
}

/* Other threads may be anywhere in the library when a fork happens. */
static void fork_while_another_thread_convolves(void **state) {
    (void)state;
    if (quick() || UNDER_ASAN) {
        skip(); /* what the other thread held counts as the child's leaks, or is ASan's own lock */
    }
    bool stop = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, convolve_until_told, &stop), 0);
    for (int turn = 0; turn < 20; turn++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(CHILD_SECONDS);
            _exit(!convolve_here());
        }
        assert_child_good(child);
    }
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    void *result;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
}

static void exit_with_work_queued(void **state) {
    (void)state;
    fflush(NULL); /* or the child prints it again */
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        mlx_stream stream = mlx_default_stream_new();
        mlx_array out = mlx_array_new();
        for (int i = 0; i < 4; i++) {
            mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, stream, &out);
        }
        mlx_array_free(out);
        mlx_stream_free(stream);
        if (quick()) {
            _exit(0); /* the parent's memory would count as the child's leaks */
        }
        exit(0);
    }
    assert_child_good(child);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_go_on),
        cmocka_unit_test(fork_while_another_thread_convolves),
        cmocka_unit_test(exit_with_work_queued),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
