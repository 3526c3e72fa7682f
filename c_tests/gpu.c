/* Streams of a GPU. With no device, or a library without a GPU core, every request ends with a status. */
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static mlx_device gpu;
static bool is_there; /* whether there is a GPU */

static int find_gpu(void **state) {
    (void)state;
    gpu = mlx_device_new_type(MLX_GPU, 0);
    return mlx_device_is_available(&is_there, gpu) != MLX_STATUS_SUCCESS;
}

static int free_gpu(void **state) {
    (void)state;
    return mlx_device_free(gpu);
}

static mlx_array shaped(const void *values, const int *shape, int dims, mlx_dtype dtype) {
    mlx_array array = mlx_array_new_data(values, shape, dims, dtype);
    assert_non_null(array.ctx);
    return array;
}

static mlx_array random_floats(const int *shape, int dims, uint64_t seed) {
    size_t size = 1;
    for (int i = 0; i < dims; i++) size *= (size_t)shape[i];
    float *values = malloc(size * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < size; i++) values[i] = (float)((double)(next_random(&seed) >> 11) / (1ull << 52) - 1);
    mlx_array array = shaped(values, shape, dims, MLX_FLOAT32);
    free(values);
    return array;
}

/* Both have the same shape, and the same values but for roundings of sums of `taps` products below 1. */
static void assert_same(mlx_array got, mlx_array want, double taps) {
    assert_int_equal(mlx_array_ndim(got), mlx_array_ndim(want));
    for (size_t i = 0; i < mlx_array_ndim(got); i++)
        assert_int_equal(mlx_array_shape(got)[i], mlx_array_shape(want)[i]);
    const float *x = mlx_array_data_float32(got), *y = mlx_array_data_float32(want);
    assert_non_null(x);
    assert_non_null(y);
    for (size_t i = 0; i < mlx_array_size(got); i++)
        if (!(fabs((double)x[i] - y[i]) <= 2.4e-7 * taps * (1 + taps)))
            fail_msg("element %zu: %g, not %g", i, (double)x[i], (double)y[i]);
}

static void without_a_device_there_is_a_status(void **state) {
    (void)state;
    if (is_there) return;
    mlx_stream stream = mlx_stream_new_device(gpu);
    assert_null(stream.ctx);
    assert_non_null(strstr(mlx_last_error(), "Device(gpu, 0) is not available: the number of gpu devices is 0; "));
    assert_null(mlx_default_gpu_stream_new().ctx);
    assert_fails(mlx_set_default_device(gpu), MLX_STATUS_DEVICE_UNAVAILABLE, "dev: Device(gpu, 0)");
    bool metal = true;
    assert_ok(mlx_metal_is_available(&metal));
    assert_false(metal);
}

static void convolve_both(const int *a_shape, int a_dims, const int *v_shape, int v_dims, mlx_mode mode) {
    mlx_stream on_gpu = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    assert_non_null(on_gpu.ctx);
    mlx_array a = random_floats(a_shape, a_dims, 1), v = random_floats(v_shape, v_dims, 2);
    mlx_array got = mlx_array_new(), want = mlx_array_new();
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = mode;
    assert_ok(mlx_convolve_with(&a, &v, &options, on_gpu, &got));
    assert_ok(mlx_convolve_with(&a, &v, &options, on_cpu, &want));
    int a_len = a_shape[a_dims - 1], v_len = v_shape[v_dims - 1];
    assert_same(got, want, a_len < v_len ? a_len : v_len);
    mlx_array *arrays[] = {&a, &v, &got, &want};
    for (int i = 0; i < 4; i++) assert_ok(mlx_array_free(*arrays[i]));
    assert_ok(mlx_stream_free(on_gpu));
    assert_ok(mlx_stream_free(on_cpu));
}

static void all_modes_and_shapes(void **state) {
    (void)state;
    if (!is_there) return;
    for (mlx_mode mode = MLX_MODE_FULL; mode <= MLX_MODE_SAME; mode++) {
        static const int lens[][2] = {{1, 1}, {5, 2}, {2, 5}, {1000, 33}, {33, 1000}, {5000, 700}, {4096, 4096}, {9000, 5000}};
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
            convolve_both(&lens[i][0], 1, &lens[i][1], 1, mode);
        convolve_both((int[]){7, 300}, 2, (int[]){20}, 1, mode);
        convolve_both((int[]){7, 300}, 2, (int[]){7, 20}, 2, mode);
        convolve_both((int[]){7, 20}, 2, (int[]){7, 300}, 2, mode);
        convolve_both((int[]){5, 1, 300}, 3, (int[]){4, 20}, 2, mode);
        convolve_both((int[]){1, 300}, 2, (int[]){3, 4, 300}, 3, mode);
    }
}

/* Correlation, ranges and axes, of operands that are views: reversed, with gaps, and repeated. */
static void options_and_views(void **state) {
    (void)state;
    if (!is_there) return;
    mlx_stream on_gpu = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    uint64_t random = 11;
    for (int round = 0; round < 60; round++) {
        mlx_array x = random_floats((int[]){6, 5, 130}, 3, next_random(&random)), a = mlx_array_new();
        mlx_array h = random_floats((int[]){90}, 1, next_random(&random)), v = mlx_array_new();
        /* Strides of 3 and 2 elements, backwards or not, or of 0; three axes in any order. */
        int flip = round & 1 ? -1 : 1, along = round % 3, taps = 1 + (int)(next_random(&random) % 30);
        const int64_t all[3][3] = {{650, 130, 3 * flip}, {3 * flip, 650, 130}, {650, 3 * flip, round % 4 ? 130 : 0}};
        const int shapes[3][3] = {{6, 5, 43}, {43, 6, 5}, {6, 43, 5}};
        static const int axes[] = {2, 0, 1};
        size_t first = flip < 0 ? 3 * 42 : 0;
        assert_ok(mlx_as_strided(&a, x, shapes[along], 3, all[along], 3, first, on_cpu));
        const int64_t step[] = {round % 5 ? -2 : 1};
        assert_ok(mlx_as_strided(&v, h, &taps, 1, step, 1, round % 5 ? 2 * (size_t)taps : 0, on_cpu));
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        options.axis = axes[along];
        options.mode = (mlx_mode)(next_random(&random) % 3);
        options.operation = round & 2 ? MLX_OPERATION_CORRELATE : MLX_OPERATION_CONVOLVE;
        if (round % 7 == 0) options.first = 2, options.count = 9;
        mlx_array got = mlx_array_new(), want = mlx_array_new();
        bool is_swapped = round % 6 == 5;
        assert_ok(mlx_convolve_with(is_swapped ? &v : &a, is_swapped ? &a : &v, &options, on_gpu, &got));
        assert_ok(mlx_convolve_with(is_swapped ? &v : &a, is_swapped ? &a : &v, &options, on_cpu, &want));
        assert_same(got, want, taps);
        mlx_array *arrays[] = {&x, &a, &h, &v, &got, &want};
        for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) assert_ok(mlx_array_free(*arrays[i]));
    }
    assert_ok(mlx_stream_free(on_gpu));
    assert_ok(mlx_stream_free(on_cpu));
}

/* What the GPU core does not compute, the CPU core does: long filters. Only float64 is refused. */
static void the_rest_is_computed_too(void **state) {
    (void)state;
    if (!is_there) return;
    mlx_stream on_gpu = mlx_stream_new_device(gpu), on_cpu = mlx_default_cpu_stream_new();
    mlx_array out = mlx_array_new(), strided = mlx_array_new();
    enum { LEN = 6000 };
    int64_t ints[LEN];
    for (int i = 0; i < LEN; i++) ints[i] = (int64_t)1 << (i % 64);
    mlx_array a = shaped(ints, (int[]){LEN}, 1, MLX_INT64), v = shaped(ints, (int[]){LEN}, 1, MLX_INT64);
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, on_gpu, &out));
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, on_cpu, &strided));
    assert_memory_equal(mlx_array_data_int64(out), mlx_array_data_int64(strided), sizeof ints);

    /* Results of the CPU core are operands on the GPU, and the other way round. */
    mlx_array x = random_floats((int[]){1000}, 1, 3), h = random_floats((int[]){50}, 1, 4), other = mlx_array_new();
    const int64_t backwards[] = {-1};
    assert_ok(mlx_as_strided(&strided, x, (int[]){1000}, 1, backwards, 1, 999, on_cpu));
    for (int i = 0; i < 2; i++) {
        assert_ok(mlx_convolve(&strided, &h, MLX_MODE_SAME, i ? on_cpu : on_gpu, i ? &other : &out));
        mlx_array *now = i ? &other : &out;
        assert_ok(mlx_convolve(now, &h, MLX_MODE_SAME, on_gpu, now));
        assert_ok(mlx_convolve(now, &h, MLX_MODE_SAME, on_cpu, now));
    }
    assert_same(out, other, 50 * 30);

    mlx_array doubles = mlx_array_new_float64(1.0);
    assert_ok(mlx_array_free(doubles));
    double one = 1;
    doubles = shaped(&one, (int[]){1}, 1, MLX_FLOAT64);
    assert_fails(mlx_convolve(&doubles, &h, MLX_MODE_FULL, on_gpu, &out), MLX_STATUS_UNSUPPORTED,
                 "float64 is not available on Device(gpu, 0); a stream of the CPU has it: mlx_default_cpu_stream_new");
    mlx_array *arrays[] = {&a, &v, &out, &strided, &x, &h, &other, &doubles};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) assert_ok(mlx_array_free(*arrays[i]));
    assert_ok(mlx_stream_free(on_gpu));
    assert_ok(mlx_stream_free(on_cpu));
}

/* Elements so far apart that the GPU reaches few of them at once: on lavapipe, 128 MiB. */
static void elements_far_apart(void **state) {
    (void)state;
    if (!is_there) return;
    enum { ROWS = 1100, COLUMNS = 40000, TAPS = 5 };
    mlx_stream on_gpu = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    float *values = calloc((size_t)ROWS * COLUMNS, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < (size_t)ROWS * COLUMNS; i += 97) values[i] = (float)(i % 31) - 15;
    mlx_array matrix = mlx_array_new_data_managed(values, (int[]){ROWS, COLUMNS}, 2, MLX_FLOAT32, free);
    mlx_array bytes = mlx_array_new_data_managed(values, (int[]){4 * ROWS * COLUMNS}, 1, MLX_BOOL, NULL);
    mlx_array h = random_floats((int[]){TAPS}, 1, 4), got = mlx_array_new(), want = mlx_array_new(), far = mlx_array_new();
    mlx_array truths = shaped((bool[]){true, false, true}, (int[]){3}, 1, MLX_BOOL);
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.axis = 0;
    assert_ok(mlx_convolve_with(&matrix, &h, &options, on_gpu, &got));
    assert_ok(mlx_convolve_with(&matrix, &h, &options, on_cpu, &want));
    assert_same(got, want, 15 * TAPS);
    for (int i = 0; i < 3; i++) {
        const int64_t stride[] = {i < 2 ? COLUMNS : 4 * COLUMNS};
        assert_ok(mlx_as_strided(&far, i < 2 ? matrix : bytes, (int[]){ROWS}, 1, stride, 1, 0, on_cpu));
        /* As the signal, as a filter beside a short signal, and bools. */
        const mlx_array *other = i == 0 ? &h : i == 1 ? &want : &truths;
        if (i == 1) assert_ok(mlx_array_set(&want, h)), assert_ok(mlx_convolve(&h, &h, MLX_MODE_FULL, on_cpu, &want));
        mlx_array x = mlx_array_new(), y = mlx_array_new();
        assert_ok(mlx_convolve(&far, other, MLX_MODE_FULL, on_gpu, &x));
        assert_ok(mlx_convolve(&far, other, MLX_MODE_FULL, on_cpu, &y));
        if (i < 2) assert_same(x, y, 15 * 9);
        else assert_memory_equal(mlx_array_data_bool(x), mlx_array_data_bool(y), ROWS + 2);
        assert_ok(mlx_array_free(x));
        assert_ok(mlx_array_free(y));
    }
    mlx_array *arrays[] = {&bytes, &matrix, &h, &got, &want, &far, &truths};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) assert_ok(mlx_array_free(*arrays[i]));
    assert_ok(mlx_stream_free(on_gpu));
    assert_ok(mlx_stream_free(on_cpu));
    assert_ok(mlx_clear_cache());
}

/* Values stay on the GPU: no host copy is made for results that only the GPU reads. */
static void chains_never_visit_the_host(void **state) {
    (void)state;
    if (!is_there) return;
    enum { LEN = 1 << 18, LINKS = 6 };
    mlx_stream on_gpu = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    mlx_array x = random_floats((int[]){LEN}, 1, 5), h = random_floats((int[]){9}, 1, 6), y = mlx_array_new(),
              want = mlx_array_new();
    assert_ok(mlx_convolve(&x, &h, MLX_MODE_SAME, on_gpu, &y)); /* copies x and h to the GPU */
    assert_ok(mlx_array_eval(y));
    size_t before = read_counter(mlx_get_active_memory);
    mlx_array links[LINKS];
    mlx_array *last = &y;
    for (int i = 0; i < LINKS; i++) {
        links[i] = mlx_array_new();
        assert_ok(mlx_convolve(last, &h, MLX_MODE_SAME, on_gpu, &links[i]));
        last = &links[i];
    }
    assert_ok(mlx_array_eval(*last));
    size_t one = sizeof(float) * LEN, grown = read_counter(mlx_get_active_memory) - before;
    assert_in_range(grown, LINKS * one, LINKS * one + LINKS * one / 8); /* on the GPU alone */
    assert_ok(mlx_convolve(&x, &h, MLX_MODE_SAME, on_cpu, &want));
    for (int i = 0; i < LINKS; i++) assert_ok(mlx_convolve(&want, &h, MLX_MODE_SAME, on_cpu, &want));
    assert_same(*last, want, 4000);
    for (int i = 0; i < LINKS; i++) assert_ok(mlx_array_free(links[i]));
    size_t cached = read_counter(mlx_get_cache_memory);
    assert_true(cached >= LINKS * one);
    assert_ok(mlx_clear_cache());
    assert_int_equal(read_counter(mlx_get_cache_memory), 0);
    mlx_array *arrays[] = {&x, &h, &y, &want};
    for (int i = 0; i < 4; i++) assert_ok(mlx_array_free(*arrays[i]));
    assert_ok(mlx_stream_free(on_gpu));
    assert_ok(mlx_stream_free(on_cpu));
}

/* A graph over streams of both devices, each node of two earlier ones, against the CPU alone. */
static void *graph(void *seed) {
    enum { NODES = 24, LEN = 400 };
    uint64_t random = (uint64_t)(uintptr_t)seed;
    mlx_stream streams[] = {mlx_stream_new_device(gpu), mlx_default_gpu_stream_new(), mlx_stream_new(), mlx_stream_new()};
    mlx_stream alone = mlx_default_cpu_stream_new();
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    for (int i = 2; i < 4; i++) streams[i] = mlx_stream_new_device(cpu);
    mlx_array taps = random_floats((int[]){3}, 1, 7), nodes[NODES], wanted[NODES];
    for (int i = 0; i < NODES; i++) {
        nodes[i] = mlx_array_new();
        wanted[i] = mlx_array_new();
        if (i < 2) {
            mlx_array first = random_floats((int[]){LEN}, 1, random + (uint64_t)i);
            assert_ok(mlx_array_set(&nodes[i], first));
            assert_ok(mlx_array_set(&wanted[i], first));
            assert_ok(mlx_array_free(first));
            continue;
        }
        size_t from = (size_t)(next_random(&random) % (uint64_t)i);
        mlx_stream stream = streams[next_random(&random) % 4];
        assert_ok(mlx_convolve(&nodes[from], &taps, MLX_MODE_SAME, stream, &nodes[i]));
        assert_ok(mlx_convolve(&wanted[from], &taps, MLX_MODE_SAME, alone, &wanted[i]));
    }
    for (int i = 0; i < 4; i++) assert_ok(mlx_synchronize(streams[i]));
    for (int i = NODES - 1; i >= 0; i--) {
        assert_same(nodes[i], wanted[i], 300);
        assert_ok(mlx_array_free(nodes[i]));
        assert_ok(mlx_array_free(wanted[i]));
    }
    for (int i = 0; i < 4; i++) assert_ok(mlx_stream_free(streams[i]));
    assert_ok(mlx_stream_free(alone));
    assert_ok(mlx_array_free(taps));
    assert_ok(mlx_device_free(cpu));
    return NULL;
}

static void graphs_on_eight_threads(void **state) {
    (void)state;
    if (!is_there) return;
    pthread_t threads[8];
    for (uintptr_t i = 0; i < 8; i++) assert_int_equal(pthread_create(&threads[i], NULL, graph, (void *)(i + 1)), 0);
    for (int i = 0; i < 8; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void the_default_device(void **state) {
    (void)state;
    if (!is_there) return;
    mlx_device before = mlx_device_new();
    assert_ok(mlx_get_default_device(&before));
    assert_ok(mlx_set_default_device(gpu));
    mlx_stream stream = mlx_default_stream_new();
    mlx_device device = mlx_device_new();
    assert_ok(mlx_stream_get_device(&device, stream));
    assert_true(mlx_device_equal(device, gpu));
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain(1000, 31, MLX_FLOAT32, MLX_MODE_FULL, &text));
    assert_non_null(strstr(mlx_string_data(text), "\ndevice: Device(gpu, 0), "));
    assert_non_null(strstr(mlx_string_data(text), "\nmethod: direct sums on the GPU"));
    assert_ok(mlx_convolve_explain(1000, 31, MLX_INT32, MLX_MODE_FULL, &text));
    assert_non_null(strstr(mlx_string_data(text), "\nmethod: direct sums on the GPU"));
    assert_ok(mlx_convolve_explain(100000, 2000, MLX_FLOAT16, MLX_MODE_FULL, &text));
    assert_non_null(strstr(mlx_string_data(text), "\nmethod: fft, overlap-save on the GPU\nblock: 4096 points, "));
    assert_ok(mlx_convolve_explain(100000, 5000, MLX_INT32, MLX_MODE_FULL, &text));
    assert_non_null(strstr(mlx_string_data(text), "\ncore: the CPU's, because the GPU core sums at most 4096 taps of this "
                                                  "dtype directly, and transforms do not serve\nmethod: "));
    assert_fails(mlx_convolve_explain(1000, 31, MLX_FLOAT64, MLX_MODE_FULL, &text), MLX_STATUS_UNSUPPORTED, "float64");
    assert_ok(mlx_set_default_device(before));
    assert_ok(mlx_string_free(text));
    assert_ok(mlx_device_free(device));
    assert_ok(mlx_device_free(before));
    assert_ok(mlx_stream_free(stream));
}

/* No call is a cancellation point, whatever the driver does in it. */
static void *call_while_cancelled(void *done) {
    mlx_stream stream = mlx_stream_new_device(gpu);
    mlx_array x = random_floats((int[]){100000}, 1, 8), h = random_floats((int[]){100}, 1, 9), y = mlx_array_new();
    pthread_cancel(pthread_self());
    int *steps = done;
    *steps += mlx_convolve(&x, &h, MLX_MODE_SAME, stream, &y) == MLX_STATUS_SUCCESS;
    *steps += mlx_array_eval(y) == MLX_STATUS_SUCCESS;
    *steps += mlx_array_data_float32(y) != NULL;
    *steps += mlx_synchronize(stream) == MLX_STATUS_SUCCESS;
    *steps += mlx_array_free(y) == MLX_STATUS_SUCCESS && mlx_array_free(x) == MLX_STATUS_SUCCESS;
    *steps += mlx_array_free(h) == MLX_STATUS_SUCCESS && mlx_stream_free(stream) == MLX_STATUS_SUCCESS;
    *steps += mlx_clear_cache() == MLX_STATUS_SUCCESS;
    pthread_testcancel();
    return NULL;
}

static void cancelled_threads_end_after_the_call(void **state) {
    (void)state;
    if (!is_there) return;
    pthread_t thread;
    int steps = 0;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, call_while_cancelled, &steps), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal(steps, 7);
    assert_ptr_equal(result, PTHREAD_CANCELED);
}

/* The child has none of the parent's GPU; the parent goes on. */
static void forked_children_have_none(void **state) {
    (void)state;
    if (!is_there) return;
    mlx_stream stream = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    mlx_array x = random_floats((int[]){5000}, 1, 8), h = random_floats((int[]){100}, 1, 9), y = mlx_array_new(),
              there = mlx_array_new(), want = mlx_array_new();
    assert_ok(mlx_convolve(&x, &h, MLX_MODE_SAME, stream, &y));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool right = mlx_array_eval(y) == MLX_STATUS_DEVICE_LOST && mlx_array_data_float32(y) == NULL;
        right &= mlx_convolve(&x, &h, MLX_MODE_SAME, stream, &there) == MLX_STATUS_DEVICE_LOST;
        right &= mlx_stream_new_device(gpu).ctx == NULL && mlx_default_gpu_stream_new().ctx == NULL;
        right &= mlx_convolve(&x, &h, MLX_MODE_SAME, on_cpu, &there) == MLX_STATUS_SUCCESS;
        right &= mlx_array_eval(there) == MLX_STATUS_SUCCESS && mlx_clear_cache() == MLX_STATUS_SUCCESS;
        right &= mlx_array_free(y) == MLX_STATUS_SUCCESS && mlx_stream_free(stream) == MLX_STATUS_SUCCESS;
        _exit(right ? 0 : 1);
    }
    int outcome = -1;
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_int_equal(outcome, 0);
    assert_ok(mlx_convolve(&x, &h, MLX_MODE_SAME, on_cpu, &want));
    assert_same(y, want, 100);
    mlx_array *arrays[] = {&x, &h, &y, &there, &want};
    for (int i = 0; i < 5; i++) assert_ok(mlx_array_free(*arrays[i]));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_stream_free(on_cpu));
}

/* Runs this program anew, with an argument. */
static void run_again(char *with) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *program[] = {"/proc/self/exe", with, NULL};
        execv(program[0], program);
        _exit(2);
    }
    int outcome = -1;
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_int_equal(outcome, 0);
}

/* A process may end while the GPU works. */
static void exit_with_work_queued(void **state) {
    (void)state;
    if (is_there) run_again("exit");
}

/* Memory that runs out is a status, after which everything goes on. */
static void memory_runs_out(void **state) {
    (void)state;
    if (is_there) run_again("shortage");
}

static int leave_work_behind(void) {
    mlx_stream stream = mlx_default_gpu_stream_new();
    mlx_array x = random_floats((int[]){1 << 20}, 1, 8), h = random_floats((int[]){2000}, 1, 9), y = mlx_array_new();
    for (int i = 0; i < 3; i++)
        if (mlx_convolve(&x, &h, MLX_MODE_SAME, stream, &y) != MLX_STATUS_SUCCESS) return 3;
    return 0;
}

/* In software, a GPU's memory is the process's. */
static int run_out_of_memory(void) {
    enum { LEN = 1 << 26, SMALL = 1000 };
    float *values = calloc(LEN, sizeof *values);
    mlx_stream stream = mlx_default_gpu_stream_new(), on_cpu = mlx_default_cpu_stream_new();
    mlx_array h = random_floats((int[]){9}, 1, 9), x = random_floats((int[]){SMALL}, 1, 8), y = mlx_array_new();
    if (mlx_convolve(&x, &h, MLX_MODE_SAME, stream, &y) != MLX_STATUS_SUCCESS || mlx_array_eval(y)) return 3;
    mlx_array large = mlx_array_new_data_managed(values, (int[]){LEN}, 1, MLX_FLOAT32, free), want = mlx_array_new();
    FILE *memory = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (!values || !memory || fscanf(memory, "%lu", &pages) != 1) return 4;
    fclose(memory);
    rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (100u << 20);
    if (setrlimit(RLIMIT_AS, &(struct rlimit){limit, RLIM_INFINITY})) return 5;
    for (int i = 0; i < 3; i++)
        if (mlx_convolve(&large, &h, MLX_MODE_SAME, stream, &y) != MLX_STATUS_OUT_OF_MEMORY) return 6 + i;
    mlx_stream another = mlx_stream_new_device(gpu);
    for (int i = 0; i < 3; i++)
        if (mlx_convolve(&x, &h, MLX_MODE_SAME, i ? stream : another, &y) || mlx_array_eval(y)) return 10 + i;
    if (mlx_convolve(&x, &h, MLX_MODE_SAME, on_cpu, &want)) return 13;
    assert_same(y, want, 9);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) gpu = mlx_device_new_type(MLX_GPU, 0);
    if (argc > 1 && strcmp(argv[1], "shortage") == 0) return run_out_of_memory();
    if (argc > 1 && strcmp(argv[1], "exit") == 0) return leave_work_behind();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_device_there_is_a_status), cmocka_unit_test(all_modes_and_shapes),
        cmocka_unit_test(options_and_views),                  cmocka_unit_test(elements_far_apart),
        cmocka_unit_test(the_rest_is_computed_too),           cmocka_unit_test(chains_never_visit_the_host),
        cmocka_unit_test(graphs_on_eight_threads),            cmocka_unit_test(the_default_device),
        cmocka_unit_test(cancelled_threads_end_after_the_call), cmocka_unit_test(forked_children_have_none),          cmocka_unit_test(exit_with_work_queued),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, find_gpu, free_gpu);
}
