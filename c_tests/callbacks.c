/* Callbacks: the library calls the program's code, which may call the library again or reach a cancellation point. Also
 * threads that are asked to end (pthread_cancel) inside a call. */
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SECONDS = 60 };

static int sound_len, filter_len = 1000;
static float *sound_values, *filter_values;
static mlx_array sound, filter;

static int open_inputs(void **state) {
    (void)state;
    alarm(200); /* what hangs fails */
    sound_len = quick() ? 20000 : 300000;
    sound_values = take((size_t)sound_len * sizeof *sound_values);
    filter_values = take((size_t)filter_len * sizeof *filter_values);
    fill_random(&all_dtypes[MLX_FLOAT32], sound_values, (size_t)sound_len, 1);
    fill_random(&all_dtypes[MLX_FLOAT32], filter_values, (size_t)filter_len, 2);
    sound = array_of(&all_dtypes[MLX_FLOAT32], sound_values, (size_t)sound_len);
    filter = array_of(&all_dtypes[MLX_FLOAT32], filter_values, (size_t)filter_len);
    return 0;
}

static int close_inputs(void **state) {
    (void)state;
    free(sound_values);
    free(filter_values);
    return mlx_array_free(sound) || mlx_array_free(filter);
}

/* A filter on loan, and a result that reads it last. */
static mlx_array result_of_loan(mlx_stream stream, void (*dtor)(void *)) {
    mlx_array loan = mlx_array_new_data_managed(filter_values, &filter_len, 1, MLX_FLOAT32, dtor);
    mlx_array out = mlx_array_new();
    assert_ok(mlx_convolve(&sound, &loan, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_array_free(loan));
    return out;
}

/* In a child, on a stream that was there before: results are there once the stream says so. */
static mlx_stream forked_stream;
static bool stream_goes_on(void) {
    mlx_array out = mlx_array_new(), again = mlx_array_new();
    mlx_synchronize(forked_stream); /* what the parent had queued is lost */
    bool good = mlx_convolve(&sound, &filter, MLX_MODE_SAME, forked_stream, &out) == MLX_STATUS_SUCCESS;
    good = mlx_convolve(&out, &filter, MLX_MODE_SAME, forked_stream, &again) == MLX_STATUS_SUCCESS && good;
    good = mlx_synchronize(forked_stream) == MLX_STATUS_SUCCESS && good;
    good = mlx_array_eval(again) == MLX_STATUS_SUCCESS && good;
    return mlx_array_free(out) == MLX_STATUS_SUCCESS && mlx_array_free(again) == MLX_STATUS_SUCCESS && good;
}

static void *use_stream_and_leave(void *unused) {
    (void)unused;
    usleep(20000); /* until the thread that forked has come back to its stream */
    _exit(!(stream_goes_on() && stream_goes_on()));
}

static int child_status = -1, forks;
static void fork_and_wait(void *unused) {
    (void)unused;
    pid_t child = fork();
    if (child == 0) {
        /* This thread goes back into the library. Another one uses it. */
        alarm(CHILD_SECONDS);
        pthread_t thread;
        pthread_create(&thread, NULL, use_stream_and_leave, NULL);
        return;
    }
    waitpid(child, &child_status, 0);
    __atomic_add_fetch(&forks, 1, __ATOMIC_SEQ_CST);
}

static bool has_forked(const void *unused) {
    (void)unused;
    return __atomic_load_n(&forks, __ATOMIC_SEQ_CST) > 0;
}

static void fork_in_a_destructor(bool waited_for) {
    if (quick()) {
        skip(); /* what the parent's threads held counts as the child's leaks */
    }
    child_status = -1, forks = 0;
    forked_stream = new_stream();
    mlx_array out = result_of_loan(forked_stream, fork_and_wait);
    if (waited_for) {
        assert_ok(mlx_array_eval(out)); /* in the child, too */
    }
    assert_true(comes_true(has_forked, NULL, CHILD_SECONDS)); /* in the child it never does */
    assert_ok(mlx_array_eval(out));
    assert_int_equal(child_status, 0);
    assert_ok(mlx_synchronize(forked_stream));
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(forked_stream));
}

static void destructor_forks_on_the_streams_thread(void **state) {
    (void)state;
    fork_in_a_destructor(false);
}

/* Mostly on the thread that waits, which is first where the stream's has to start. */
static void destructor_forks_while_somebody_waits(void **state) {
    (void)state;
    for (int turn = 0; turn < 5; turn++) {
        fork_in_a_destructor(true);
    }
}

/* In the child, a default stream that is replaced drops work, whose destructor asks for the default stream. */
static void ask_for_default(void *unused) {
    (void)unused;
    mlx_stream mine = mlx_default_cpu_stream_new();
    child_status = mine.ctx == NULL;
    mlx_stream_free(mine);
}

static void destructor_asks_for_the_stream_that_goes(void **state) {
    (void)state;
    if (quick()) {
        skip(); /* as above */
    }
    mlx_stream mine = mlx_default_cpu_stream_new(), other = new_stream();
    mlx_array long_work = mlx_array_new();
    for (int i = 0; i < 8; i++) {
        assert_ok(mlx_convolve(&sound, &sound, MLX_MODE_SAME, mine, &long_work));
    }
    mlx_array out = result_of_loan(mine, ask_for_default);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        child_status = -1;
        _exit(!(mlx_set_default_stream(other) == MLX_STATUS_SUCCESS && child_status <= 0));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_array_free(long_work));
    assert_ok(mlx_synchronize(mine));
    assert_ok(mlx_stream_free(mine));
    assert_ok(mlx_stream_free(other));
}

/* ---- Where no thread can be started ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static bool can_refuse_threads(void) { return false; }
static bool no_threads;
#else
static bool can_refuse_threads(void) { return true; }
static bool no_threads;

/* The library's calls come here, too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return __atomic_load_n(&no_threads, __ATOMIC_SEQ_CST) ? EAGAIN : next(thread, attributes, body, argument);
}
#endif

static void refuse_threads(bool refuse) { __atomic_store_n(&no_threads, refuse, __ATOMIC_SEQ_CST); }

static void the_caller_computes(void **state) {
    (void)state;
    if (!can_refuse_threads()) {
        skip(); /* the sanitizer has its own pthread_create */
    }
    refuse_threads(true);
    mlx_stream stream = new_stream();
    mlx_array out = mlx_array_new();
    for (int i = 0; i < 3; i++) {
        assert_ok(mlx_convolve(&sound, &filter, MLX_MODE_SAME, stream, &out));
    }
    assert_ok(mlx_array_eval(out));
    assert_ok(mlx_synchronize(stream));
    refuse_threads(false);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
}

/* A destructor queues work that needs what its own stream makes next: it is done after the destructor's return. */
static mlx_stream no_threads_stream;
static mlx_array made_next, made_last;
static bool has_begun, has_to_wait;
static void queue_on_another_stream(void *status) {
    __atomic_store_n(&has_begun, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&has_to_wait, __ATOMIC_SEQ_CST)) {
        usleep(1000);
    }
    *(mlx_status *)status = mlx_convolve(&made_next, &filter, MLX_MODE_SAME, no_threads_stream, &made_last);
}

static bool destructor_has_begun(const void *unused) {
    (void)unused;
    return __atomic_load_n(&has_begun, __ATOMIC_SEQ_CST);
}

/* On the stream's thread, or mostly on the one that waits, which is first where the stream's has to start. */
static void queue_in_a_destructor(bool on_the_streams_thread) {
    if (!can_refuse_threads() || quick()) {
        skip(); /* as above; and work that is short is done at once, by the thread that the destructor waits for */
    }
    has_begun = has_to_wait = false;
    mlx_stream stream = new_stream();
    no_threads_stream = new_stream();
    made_next = mlx_array_new(), made_last = mlx_array_new();
    mlx_status status = MLX_STATUS_INTERNAL;
    mlx_array loan = mlx_array_new_data_managed_payload(filter_values, &filter_len, 1, MLX_FLOAT32, &status,
                                                        queue_on_another_stream);
    mlx_array out = mlx_array_new();
    assert_ok(mlx_convolve(&sound, &loan, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_convolve(&sound, &filter, MLX_MODE_SAME, stream, &made_next));
    assert_ok(mlx_array_free(loan)); /* which calls the destructor itself, should the work be done by now */
    __atomic_store_n(&has_to_wait, true, __ATOMIC_SEQ_CST);
    assert_true(!on_the_streams_thread || comes_true(destructor_has_begun, NULL, CHILD_SECONDS));
    refuse_threads(true);
    __atomic_store_n(&has_to_wait, false, __ATOMIC_SEQ_CST);
    assert_ok(mlx_array_eval(made_next));
    assert_ok(mlx_synchronize(stream));
    assert_ok(status);
    assert_ok(mlx_array_eval(made_last));
    refuse_threads(false);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_array_free(made_next));
    assert_ok(mlx_array_free(made_last));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_stream_free(no_threads_stream));
}

static void destructor_queues_behind_itself(void **state) {
    (void)state;
    queue_in_a_destructor(true);
    for (int turn = 0; turn < 5; turn++) {
        queue_in_a_destructor(false);
    }
}

/* ---- Threads that are asked to end ---- */

static void (*work_while_cancelled)(void);

/* Asked to end, it does what it is to do; what it ends at comes later. */
static void *work_and_end(void *unused) {
    (void)unused;
    pthread_cancel(pthread_self());
    work_while_cancelled();
    pthread_testcancel();
    return NULL;
}

/* Whether a thread that does `work` ends because it is asked to. */
static bool is_cancelled_after(void (*work)(void)) {
    pthread_t thread;
    void *result = NULL;
    work_while_cancelled = work;
    bool good = pthread_create(&thread, NULL, work_and_end, NULL) == 0;
    return pthread_join(thread, &result) == 0 && good && result == PTHREAD_CANCELED;
}

/* The first calls of a process, which find out about it. */
static void convolve_in_all_ways(void) {
    float *out = take((size_t)sound_len * sizeof *out);
    mlx_convolve_into(sound_values, (size_t)sound_len, filter_values, (size_t)filter_len, MLX_FLOAT32, MLX_MODE_SAME,
                      out, (size_t)sound_len);
    mlx_array result = mlx_array_new();
    mlx_stream stream = mlx_default_stream_new();
    mlx_convolve(&sound, &filter, MLX_MODE_SAME, stream, &result);
    mlx_array_eval(result);
    mlx_synchronize(stream);
    mlx_array_free(result);
    mlx_stream_free(stream);
    free(out);
}

static void a_cancelled_thread_ends_after_its_calls(void **state) {
    (void)state;
    fflush(NULL);
    pid_t child = fork(); /* where nothing has been called yet, if this is the first test */
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(!is_cancelled_after(convolve_in_all_ways));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int slept;
static void sleep_a_while(void *unused) {
    (void)unused;
    usleep(1000); /* where a thread that is asked to end does so */
    __atomic_add_fetch(&slept, 1, __ATOMIC_SEQ_CST);
}

static mlx_stream shared_stream;
static void convolve_and_wait(void) {
    mlx_array loan = mlx_array_new_data_managed(filter_values, &filter_len, 1, MLX_FLOAT32, sleep_a_while);
    mlx_array out = mlx_array_new();
    mlx_convolve(&sound, &loan, MLX_MODE_SAME, shared_stream, &out);
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* should the work be done: the destructor ends nobody */
    mlx_array_free(loan);
    pthread_setcancelstate(state, &state);
    mlx_array_eval(out);
    mlx_synchronize(shared_stream);
    mlx_array_free(out);
}

/* The work that it does while it waits, and the destructors in it, come to their end, and the stream goes on. */
static void a_cancelled_thread_ends_after_work_that_it_waits_for(void **state) {
    (void)state;
    const int turns = quick() ? 2 : 5;
    slept = 0;
    for (int turn = 0; turn < turns; turn++) {
        shared_stream = new_stream();
        assert_true(is_cancelled_after(convolve_and_wait));
        mlx_array out = mlx_array_new();
        assert_ok(mlx_convolve(&sound, &filter, MLX_MODE_SAME, shared_stream, &out));
        assert_ok(mlx_synchronize(shared_stream));
        assert_ok(mlx_array_free(out));
        assert_ok(mlx_stream_free(shared_stream));
    }
    assert_int_equal(slept, turns);
}

/* A destructor and an error handler that come to a point where a thread that is asked to end does so. */
static int written, handled, handlers_freed, pipe_ends[2];
static void write_a_byte(void *unused) {
    (void)unused;
    written += write(pipe_ends[1], "", 1) == 1;
    pthread_testcancel();
    written++;
}

static void handle(const char *message, void *unused) {
    (void)unused;
    handled += message[0] != 0;
    pthread_testcancel();
    handled++;
}

static void free_handler(void *unused) {
    (void)unused;
    pthread_testcancel();
    handlers_freed++;
}

static void free_loans(void) {
    static float values[4];
    const int len = 4;
    mlx_array loan = mlx_array_new_data_managed(values, &len, 1, MLX_FLOAT32, write_a_byte);
    mlx_array_free(loan);
    loan = mlx_array_new_data_managed(values, &len, 1, MLX_FLOAT32, write_a_byte);
    mlx_array_set_data(&loan, values, &len, 1, MLX_FLOAT32);
    mlx_array_free(loan);
}

static void fail_and_replace_the_handler(void) {
    mlx_array_eval(mlx_array_new());
    mlx_set_error_handler(handle, NULL, free_handler);
    mlx_set_error_handler(NULL, NULL, free_handler);
}

/* They come to their ends, as do the calls; the thread ends afterwards. */
static void callbacks_of_a_cancelled_thread_come_to_their_end(void **state) {
    (void)state;
    written = handled = handlers_freed = 0;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(is_cancelled_after(free_loans));
    assert_int_equal(written, 4);
    mlx_set_error_handler(handle, NULL, free_handler);
    assert_true(is_cancelled_after(fail_and_replace_the_handler));
    assert_int_equal(handled, 2);
    assert_int_equal(handlers_freed, 3);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_thread_ends_after_its_calls),
        cmocka_unit_test(a_cancelled_thread_ends_after_work_that_it_waits_for),
        cmocka_unit_test(callbacks_of_a_cancelled_thread_come_to_their_end),
        cmocka_unit_test(destructor_forks_on_the_streams_thread),
        cmocka_unit_test(destructor_forks_while_somebody_waits),
        cmocka_unit_test(destructor_asks_for_the_stream_that_goes),
        cmocka_unit_test(the_caller_computes),
        cmocka_unit_test(destructor_queues_behind_itself),
    };
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
