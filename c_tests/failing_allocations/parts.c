#include "parts.h"

#include <pthread.h>

#include "allocations.h"

enum { SECONDS_TO_RETURN = 10 };

static mlx_array new_1d(const dtype_info *dtype, const void *data, size_t len) {
    const int shape[] = {(int)len};
    return mlx_array_new_data(data, shape, 1, dtype->dtype);
}

/* What failed on the stream was told by its results. */
static void wait_and_free(mlx_stream stream) {
    if (stream.ctx != NULL) {
        ok(mlx_synchronize(stream));
    }
    must(mlx_stream_free(stream) == 0);
}

bool strings(void) {
    mlx_string text = mlx_string_new_data("a text"), copy = mlx_string_new();
    bool good = there(text.ctx) && ok(mlx_string_set(&copy, text));
    must(!good || strcmp(mlx_string_data(copy), "a text") == 0);
    good = good && ok(mlx_string_set(&copy, text)); /* in place */
    must(copy.ctx == NULL || strcmp(mlx_string_data(copy), "a text") == 0);
    for (size_t i = 0; i < PROBLEMS && good; i++) {
        const problem *p = &problems[i];
        good = ok(mlx_convolve_explain(p->a_len, p->v_len, p->dtype->dtype, MLX_MODE_SAME, &copy));
        must(strstr(mlx_string_data(copy), good || i > 0 ? "method" : "a text") != NULL);
    }
    must(mlx_string_free(text) == MLX_STATUS_SUCCESS && mlx_string_free(copy) == MLX_STATUS_SUCCESS);
    return good;
}

bool devices(void) {
    mlx_device made = mlx_device_new_type(MLX_CPU, 0), copy = mlx_device_new(), standard = mlx_device_new();
    mlx_string text = mlx_string_new();
    bool good = there(made.ctx) && ok(mlx_device_set(&copy, made)) && ok(mlx_get_default_device(&standard)) &&
                ok(mlx_device_tostring(&text, copy)) && ok(mlx_set_default_device(made));
    must(!good || (mlx_device_equal(copy, standard) && strcmp(mlx_string_data(text), "Device(cpu, 0)") == 0));
    must(mlx_device_free(made) == 0 && mlx_device_free(copy) == 0 && mlx_device_free(standard) == 0);
    must(mlx_string_free(text) == 0);
    return good;
}

bool streams(void) {
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
bool arrays(void) {
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
bool scalars(void) {
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
bool managed(void) {
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
    wait_and_free(stream);
    must(comes_true(is_given_back, NULL, made ? SECONDS_TO_RETURN : 0) == made && given_back == made);
    return good;
}

/* Through handles: operands as they are, into a new handle, into a live one; then backwards, copied forwards again. */
bool convolutions(void) {
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
    wait_and_free(stream);
    return good;
}

/* Between plain pointers; what the output holds after a failure is not said. */
bool plain_pointers(void) {
    static char out[200000 * 8];
    const problem *p = current;
    bool good = ok(mlx_convolve_into(p->a, p->a_len, p->v, p->v_len, p->dtype->dtype, MLX_MODE_SAME, out, p->a_len));
    must(!good || memcmp(out, p->want, p->out_bytes) == 0);
    return good;
}

/* With options: rows of which one buffer holds the outputs in turn, a row of an array, a signal that goes on. */
bool options_and_rows(void) {
    static char out[2 * 200000 * 8];
    const problem *p = current;
    const mlx_dtype dtype = p->dtype->dtype;
    const size_t size = p->dtype->size;
    const int shape[] = {1, (int)p->a_len};
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = MLX_MODE_SAME;
    const mlx_rows a = {p->a, dtype, p->a_len, 1, 0}, v = {p->v, dtype, p->v_len, 1, 0};
    const mlx_rows_out rows = {out, dtype, p->a_len, 2, 1};
    bool good = ok(mlx_convolve_rows(&a, &v, 2, &options, &rows)), same = true;
    for (size_t i = 0; i < 2 * p->a_len && good; i++) {
        same = same && memcmp(out + i * size, (const char *)p->want + i / 2 * size, size) == 0;
    }
    must(same);
    mlx_array array = mlx_array_new_data(p->a, shape, 2, dtype), filter = new_1d(p->dtype, p->v, p->v_len);
    mlx_array result = mlx_array_new();
    mlx_stream stream = mlx_stream_new_device(cpu);
    good = good && there(array.ctx) && there(filter.ctx) && there(stream.ctx) &&
           ok(mlx_convolve_with(&array, &filter, &options, stream, &result)) && came_to(result, p->want, p->out_bytes);
    must(good || result.ctx == NULL || mlx_array_size(result) == p->a_len);
    options.boundary = MLX_BOUNDARY_SYMMETRIC, options.operation = MLX_OPERATION_CORRELATE;
    good = good && ok(mlx_convolve_into_with(p->a, p->a_len, p->v, p->v_len, dtype, &options, out, p->a_len));
    must(mlx_array_free(array) == 0 && mlx_array_free(filter) == 0 && mlx_array_free(result) == 0);
    wait_and_free(stream);
    return good;
}

/* Operands of two dtypes are converted on the way. */
bool two_dtypes(void) {
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
    wait_and_free(stream);
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

static void *evaluate(void *array) {
    mlx_array_eval(*(mlx_array *)array);
    return NULL;
}

/* Waits for `array` on another thread, so that the work is done on another thread. */
static void wait_elsewhere(mlx_array array) {
    pthread_t thread;
    begin_exemption(); /* the thread is this program's */
    must(pthread_create(&thread, NULL, evaluate, &array) == 0 && pthread_join(thread, NULL) == 0);
    end_exemption();
}

/* Results of two streams, each made of the one before; a stream tells of its first failure, once. */
static bool two_streams_done(bool elsewhere) {
    const problem *p = current;
    mlx_array a = new_1d(p->dtype, p->a, p->a_len), v = new_1d(p->dtype, p->v, p->v_len);
    mlx_array once = mlx_array_new(), twice = mlx_array_new(), again = mlx_array_new();
    mlx_stream one = mlx_stream_new_device(cpu), other = mlx_stream_new_device(cpu);
    bool queued = there(a.ctx) && there(v.ctx) && there(one.ctx) && there(other.ctx) &&
                  convolved(a, v, MLX_MODE_SAME, one, &once) && convolved(once, v, MLX_MODE_SAME, other, &twice) &&
                  convolved(a, v, MLX_MODE_SAME, one, &again);
    if (queued && elsewhere) {
        wait_elsewhere(again);
        wait_elsewhere(twice);
    }
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

bool two_streams(void) { return two_streams_done(false); }
bool two_streams_elsewhere(void) { return two_streams_done(true); }

/* More results than the library has in reserve, which all fail on another thread and are all kept. */
bool many_results(void) {
    enum { MOST = 100 };
    const problem *p = current;
    mlx_array a = new_1d(p->dtype, p->a, p->a_len), v = new_1d(p->dtype, p->v, p->v_len), results[MOST];
    mlx_stream stream = mlx_stream_new_device(cpu);
    bool queued = there(a.ctx) && there(v.ctx) && there(stream.ctx), good = queued;
    for (size_t i = 0; i < MOST; i++) {
        results[i] = mlx_array_new();
        queued = queued && convolved(a, v, MLX_MODE_SAME, stream, &results[i]);
    }
    if (queued) {
        wait_elsewhere(results[MOST - 1]);
    }
    for (size_t i = 0; i < MOST; i++) {
        good = queued && came_to(results[i], p->want, p->out_bytes) && good;
    }
    end_shortage();
    for (size_t i = 0; i < MOST; i++) {
        must(mlx_array_free(results[i]) == 0);
    }
    must(mlx_synchronize(stream) == (good ? MLX_STATUS_SUCCESS : MLX_STATUS_OUT_OF_MEMORY));
    must(mlx_array_free(a) == 0 && mlx_array_free(v) == 0 && mlx_stream_free(stream) == 0);
    return good;
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
bool refusals(void) {
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
bool new_thread(void) {
    pthread_t thread;
    bool good = false;
    begin_exemption(); /* the thread is this program's */
    must(pthread_create(&thread, NULL, first_calls, &good) == 0 && pthread_join(thread, NULL) == 0);
    end_exemption();
    return good;
}
