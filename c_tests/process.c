/* fork and exit: the library works in both processes after a fork, and queued work does not delay the exit. */
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { A_LEN = 40000, V_LEN = 1500, CHILD_SECONDS = 60, STREAMS = 4, QUEUED = 8 };

static float *a, *v, *want, *want_twice; /* a convolved with v, and once more with v */
static mlx_array a_array, v_array;

static int open_inputs(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_FLOAT32];
    a = take(A_LEN * sizeof *a);
    v = take(V_LEN * sizeof *v);
    fill_random(dtype, a, A_LEN, 1);
    fill_random(dtype, v, V_LEN, 2);
    want = through_into(dtype, a, A_LEN, v, V_LEN, MLX_MODE_SAME);
    want_twice = through_into(dtype, want, A_LEN, v, V_LEN, MLX_MODE_SAME);
    a_array = array_of(dtype, a, A_LEN);
    v_array = array_of(dtype, v, V_LEN);
    return 0;
}

static int close_inputs(void **state) {
    (void)state;
    free(a);
    free(v);
    free(want);
    free(want_twice);
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
        skip(); /* what the other thread held counts as the child's leaks, or is a lock of ASan's own allocator */
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

/* ---- Work queued on several streams ---- */

static mlx_stream streams[STREAMS];
static mlx_array queued[STREAMS][QUEUED];

/* On each stream one result after the other, the last of them made of a result of the stream before. */
static bool queue_work(void) {
    bool good = true;
    for (int s = 0; s < STREAMS; s++) {
        streams[s] = new_stream();
        for (int q = 0; q < QUEUED; q++) {
            bool last = q == QUEUED - 1 && s > 0;
            queued[s][q] = mlx_array_new();
            good = mlx_convolve(last ? &queued[s - 1][0] : &a_array, &v_array, MLX_MODE_SAME, streams[s],
                                &queued[s][q]) == MLX_STATUS_SUCCESS && good;
        }
    }
    return good;
}

static bool is_right(mlx_array out, int s, int q) {
    const float *values = mlx_array_data_float32(out);
    return values != NULL && memcmp(values, q == QUEUED - 1 && s > 0 ? want_twice : want, A_LEN * sizeof *want) == 0;
}

static bool free_work(void) {
    bool good = true;
    for (int s = 0; s < STREAMS; s++) {
        for (int q = 0; q < QUEUED; q++) {
            good = mlx_array_free(queued[s][q]) == MLX_STATUS_SUCCESS && good;
        }
        good = mlx_stream_free(streams[s]) == MLX_STATUS_SUCCESS && good;
    }
    return good;
}

static bool lost(mlx_status status, const char *words) {
    return status == MLX_STATUS_DEVICE_LOST && strstr(mlx_last_error(), words) != NULL;
}

/* What was ready before the fork is; what was pending is lost, and so is what reads it. */
static bool ready_or_lost(mlx_array array, int s, int q) {
    if (mlx_array_eval(array) == MLX_STATUS_SUCCESS) {
        return is_right(array, s, q);
    }
    mlx_array out = mlx_array_new();
    mlx_string text = mlx_string_new();
    mlx_stream stream = mlx_default_stream_new();
    bool good = lost(mlx_array_eval(array), "") && mlx_array_data_float32(array) == NULL;
    good = lost(mlx_convolve(&array, &v_array, MLX_MODE_SAME, stream, &out), "a:") && good;
    good = lost(mlx_convolve(&v_array, &array, MLX_MODE_SAME, stream, &out), "v:") && good;
    good = lost(mlx_array_tostring(&text, array), "") && out.ctx == NULL && text.ctx == NULL && good;
    return mlx_stream_free(stream) == MLX_STATUS_SUCCESS && good;
}

/* A stream of the parent's tells of its loss once, if at all, and works on. */
static bool stream_goes_on(mlx_stream stream) {
    mlx_array out = mlx_array_new();
    mlx_status first = mlx_synchronize(stream);
    bool good = first == MLX_STATUS_SUCCESS || lost(first, "");
    good = mlx_synchronize(stream) == MLX_STATUS_SUCCESS && good;
    good = mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, stream, &out) == MLX_STATUS_SUCCESS && good;
    good = is_right(out, 0, 0) && mlx_synchronize(stream) == MLX_STATUS_SUCCESS && good;
    return mlx_array_free(out) == MLX_STATUS_SUCCESS && good;
}

static bool child_goes_on(void) {
    bool good = true;
    for (int s = 0; s < STREAMS; s++) {
        for (int q = 0; q < QUEUED; q++) {
            good = ready_or_lost(queued[s][q], s, q) && good;
        }
        good = stream_goes_on(streams[s]) && good;
    }
    good = convolve_here() && free_work() && good;
    return queue_work() && stream_goes_on(streams[0]) && free_work() && good;
}

static void fork_with_work_queued(void **state) {
    (void)state;
    if (quick() || UNDER_ASAN) {
        skip(); /* as above: the workers are such threads */
    }
    for (int turn = 0; turn < 10; turn++) {
        assert_true(queue_work());
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(CHILD_SECONDS);
            _exit(!child_goes_on());
        }
        /* The parent goes on at once, beside its child. */
        for (int s = 0; s < STREAMS; s++) {
            for (int q = 0; q < QUEUED; q++) {
                assert_true(is_right(queued[s][q], s, q));
            }
            assert_ok(mlx_synchronize(streams[s]));
            assert_true(stream_goes_on(streams[s]));
        }
        assert_true(free_work());
        assert_child_good(child);
    }
}

/* ---- Forks by one thread beside others ---- */

static bool stop;

static void *use_handles_and_streams(void *failures) {
    mlx_stream mine = new_stream();
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        mlx_array x = mlx_array_new(), y = mlx_array_new();
        bool good = mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, mine, &x) == MLX_STATUS_SUCCESS;
        good = mlx_convolve(&x, &v_array, MLX_MODE_SAME, streams[0], &y) == MLX_STATUS_SUCCESS && good;
        good = is_right(x, 0, 0) && is_right(y, 1, QUEUED - 1) && good;
        mlx_array_free(x);
        mlx_array_free(y);
        *(size_t *)failures += !good;
    }
    mlx_stream_free(mine);
    return NULL;
}

/* A failing call takes the handler's lock, and so does whoever sets it. */
static void no_handling(const char *message, void *data) { (void)message, (void)data; }

static void *fail_and_set_handlers(void *failures) {
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        mlx_set_error_handler(no_handling, NULL, NULL);
        *(size_t *)failures += mlx_array_eval(mlx_array_new()) != MLX_STATUS_INVALID_ARGUMENT;
    }
    return NULL;
}

static bool convolve_and_fail(void) {
    bool good = mlx_array_eval(mlx_array_new()) == MLX_STATUS_INVALID_ARGUMENT && stream_goes_on(streams[0]);
    mlx_set_error_handler(NULL, NULL, NULL);
    return mlx_array_eval(mlx_array_new()) == MLX_STATUS_INVALID_ARGUMENT && convolve_here() && good;
}

/* Until a child is not well. */
static void *fork_many_times(void *bad_children) {
    for (int turn = 0; turn < 40 && *(size_t *)bad_children == 0; turn++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(!convolve_and_fail());
        }
        waitpid(child, &status, 0);
        *(size_t *)bad_children += status != 0;
    }
    return NULL;
}

static void fork_from_a_thread_beside(void *(*work)(void *)) {
    enum { WORKERS = 4 };
    if (quick() || UNDER_ASAN) {
        skip(); /* as above */
    }
    pthread_t workers[WORKERS], forking;
    size_t failures[WORKERS] = {0}, bad_children = 0;
    stop = false;
    streams[0] = new_stream();
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_create(&workers[i], NULL, work, &failures[i]), 0);
    }
    assert_int_equal(pthread_create(&forking, NULL, fork_many_times, &bad_children), 0);
    assert_int_equal(pthread_join(forking, NULL), 0);
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(workers[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
    mlx_set_error_handler(NULL, NULL, NULL);
    assert_ok(mlx_stream_free(streams[0]));
    assert_int_equal(bad_children, 0);
}

static void fork_from_a_thread_while_others_convolve(void **state) {
    (void)state;
    fork_from_a_thread_beside(use_handles_and_streams);
}

static void fork_while_others_fail_and_set_the_handler(void **state) {
    (void)state;
    fork_from_a_thread_beside(fail_and_set_handlers);
}

/* ---- exit ---- */

/* Where an exiting child says that its handlers ran, and found the library working; -1 in any other process. */
static int exit_report = -1;

static void convolve_at_exit(void) {
    if (exit_report >= 0) {
        bool good = convolve_here() && stream_goes_on(streams[0]);
        if (write(exit_report, good ? "+" : "-", 1) != 1) {
            abort();
        }
    }
}

static void *exit_now(void *unused) {
    (void)unused;
    exit(0);
}

/* The last handler of all runs what was registered first, before the library was used: see main. */
static void exit_beside(bool other_threads, bool from_a_thread) {
    if (quick()) {
        skip(); /* the parent's memory would count as the child's leaks */
    }
    int report[2];
    assert_int_equal(pipe(report), 0);
    fflush(NULL); /* or the child prints it again */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static size_t failures[2];
        pthread_t thread;
        alarm(CHILD_SECONDS);
        exit_report = report[1];
        atexit(convolve_at_exit);
        if (!queue_work()) {
            _exit(1);
        }
        stop = false;
        for (int i = 0; other_threads && i < 2; i++) {
            pthread_create(&thread, NULL, use_handles_and_streams, &failures[i]);
        }
        if (from_a_thread) {
            pthread_create(&thread, NULL, exit_now, NULL);
            pthread_join(thread, NULL);
        }
        exit(0);
    }
    close(report[1]);
    char text[3] = "";
    assert_int_equal(read(report[0], text, 1), 1);
    assert_int_equal(read(report[0], text + 1, 1), 1);
    close(report[0]);
    assert_string_equal(text, "++");
    assert_child_good(child);
}

static void exit_with_work_queued(void **state) {
    (void)state;
    exit_beside(false, false);
}

static void exit_with_work_queued_beside_threads(void **state) {
    (void)state;
    exit_beside(true, false);
}

static void exit_from_a_thread(void **state) {
    (void)state;
    exit_beside(true, true);
}

static void end_at_once_with_work_queued(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(!(queue_work() && free_work()));
    }
    assert_child_good(child);
}

int main(void) {
    atexit(convolve_at_exit);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_go_on),
        cmocka_unit_test(fork_while_another_thread_convolves),
        cmocka_unit_test(fork_with_work_queued),
        cmocka_unit_test(fork_from_a_thread_while_others_convolve),
        cmocka_unit_test(fork_while_others_fail_and_set_the_handler),
        cmocka_unit_test(exit_with_work_queued),
        cmocka_unit_test(exit_with_work_queued_beside_threads),
        cmocka_unit_test(exit_from_a_thread),
        cmocka_unit_test(end_at_once_with_work_queued),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
