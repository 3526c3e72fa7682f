/* A program with its own allocator, which has one lock and fork handlers. The handlers are registered after the
 * library's, so a fork takes the allocator's lock first. If the library needed memory while it held one of its own
 * locks, the fork would wait for ever. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, STREAMS = 8, A_LEN = 60000, V_LEN = 2000, CHILD_SECONDS = 60 };

#if !defined(ALLOCATOR) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ALLOCATOR "the test's own"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static pthread_mutex_t allocator = PTHREAD_MUTEX_INITIALIZER;

/* While it holds the lock, threads of the library come to their next allocation. */
static void before_fork(void) {
    pthread_mutex_lock(&allocator);
    usleep(300);
}
static void after_fork(void) { pthread_mutex_unlock(&allocator); }
__attribute__((constructor)) static void register_handlers(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}

#define LOCKED(type, call)             \
    pthread_mutex_lock(&allocator);    \
    type made = (call);                \
    pthread_mutex_unlock(&allocator);  \
    return made;
void *malloc(size_t bytes) { LOCKED(void *, __libc_malloc(bytes)) }
void *calloc(size_t count, size_t bytes) { LOCKED(void *, __libc_calloc(count, bytes)) }
void *realloc(void *block, size_t bytes) { LOCKED(void *, __libc_realloc(block, bytes)) }
void *memalign(size_t alignment, size_t bytes) { LOCKED(void *, __libc_memalign(alignment, bytes)) }
void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void **block, size_t alignment, size_t bytes) {
    *block = memalign(alignment, bytes);
    return *block == NULL ? ENOMEM : 0;
}
void free(void *block) {
    pthread_mutex_lock(&allocator);
    __libc_free(block);
    pthread_mutex_unlock(&allocator);
}
#endif

static mlx_array sound, filter;
static mlx_device cpu;

#if defined(ALLOCATOR)
static bool stop;

/* Everything that makes the library take memory and give it back: streams, tables, pages, failures, defaults. */
static bool work_once(int turn) {
    mlx_stream streams[STREAMS];
    mlx_array outs[STREAMS];
    bool good = true;
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = mlx_stream_new_device(cpu);
        outs[i] = mlx_array_new();
        for (int again = 0; again < 3; again++) {
            good = mlx_convolve(&sound, &filter, MLX_MODE_FULL, streams[i], &outs[i]) == MLX_STATUS_SUCCESS && good;
        }
    }
    mlx_stream mine = mlx_default_cpu_stream_new();
    good = mlx_set_default_stream(streams[0]) == MLX_STATUS_SUCCESS && mine.ctx != NULL && good;
    for (int i = 0; i < STREAMS; i++) {
        good = (i % 2 == 0 ? mlx_array_eval(outs[i]) : mlx_synchronize(streams[i])) == MLX_STATUS_SUCCESS && good;
        good = mlx_array_free(outs[i]) == MLX_STATUS_SUCCESS && mlx_stream_free(streams[i]) == MLX_STATUS_SUCCESS && good;
    }
    good = mlx_convolve(&sound, &filter, 7, mine, &sound) == MLX_STATUS_INVALID_ARGUMENT && good;
    if (turn % 8 == 0) {
        good = mlx_clear_cache() == MLX_STATUS_SUCCESS && good;
    }
    return mlx_stream_free(mine) == MLX_STATUS_SUCCESS && good;
}

static void *work(void *unused) {
    (void)unused;
    bool good = true;
    for (int turn = 0; !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); turn++) {
        good = work_once(turn) && good;
    }
    return good ? &stop : NULL;
}

static void *work_as_a_thread(void *good) {
    *(bool *)good = work_once(0);
    return NULL;
}

#endif

static void fork_while_threads_work(void **state) {
    (void)state;
#if !defined(ALLOCATOR)
    skip(); /* the sanitizer, or another C library, keeps its allocation functions */
#else
    if (quick()) {
        skip(); /* what the parent's threads held counts as the child's leaks */
    }
    const int seconds = 4;
    alarm(CHILD_SECONDS + seconds); /* what hangs fails */
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    }
    int forks = 0;
    for (time_t begin = time(NULL); time(NULL) - begin < seconds; forks++) {
        usleep(200);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            bool good = true;
            alarm(CHILD_SECONDS);
            if (forks % 16 == 0) {
                pthread_t thread;
                good = pthread_create(&thread, NULL, work_as_a_thread, &good) == 0 && pthread_join(thread, NULL) == 0 && good;
            }
            _exit(!good);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < THREADS; i++) {
        void *good;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    print_message("%d forks beside %s allocator\n", forks, ALLOCATOR);
#endif
}

static int open_inputs(void **state) {
    (void)state;
    int32_t *a = take(A_LEN * sizeof *a);
    fill_random(&all_dtypes[MLX_INT32], a, A_LEN, 1);
    sound = array_of(&all_dtypes[MLX_INT32], a, A_LEN);
    filter = array_of(&all_dtypes[MLX_INT32], a, V_LEN);
    cpu = mlx_device_new_type(MLX_CPU, 0);
    free(a);
    return cpu.ctx == NULL;
}

static int close_inputs(void **state) {
    (void)state;
    return mlx_array_free(sound) || mlx_array_free(filter) || mlx_device_free(cpu);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fork_while_threads_work)};
    return cmocka_run_group_tests(tests, open_inputs, close_inputs);
}
