/* Every allocation of the library made to fail, one after the other: each call tells, or does its work all the same.
 *
 * A part is a piece of a program. It is run with its first allocation failing, then its second, and so on until none is
 * left to fail; and likewise with all from the n-th on. After each run the part must succeed, and what is held must be
 * what was held before. A child process does this, so that a crash is told as one failure, and the child silent. */
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"

enum { MOST_CRASHES = 5, SECONDS_TO_SETTLE = 10, SECONDS_TO_HANG = 60, NOTES = 16000 };

/* What the child tells the parent, in memory that both see. */
static struct {
    long first; /* the allocation that fails now */
    size_t notes_len;
    char notes[NOTES];
} *told;

static void note(const char *format, ...) {
    int len = snprintf(told->notes + told->notes_len, NOTES - told->notes_len, "n = %ld: ", told->first);
    va_list arguments;
    va_start(arguments, format);
    len += vsnprintf(told->notes + told->notes_len + len, NOTES - told->notes_len - (size_t)len, format, arguments);
    va_end(arguments);
    if (told->notes_len + (size_t)len < NOTES - 1000) {
        told->notes_len += (size_t)len;
    }
}

/* ---- What a call may come to ---- */

/* Whether a call succeeded. If it did not, that was for want of memory, and it says so. */
static bool ok_(mlx_status status, const char *call) {
    if (status == MLX_STATUS_SUCCESS) {
        return true;
    }
    if (status != MLX_STATUS_OUT_OF_MEMORY || refused_allocations() == 0 ||
        strstr(mlx_last_error(), "memory") == NULL) {
        note("%s: status %d, \"%s\", after %ld failures\n", call, (int)status, mlx_last_error(), refused_allocations());
    }
    return false;
}
#define ok(call) ok_((call), #call)

/* The same for a call that returns something that is not NULL. */
static bool there_(const void *pointer, const char *call) {
    return ok_(pointer != NULL ? MLX_STATUS_SUCCESS : MLX_STATUS_OUT_OF_MEMORY, call);
}
#define there(pointer) there_((pointer), #pointer)

/* For what takes no memory, or was not short of it. */
static void must_(bool holds, const char *what) {
    if (!holds) {
        note("not true: %s (the last message is \"%s\")\n", what, mlx_last_error());
    }
}
#define must(condition) must_((condition), #condition)

/* mlx_convolve, which leaves its output alone if it fails. */
static bool convolved(mlx_array a, mlx_array v, mlx_mode mode, mlx_stream stream, mlx_array *out) {
    const void *ctx = out->ctx;
    size_t size = ctx != NULL ? mlx_array_size(*out) : 0;
    mlx_dtype dtype = ctx != NULL ? mlx_array_dtype(*out) : 0;
    bool good = ok(mlx_convolve(&a, &v, mode, stream, out));
    if (!good) {
        must(out->ctx == ctx);
        must(ctx == NULL || (mlx_array_size(*out) == size && mlx_array_dtype(*out) == dtype));
    }
    return good;
}

/* Whether `array` came to values, which are then those that are wanted. */
static bool came_to(mlx_array array, const void *want, size_t bytes) {
    const void *values = mlx_array_data_uint8(array);
    if (!there(values)) {
        must(mlx_array_eval(array) == MLX_STATUS_OUT_OF_MEMORY);
        return false;
    }
    must(mlx_array_nbytes(array) == bytes);
    must(memcmp(values, want, bytes) == 0);
    return true;
}

/* ---- Inputs ---- */

typedef struct {
    const dtype_info *dtype;
    size_t a_len, v_len, out_bytes;
    void *a, *v, *want, *want_twice; /* a convolved with v, and once more with v */
} problem;

/* Direct and by transforms, of every way to compute; one with an infinity; one that several threads share. */
static const struct {
    mlx_dtype dtype;
    size_t a_len, v_len;
} sizes[] = {
    {MLX_FLOAT32, 60, 7},     {MLX_FLOAT64, 60, 7},   {MLX_COMPLEX64, 60, 7}, {MLX_BFLOAT16, 60, 7},
    {MLX_INT16, 60, 7},       {MLX_INT64, 60, 7},     {MLX_BOOL, 60, 7},      {MLX_FLOAT32, 4000, 900},
    {MLX_FLOAT64, 4000, 900}, {MLX_FLOAT16, 4000, 900}, {MLX_COMPLEX64, 4000, 900}, {MLX_INT8, 4000, 1500},
    {MLX_UINT64, 4000, 900},  {MLX_BOOL, 4000, 2900}, {MLX_FLOAT32, 5000, 900}, {MLX_INT64, 40000, 1500},
};
enum { PROBLEMS = sizeof sizes / sizeof *sizes, WITH_INFINITY = PROBLEMS - 2, LARGE = PROBLEMS - 1 };
static problem problems[PROBLEMS];
static const problem *current;
static mlx_device cpu;

static int open_problems(void **state) {
    (void)state;
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < PROBLEMS; i++) {
        problem *p = &problems[i];
        *p = (problem){.dtype = &all_dtypes[sizes[i].dtype], .a_len = sizes[i].a_len, .v_len = sizes[i].v_len};
        p->out_bytes = p->a_len * p->dtype->size;
        p->a = take(p->out_bytes);
        p->v = take(p->v_len * p->dtype->size);
        fill_random(p->dtype, p->a, p->a_len, i);
        fill_random(p->dtype, p->v, p->v_len, ~i);
        if (i == WITH_INFINITY) {
            ((float *)p->a)[1000] = (float)HUGE_VAL;
        }
        p->want = through_into(p->dtype, p->a, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        p->want_twice = through_into(p->dtype, p->want, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        if (!method_forced("direct") && !method_forced("fft")) {
            assert_int_equal(method_for(p->dtype, p->a_len, p->v_len, MLX_MODE_SAME).direct, p->v_len == 7);
        }
    }
    current = &problems[0];
    cpu = mlx_device_new_type(MLX_CPU, 0);
    return told == MAP_FAILED || cpu.ctx == NULL;
}

static int close_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        free(problems[i].a);
        free(problems[i].v);
        free(problems[i].want);
        free(problems[i].want_twice);
    }
    return mlx_device_free(cpu) || munmap(told, sizeof *told);
}

static mlx_array new_1d(const dtype_info *dtype, const void *data, size_t len) {
    const int shape[] = {(int)len};
    return mlx_array_new_data(data, shape, 1, dtype->dtype);
}

/* ---- The parts ---- */

static bool strings(void) {
    mlx_string text = mlx_string_new_data("a text"), copy = mlx_string_new();
    bool good = there(text.ctx) && ok(mlx_string_set(&copy, text));
    must(!good || strcmp(mlx_string_data(copy), "a text") == 0);
    good = good && ok(mlx_string_set(&copy, text)); /* in place */
    must(copy.ctx == NULL || strcmp(mlx_string_data(copy), "a text") == 0);
    for (size_t i = 0; i < PROBLEMS && good; i++) {
        const problem *p = &problems[i];
        good = ok(mlx_convolve_explain(p->a_len, p->v_len, p->dtype->dtype, MLX_MODE_SAME, &copy));
        must(strstr(mlx_string_data(copy), good ? "method" : i == 0 ? "a text" : "method") != NULL);
    }
    must(mlx_string_free(text) == MLX_STATUS_SUCCESS && mlx_string_free(copy) == MLX_STATUS_SUCCESS);
    return good;
}

static bool devices(void) {
    mlx_device made = mlx_device_new_type(MLX_CPU, 0), copy = mlx_device_new(), standard = mlx_device_new();
    mlx_string text = mlx_string_new();
    bool good = there(made.ctx) && ok(mlx_device_set(&copy, made)) && ok(mlx_get_default_device(&standard)) &&
                ok(mlx_device_tostring(&text, copy)) && ok(mlx_set_default_device(made));
    must(!good || (mlx_device_equal(copy, standard) && strcmp(mlx_string_data(text), "Device(cpu, 0)") == 0));
    must(mlx_device_free(made) == 0 && mlx_device_free(copy) == 0 && mlx_device_free(standard) == 0);
    must(mlx_string_free(text) == 0);
    return good;
}

static bool streams(void) {
    mlx_device device = mlx_device_new();
    mlx_stream stream = mlx_stream_new_device(cpu), copy = mlx_stream_new();
    mlx_stream standard = mlx_stream_new(), before = mlx_default_stream_new();
    mlx_string text = mlx_string_new();
    bool good = there(stream.ctx) && there(before.ctx) && ok(mlx_stream_set(&copy, stream)) &&
                ok(mlx_stream_tostring(&text, copy)) && ok(mlx_stream_get_device(&device, copy)) &&
                ok(mlx_set_default_stream(stream)) && ok(mlx_get_default_stream(&standard, cpu)) &&
                ok(mlx_synchronize(stream));
    must(!good || (mlx_stream_equal(copy, stream) && mlx_stream_equal(standard, stream)));
    good = before.ctx != NULL && ok(mlx_set_default_stream(before)) && good;
    must(mlx_stream_free(stream) == 0 && mlx_stream_free(copy) == 0 && mlx_stream_free(standard) == 0);
    must(mlx_stream_free(before) == 0 && mlx_device_free(device) == 0);
    must(mlx_string_free(text) == 0);
    return good;
}

/* A 3-D array of each dtype; views of it, one of which is a copy; text of them. */
static bool arrays(void) {
    const int cube[] = {3, 4, 5}, flat[] = {20};
    const int64_t backwards[] = {-3}, forwards[] = {1};
    mlx_stream stream = mlx_default_stream_new();
    bool good = there(stream.ctx);
    for (size_t d = 0; d < DTYPES && good; d++) {
        mlx_array array = mlx_array_new_data(problems[LARGE].a, cube, 3, all_dtypes[d].dtype);
        mlx_array copy = mlx_array_new(), view = mlx_array_new();
        mlx_string text = mlx_string_new();
        const size_t size = all_dtypes[d].size;
        good = there(array.ctx) && ok(mlx_array_set(&copy, array)) && came_to(copy, problems[LARGE].a, 60 * size) &&
               ok(mlx_array_tostring(&text, copy)) &&
               ok(mlx_as_strided(&view, array, flat, 1, backwards, 1, 59, stream)) &&
               ok(mlx_as_strided(&view, view, flat, 1, forwards, 1, 0, stream)) && ok(mlx_array_eval(view)) &&
               ok(mlx_array_tostring(&text, view)) &&
               ok(mlx_array_set_data(&copy, problems[LARGE].a, flat, 1, all_dtypes[d].dtype));
        const void *first = good ? mlx_array_data_uint8(view) : NULL;
        must(!good || memcmp(first, (char *)problems[LARGE].a + 59 * size, size) == 0);
        must(!good || (mlx_array_size(view) == 20 && mlx_array_ndim(array) == 3 && mlx_array_size(copy) == 20));
        must(mlx_array_free(array) == 0 && mlx_array_free(copy) == 0 && mlx_array_free(view) == 0);
        must(mlx_string_free(text) == 0);
    }
    must(mlx_stream_free(stream) == 0);
    return good;
}

/* More than any reserve holds, whether or not each can be made. */
static bool scalars(void) {
    enum { MANY = 300 };
    static mlx_array made[MANY];
    bool all = true;
    for (int i = 0; i < MANY; i++) {
        int32_t number = -1;
        float single = -1;
        switch (i % 5) {
        case 0: made[i] = mlx_array_new_bool(true); break;
        case 1: made[i] = mlx_array_new_int(i); break;
        case 2: made[i] = mlx_array_new_float32((float)i); break;
        case 3: made[i] = mlx_array_new_float64(i); break;
        default: made[i] = mlx_array_new_complex((float)i, 1); break;
        }
        bool here = there(made[i].ctx);
        all = here && all;
        must(!here || i % 5 != 1 || (mlx_array_item_int32(&number, made[i]) == 0 && number == i));
        must(!here || i % 5 != 2 || (mlx_array_item_float32(&single, made[i]) == 0 && single == (float)i));
    }
    for (int i = 0; i < MANY; i++) {
        must(mlx_array_free(made[i]) == 0);
    }
    return all;
}

static int given_back;
static void give_back(void *data) {
    (void)data;
    __atomic_add_fetch(&given_back, 1, __ATOMIC_SEQ_CST);
}

static bool is_given_back(const void *unused) {
    (void)unused;
    return __atomic_load_n(&given_back, __ATOMIC_SEQ_CST) > 0;
}

/* A buffer goes back exactly if an array was made of it. */
static bool managed(void) {
    const problem *p = current;
    const int shape[] = {(int)p->a_len};
    given_back = 0;
    mlx_array array = mlx_array_new_data_managed(p->a, shape, 1, p->dtype->dtype, give_back);
    mlx_array v = new_1d(p->dtype, p->v, p->v_len), out = mlx_array_new();
    mlx_stream stream = mlx_default_stream_new();
    const bool made = array.ctx != NULL;
    bool good = there(array.ctx) && there(v.ctx) && there(stream.ctx) &&
                convolved(array, v, MLX_MODE_SAME, stream, &out);
    must(given_back == 0);
    must(mlx_array_free(array) == 0 && mlx_array_free(v) == 0);
    good = good && came_to(out, p->want, p->out_bytes);
    must(mlx_array_free(out) == 0);
    if (stream.ctx != NULL) {
        ok(mlx_synchronize(stream));
    }
    must(mlx_stream_free(stream) == 0);
    must(comes_true(is_given_back, NULL, made ? SECONDS_TO_SETTLE : 0) == made && given_back == made);
    return good;
}

/* Through handles: operands as they are, into a new handle, into a live one; then backwards, copied forwards again. */
static bool convolutions(void) {
    const problem *p = current;
    const int shape[] = {(int)p->a_len};
    const int64_t backwards[] = {-1};
    mlx_array a = new_1d(p->dtype, p->a, p->a_len), v = new_1d(p->dtype, p->v, p->v_len), out = mlx_array_new();
    mlx_array view = mlx_array_new();
    mlx_stream stream = mlx_stream_new_device(cpu);
    bool good = there(a.ctx) && there(v.ctx) && there(stream.ctx) && convolved(a, v, MLX_MODE_SAME, stream, &out) &&
                came_to(out, p->want, p->out_bytes) && convolved(out, v, MLX_MODE_SAME, stream, &out) &&
                came_to(out, p->want_twice, p->out_bytes);
    for (int turn = 0; turn < 2 && good; turn++) {
        good = ok(mlx_as_strided(&view, turn == 0 ? a : view, shape, 1, backwards, 1, p->a_len - 1, stream));
    }
    good = good && convolved(v, view, MLX_MODE_SAME, stream, &out) && came_to(out, p->want, p->out_bytes);
    must(mlx_array_free(a) == 0 && mlx_array_free(v) == 0 && mlx_array_free(out) == 0 && mlx_array_free(view) == 0);
    if (stream.ctx != NULL) {
        ok(mlx_synchronize(stream));
    }
    must(mlx_stream_free(stream) == 0);
    return good;
}

/* Between plain pointers; what the output holds after a failure is not said. */
static bool plain_pointers(void) {
    static char out[40000 * 8];
    const problem *p = current;
    bool good = ok(mlx_convolve_into(p->a, p->a_len, p->v, p->v_len, p->dtype->dtype, MLX_MODE_SAME, out, p->a_len));
    must(!good || memcmp(out, p->want, p->out_bytes) == 0);
    return good;
}

/* Operands of two dtypes are converted on the way. */
static bool two_dtypes(void) {
    static const int8_t small[] = {1, -2, 3, 0, 5};
    static const float taps[] = {1, 0.5f}, want[] = {1, -1.5f, 2, 1.5f, 5, 2.5f};
    mlx_array a = new_1d(&all_dtypes[MLX_INT8], small, 5), v = new_1d(&all_dtypes[MLX_FLOAT32], taps, 2);
    mlx_array out = mlx_array_new_bool(true);
    mlx_stream stream = mlx_default_stream_new();
    bool good = there(a.ctx) && there(v.ctx) && there(out.ctx) && there(stream.ctx) &&
                convolved(a, v, MLX_MODE_FULL, stream, &out);
    const float *values = good ? mlx_array_data_float32(out) : NULL;
    good = good && there(values);
    for (int i = 0; i < 6 && good; i++) {
        must(values[i] > want[i] - 1e-4f && values[i] < want[i] + 1e-4f); /* transforms may be forced */
    }
    must(mlx_array_free(a) == 0 && mlx_array_free(v) == 0 && mlx_array_free(out) == 0);
    if (stream.ctx != NULL) {
        ok(mlx_synchronize(stream));
    }
    must(mlx_stream_free(stream) == 0);
    return good;
}

/* Once memory is there again: a result that failed stays failed, and so does what is made of it. */
static void stays_failed(mlx_array array, mlx_array v, mlx_stream stream) {
    mlx_array out = mlx_array_new();
    mlx_string text = mlx_string_new();
    must(mlx_array_eval(array) == MLX_STATUS_OUT_OF_MEMORY && mlx_array_data_uint8(array) == NULL);
    must(mlx_array_tostring(&text, array) == MLX_STATUS_OUT_OF_MEMORY && text.ctx == NULL);
    must(mlx_convolve(&array, &v, MLX_MODE_SAME, stream, &out) == MLX_STATUS_OUT_OF_MEMORY && out.ctx == NULL);
    must(strncmp(mlx_last_error(), "a:", 2) == 0);
    must(mlx_convolve(&v, &array, MLX_MODE_SAME, stream, &out) == MLX_STATUS_OUT_OF_MEMORY && out.ctx == NULL);
    must(strncmp(mlx_last_error(), "v:", 2) == 0);
}

/* Results of two streams, each made of the one before; a stream tells of its first failure, once. */
static bool two_streams(void) {
    const problem *p = current;
    mlx_array a = new_1d(p->dtype, p->a, p->a_len), v = new_1d(p->dtype, p->v, p->v_len);
    mlx_array once = mlx_array_new(), twice = mlx_array_new(), again = mlx_array_new();
    mlx_stream one = mlx_stream_new_device(cpu), other = mlx_stream_new_device(cpu);
    bool queued = there(a.ctx) && there(v.ctx) && there(one.ctx) && there(other.ctx) &&
                  convolved(a, v, MLX_MODE_SAME, one, &once) && convolved(once, v, MLX_MODE_SAME, other, &twice) &&
                  convolved(a, v, MLX_MODE_SAME, one, &again);
    bool once_good = queued && came_to(once, p->want, p->out_bytes);
    bool twice_good = queued && came_to(twice, p->want_twice, p->out_bytes);
    bool again_good = queued && came_to(again, p->want, p->out_bytes);
    end_shortage();
    if (queued) {
        must(once_good || !twice_good);
        const bool good[] = {once_good, twice_good, again_good};
        const mlx_array results[] = {once, twice, again};
        mlx_status first = mlx_synchronize(one), second = mlx_synchronize(other);
        must(first == (once_good && again_good ? MLX_STATUS_SUCCESS : MLX_STATUS_OUT_OF_MEMORY));
        must(second == (twice_good ? MLX_STATUS_SUCCESS : MLX_STATUS_OUT_OF_MEMORY));
        for (int i = 0; i < 3; i++) {
            if (!good[i]) {
                stays_failed(results[i], v, other);
            }
        }
        must(mlx_synchronize(one) == MLX_STATUS_SUCCESS && mlx_synchronize(other) == MLX_STATUS_SUCCESS);
        /* The streams go on. */
        must(mlx_convolve(&a, &v, MLX_MODE_SAME, one, &again) == MLX_STATUS_SUCCESS);
        must(came_to(again, p->want, p->out_bytes));
    }
    must(mlx_array_free(a) == 0 && mlx_array_free(v) == 0 && mlx_array_free(once) == 0);
    must(mlx_array_free(twice) == 0 && mlx_array_free(again) == 0);
    must(mlx_stream_free(one) == 0 && mlx_stream_free(other) == 0);
    return once_good && twice_good && again_good;
}

static int handled, handlers_freed;
static void handle(const char *message, void *data) {
    (void)data;
    handled += message[0] != 0;
}
static void free_handler(void *data) {
    (void)data;
    handlers_freed++;
}

/* What is wrong with the arguments is told, memory or not; setting a handler cannot fail. */
static bool refusals(void) {
    handled = handlers_freed = 0;
    mlx_set_error_handler(handle, &handled, free_handler);
    must(mlx_array_eval(mlx_array_new()) == MLX_STATUS_INVALID_ARGUMENT && handled == 1);
    must(mlx_convolve_into(NULL, 3, NULL, 3, MLX_FLOAT32, MLX_MODE_FULL, NULL, 5) == MLX_STATUS_INVALID_ARGUMENT);
    must(strncmp(mlx_last_error(), "a:", 2) == 0 && handled == 2);
    mlx_set_error_handler(NULL, NULL, NULL);
    must(handlers_freed == 1 && mlx_set_num_threads(-1) == MLX_STATUS_INVALID_ARGUMENT && handled == 2);
    return true;
}

static void *first_calls(void *good) {
    *(bool *)good = convolutions() && plain_pointers() && streams();
    return NULL;
}

/* The first calls of a thread, which make what each thread has for itself. */
static bool new_thread(void) {
    pthread_t thread;
    bool good = false;
    begin_exemption(); /* the thread is this program's */
    must(pthread_create(&thread, NULL, first_calls, &good) == 0 && pthread_join(thread, NULL) == 0);
    end_exemption();
    return good;
}

/* ---- Shortages of every kind, in every part ---- */

/* What the library holds between two runs. */
typedef struct {
    size_t active;
    long mapped;
} holdings;

static holdings held_now(void) { return (holdings){active_memory(), bytes_mapped()}; }

static bool holds_no_more(const void *before) {
    mlx_clear_cache(); /* and what a worker has given back since */
    const holdings *then = before, now = held_now();
    return now.active <= then->active && now.mapped <= then->mapped;
}

static bool no_blocks_left(const void *unused) {
    (void)unused;
    return blocks_left() == 0;
}

/* One run with a shortage, and one after it. Returns how many allocations failed. */
static long run_short(bool (*part)(void), shortage which, holdings *before) {
    told->first = which.first;
    alarm(SECONDS_TO_HANG);
    begin_shortage(which);
    bool whole = part();
    long refused = end_shortage();
    must(whole || refused > 0);
    must(part());
    must(mlx_clear_cache() == MLX_STATUS_SUCCESS);
    if (!comes_true(holds_no_more, before, SECONDS_TO_SETTLE)) {
        holdings now = held_now();
        note("%zu bytes active and %ld mapped instead of %zu and %ld\n", now.active, now.mapped, before->active,
             before->mapped);
        *before = now;
    }
    return refused;
}

/* What is made once and then kept is no leak: if so, the same runs make it no second time. */
static void check_blocks_left(bool (*part)(void), shortage which, holdings *before) {
    enum { MOST = 100 };
    if (comes_true(no_blocks_left, NULL, SECONDS_TO_SETTLE)) {
        return;
    }
    long firsts[MOST];
    size_t left = blocks_left() < MOST ? blocks_left() : MOST;
    for (size_t i = 0; i < left; i++) {
        firsts[i] = one_block_left(i).first;
    }
    watch_allocations();
    for (size_t i = 0; i < left; i++) {
        which.first = firsts[i];
        run_short(part, which, before);
    }
    if (!comes_true(no_blocks_left, NULL, SECONDS_TO_SETTLE)) {
        for (size_t i = 0; i < blocks_left(); i++) {
            told->first = one_block_left(i).first;
            note("%zu bytes are not given back\n", one_block_left(i).bytes);
        }
    }
}

/* In the child: every run from where the last child came to. Returns how many allocations failed in all. */
static long run_until_nothing_fails(bool (*part)(void), shortage which) {
    long refused_in_all = 0, refused;
    for (int turn = 0; turn < 3; turn++) {
        must(part()); /* whatever is made once and kept is there now */
    }
    must(mlx_clear_cache() == MLX_STATUS_SUCCESS);
    watch_allocations();
    holdings before = held_now();
    which.first = told->first + 1;
    do {
        refused = run_short(part, which, &before);
        refused_in_all += refused;
        which.first += quick() ? 17 : 1;
    } while (refused > 0);
    check_blocks_left(part, which, &before);
    return refused_in_all;
}

/* Shows what the child printed, which is nothing if all is well. */
static bool printed_nothing(FILE *spoken) {
    char words[400] = "";
    rewind(spoken);
    size_t length = fread(words, 1, sizeof words - 1, spoken);
    if (length > 0) {
        print_error("printed: \"%.*s\"\n", (int)length, words);
    }
    return length == 0;
}

/* Whether all was well. */
static bool with_shortage(bool (*part)(void), shortage which) {
    FILE *spoken = tmpfile();
    assert_non_null(spoken);
    fflush(NULL);
    memset(told, 0, sizeof *told);
    int status = -1;
    for (int crashes = 0; status != 0 && crashes <= MOST_CRASHES; crashes++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(fileno(spoken), STDOUT_FILENO);
            dup2(fileno(spoken), STDERR_FILENO);
            alarm(SECONDS_TO_HANG);
            long before = told->first, refused = run_until_nothing_fails(part, which);
            bool takes_memory = part != plain_pointers || current->a_len > 100;
            must(refused > 0 || before > 0 || !takes_memory); /* or nothing was tested */
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0) {
            note("the process ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
    bool silent = printed_nothing(spoken);
    fclose(spoken);
    if (told->notes_len > 0 || !silent) {
        const char *how = which.and_all_later ? "all allocations from the n-th on fail" : "the n-th allocation fails";
        print_error("%s of %zu x %zu, %s:\n%s", current->dtype->name, current->a_len, current->v_len, how, told->notes);
        return false;
    }
    return true;
}

static void skip_where_nothing_can_fail(void) {
    if (!allocations_can_fail()) {
        skip(); /* the sanitizer, or another C library, keeps its allocation functions */
    }
}

/* A part whenever one allocation fails, and whenever all from one on do. */
static void with_shortages(bool (*part)(void)) {
    skip_where_nothing_can_fail();
    bool good = with_shortage(part, (shortage){.and_all_later = false});
    good = with_shortage(part, (shortage){.and_all_later = true}) && good;
    assert_true(good);
}

static void with_shortages_in_problems(bool (*part)(void)) {
    skip_where_nothing_can_fail();
    bool good = true;
    for (size_t i = 0; i < PROBLEMS; i += quick() ? 4 : 1) {
        current = &problems[i];
        good = with_shortage(part, (shortage){.and_all_later = false}) && good;
        good = with_shortage(part, (shortage){.and_all_later = true}) && good;
    }
    current = &problems[0];
    assert_true(good);
}

#define TEST(part) static void test_##part(void **state) { (void)state, with_shortages(part); }
#define TEST_PROBLEMS(part) static void test_##part(void **state) { (void)state, with_shortages_in_problems(part); }

TEST(strings)
TEST(devices)
TEST(streams)
TEST(arrays)
TEST(scalars)
TEST(two_dtypes)
TEST(refusals)
TEST(new_thread)
TEST_PROBLEMS(managed)
TEST_PROBLEMS(convolutions)
TEST_PROBLEMS(plain_pointers)
TEST_PROBLEMS(two_streams)

/* Memory runs out on the library's threads only: calls return, and the work behind them fails. */
static void test_work_that_fails(void **state) {
    (void)state;
    skip_where_nothing_can_fail();
    current = &problems[LARGE];
    shortage elsewhere = {.smallest = 4096, .on_other_threads = true};
    bool good = with_shortage(two_streams, elsewhere);
    elsewhere.and_all_later = true;
    good = with_shortage(two_streams, elsewhere) && good;
    current = &problems[0];
    assert_true(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_streams),        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_scalars),        cmocka_unit_test(test_two_dtypes),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_new_thread),
        cmocka_unit_test(test_managed),        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_plain_pointers), cmocka_unit_test(test_two_streams),
        cmocka_unit_test(test_work_that_fails),
    };
    return cmocka_run_group_tests(tests, open_problems, close_problems);
}
