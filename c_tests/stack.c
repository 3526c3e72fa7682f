/* Convolutions on threads with the smallest stack that docs/streams.md allows: each method, and each way to mend what
 * it computed. */
#include "support.h"
#include "sums.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

enum { STACK = 64 << 10, STACK_UNDER_ASAN = 256 << 10 /* ASan's frames are several times larger */ };

typedef enum { ORDINARY, OVERFLOWING, WITH_INFINITIES, HUGE_BESIDE_SMALL } contents;

/* Where no method is forced, these lengths lead to the method that is named. `count` outputs are in the middle. */
static const struct {
    const char *method;
    mlx_dtype dtype;
    size_t a_len, v_len;
    mlx_mode mode;
    size_t count;
    mlx_accuracy accuracy;
    mlx_boundary boundary;
    contents contents;
} calls[] = {
    {"direct", MLX_FLOAT32, 64, 8, MLX_MODE_FULL, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_FLOAT32, 3000, 40, MLX_MODE_FULL, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_FLOAT64, 3000, 40, MLX_MODE_FULL, SIZE_MAX, 0, MLX_BOUNDARY_REFLECT, WITH_INFINITIES},
    {"direct", MLX_FLOAT16, 3000, 40, MLX_MODE_FULL, SIZE_MAX, 0, 0, WITH_INFINITIES},
    {"direct", MLX_COMPLEX64, 3000, 12, MLX_MODE_FULL, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_INT64, 3000, 12, MLX_MODE_FULL, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_BOOL, 3000, 12, MLX_MODE_FULL, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_FLOAT32, 3000, 40, MLX_MODE_FULL, SIZE_MAX, 0, 0, OVERFLOWING},
    {"direct", MLX_FLOAT64, 3000, 40, MLX_MODE_FULL, SIZE_MAX, 0, 0, OVERFLOWING},
    {"direct", MLX_COMPLEX64, 3000, 12, MLX_MODE_FULL, SIZE_MAX, 0, 0, OVERFLOWING},
    {"direct", MLX_FLOAT32, 5000, 4990, MLX_MODE_VALID, SIZE_MAX, 0, 0, ORDINARY},
    {"direct", MLX_FLOAT64, 3000, 40, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, ORDINARY},
    {"direct", MLX_COMPLEX64, 3000, 40, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, OVERFLOWING},
    {"fft", MLX_FLOAT32, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, 0, ORDINARY},
    {"fft", MLX_FLOAT32, 100000, 1000, MLX_MODE_SAME, SIZE_MAX, 0, 0, WITH_INFINITIES},
    {"fft", MLX_FLOAT64, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, MLX_BOUNDARY_WRAP, HUGE_BESIDE_SMALL},
    {"fft", MLX_FLOAT64, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, 0, OVERFLOWING},
    {"fft", MLX_BFLOAT16, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, 0, ORDINARY},
    {"fft", MLX_COMPLEX64, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, 0, WITH_INFINITIES},
    {"fft", MLX_INT64, 12000, 3000, MLX_MODE_SAME, SIZE_MAX, 0, 0, ORDINARY},
    {"fft", MLX_UINT8, 120000, 30000, MLX_MODE_SAME, SIZE_MAX, 0, 0, ORDINARY},
    {"fft", MLX_BOOL, 120000, 30000, MLX_MODE_SAME, SIZE_MAX, 0, 0, ORDINARY},
    {"fft in", MLX_FLOAT32, 30000, 9000, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, HUGE_BESIDE_SMALL},
    {"fft in", MLX_FLOAT64, 12000, 6000, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, HUGE_BESIDE_SMALL},
    {"fft in", MLX_FLOAT64, 12000, 6000, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, OVERFLOWING},
    {"fft in", MLX_BFLOAT16, 30000, 9000, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, ORDINARY},
    {"fft in", MLX_COMPLEX64, 12000, 3000, MLX_MODE_FULL, SIZE_MAX, MLX_ACCURACY_COMPONENTWISE, 0, HUGE_BESIDE_SMALL},
    {"fft, the filter in", MLX_FLOAT32, 1 << 18, 1 << 18, MLX_MODE_FULL, 1000, 0, 0, ORDINARY},
    {"fft, the filter in", MLX_FLOAT32, 1 << 18, 1 << 18, MLX_MODE_FULL, 1000, 0, 0, OVERFLOWING},
};
enum { CALLS = sizeof calls / sizeof *calls };

typedef struct {
    const dtype_info *dtype;
    void *a, *v, *want, *out;
    size_t out_len;
    mlx_convolve_options options;
    mlx_array a_array, v_array;
} problem;
static problem problems[CALLS];

static void fill(size_t call, problem *p) {
    size_t a_len = calls[call].a_len, v_len = calls[call].v_len;
    fill_random(p->dtype, p->a, a_len, call);
    fill_random(p->dtype, p->v, v_len, ~call);
    double largest = p->dtype->dtype == MLX_FLOAT64 ? 1e308 : 1e38;
    for (size_t i = 0; i < a_len; i++) {
        double sign = i / 50 % 2 == 0 ? 1 : -1;
        if (calls[call].contents == OVERFLOWING) {
            store(p->dtype, p->a, i, sign * largest, largest);
        } else if (calls[call].contents == WITH_INFINITIES && i % 100 == 7) {
            store(p->dtype, p->a, i, sign * (double)INFINITY, 0);
        } else if (calls[call].contents == HUGE_BESIDE_SMALL && i % 3000 < 20) {
            store(p->dtype, p->a, i, largest, 0);
        }
    }
    for (size_t i = 0; i < v_len && calls[call].contents == OVERFLOWING; i++) {
        store(p->dtype, p->v, i, i % 3 == 0 ? -3 : 3, 3);
    }
}

static int open_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        problem *p = &problems[i];
        p->dtype = &all_dtypes[calls[i].dtype];
        p->options = (mlx_convolve_options)MLX_CONVOLVE_OPTIONS_INIT;
        p->options.mode = calls[i].mode;
        p->options.accuracy = calls[i].accuracy;
        p->options.boundary = calls[i].boundary;
        p->options.count = calls[i].count;
        p->options.first = calls[i].count == SIZE_MAX ? 0 : calls[i].v_len - calls[i].count / 2;
        p->a = take(calls[i].a_len * p->dtype->size);
        p->v = take(calls[i].v_len * p->dtype->size);
        fill(i, p);
        p->want = through_into_with(p->dtype, p->a, calls[i].a_len, p->v, calls[i].v_len, &p->options, &p->out_len);
        p->out = take(p->out_len * p->dtype->size);
        p->a_array = array_of(p->dtype, p->a, calls[i].a_len);
        p->v_array = array_of(p->dtype, p->v, calls[i].v_len);
    }
    return 0;
}

static int close_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        problem *p = &problems[i];
        void *const memory[] = {p->a, p->v, p->want, p->out};
        for (size_t m = 0; m < sizeof memory / sizeof *memory; m++) {
            free(memory[m]);
        }
        assert_ok(mlx_array_free(p->a_array));
        assert_ok(mlx_array_free(p->v_array));
    }
    return 0;
}

static void the_calls_are_of_each_method(void **state) {
    (void)state;
    if (method_forced("direct") || method_forced("fft")) {
        skip();
    }
    for (size_t i = 0; i < CALLS; i++) {
        mlx_string text = mlx_string_new();
        const mlx_convolve_options *options = &problems[i].options;
        assert_ok(mlx_convolve_explain_with(calls[i].a_len, calls[i].v_len, calls[i].dtype, options, &text));
        char line[40];
        snprintf(line, sizeof line, "\nmethod: %s", calls[i].method);
        if (strstr(mlx_string_data(text), line) == NULL) {
            fail_msg("call %zu: %s", i, mlx_string_data(text));
        }
        assert_ok(mlx_string_free(text));
    }
}

/* Two rows, apart from one another and with outputs between them: `out` twice, interleaved. */
static int in_rows(size_t call, problem *p) {
    char *both = malloc(2 * p->out_len * p->dtype->size);
    if (both == NULL) {
        return 1;
    }
    const mlx_rows a = {p->a, p->dtype->dtype, calls[call].a_len, 1, 0};
    const mlx_rows v = {p->v, p->dtype->dtype, calls[call].v_len, 1, 0};
    const mlx_rows_out out = {both, p->dtype->dtype, p->out_len, 2, 1};
    int failures = mlx_convolve_rows(&a, &v, 2, &p->options, &out) != MLX_STATUS_SUCCESS;
    for (size_t i = 0; i < 2 * p->out_len && failures == 0; i++) {
        size_t size = p->dtype->size;
        failures += memcmp(both + i * size, (char *)p->want + i / 2 * size, size) != 0;
    }
    free(both);
    return failures;
}

static int on_a_stream(problem *p) {
    mlx_stream stream = mlx_default_cpu_stream_new();
    mlx_array out = mlx_array_new();
    int failures = mlx_convolve_with(&p->a_array, &p->v_array, &p->options, stream, &out) != MLX_STATUS_SUCCESS;
    failures += mlx_array_eval(out) != MLX_STATUS_SUCCESS;
    const void *values = mlx_array_data_uint8(out);
    failures += values == NULL || memcmp(values, p->want, p->out_len * p->dtype->size) != 0;
    mlx_array_free(out);
    mlx_stream_free(stream);
    return failures;
}

static void *convolve(void *failures) {
    for (size_t i = 0; i < CALLS; i++) {
        problem *p = &problems[i];
        *(int *)failures += mlx_convolve_into_with(p->a, calls[i].a_len, p->v, calls[i].v_len, calls[i].dtype,
                                                   &p->options, p->out, p->out_len) != MLX_STATUS_SUCCESS;
        *(int *)failures += memcmp(p->out, p->want, p->out_len * p->dtype->size) != 0;
        *(int *)failures += in_rows(i, p);
        *(int *)failures += on_a_stream(p);
    }
    return NULL;
}

/* The smallest stack that the system allows, if it is larger. Its size may depend on the processor. */
static size_t stack_size(void) {
    size_t size = UNDER_ASAN ? STACK_UNDER_ASAN : STACK;
#ifdef PTHREAD_STACK_MIN
    size_t least = (size_t)PTHREAD_STACK_MIN;
    size = size < least ? least : size;
#endif
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

static void every_method_on_a_small_stack(void **state) {
    (void)state;
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, stack_size()), 0);
    for (int threads = 1; threads <= 2; threads++) {
        int failures = 0;
        pthread_t started;
        assert_ok(mlx_set_num_threads(threads));
        assert_int_equal(pthread_create(&started, &attributes, convolve, &failures), 0);
        assert_int_equal(pthread_join(started, NULL), 0);
        assert_int_equal(failures, 0);
    }
    pthread_attr_destroy(&attributes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_calls_are_of_each_method),
                                       cmocka_unit_test(every_method_on_a_small_stack)};
    return cmocka_run_group_tests(tests, open_problems, close_problems);
}
