/* Streams, and threads with streams of their own. */
#include "support.h"

#include <pthread.h>

enum { LEN = 20000, THREADS = 8, ROUNDS = 10, KINDS = 3 };
static const int taps_of[] = {5, 700};

/* Inputs that other streams make, and a result that another one reads; nothing is evaluated in between. */
static void across_streams(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        mlx_stream streams[4];
        for (int s = 0; s < 4; s++) {
            streams[s] = new_stream();
        }
        mlx_array a = noise(LEN, 1), v = noise(taps_of[i], 2), out = mlx_array_new(), again = mlx_array_new();
        mlx_array half = mlx_array_new_float(0.5f);
        assert_ok(mlx_multiply(&a, a, half, streams[0]));
        assert_ok(mlx_multiply(&v, v, half, streams[1]));
        assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, streams[2], &out));
        assert_ok(mlx_convolve(&out, &v, MLX_MODE_SAME, streams[3], &again));
        assert_ok(mlx_array_eval(again));
        assert_convolution(out, a, v, MLX_MODE_SAME);
        for (int s = 0; s < 4; s++) {
            assert_ok(mlx_synchronize(streams[s]));
            mlx_stream_free(streams[s]);
        }
        mlx_array_free(a), mlx_array_free(v), mlx_array_free(out), mlx_array_free(again), mlx_array_free(half);
    }
}

/* What the threads share: inputs with values, and the results of one thread. */
static mlx_array a, v[2], wanted[2];
static mlx_stream_thread_local of_each_thread;

static int inputs(void **state) {
    if (begin(state) != 0) {
        return 1;
    }
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    of_each_thread = mlx_stream_thread_local_new(cpu);
    mlx_device_free(cpu);
    a = noise(LEN, 1);
    for (int i = 0; i < 2; i++) {
        v[i] = noise(taps_of[i], 2);
        wanted[i] = mlx_array_new();
        if (mlx_convolve(&a, &v[i], MLX_MODE_FULL, stream, &wanted[i]) || mlx_array_eval(wanted[i])) {
            return 1;
        }
    }
    return 0;
}

static int no_inputs(void **state) {
    mlx_array_free(a);
    for (int i = 0; i < 2; i++) {
        mlx_array_free(v[i]), mlx_array_free(wanted[i]);
    }
    mlx_stream_thread_local_free(of_each_thread);
    return end(state);
}

/* The thread's default stream, a stream that the thread makes, and its own one of a thread-local stream. */
static mlx_stream stream_of_kind(int kind) {
    mlx_stream made = mlx_stream_new();
    switch (kind) {
    case 0: return mlx_default_cpu_stream_new();
    case 1: return new_stream();
    default: mlx_stream_from_thread_local(&made, of_each_thread); return made;
    }
}

/* Returns how many results were wrong. */
static void *convolve_often(void *argument) {
    intptr_t wrong = 0, kind = (intptr_t)argument % KINDS;
    mlx_stream mine = stream_of_kind((int)kind);
    for (int round = 0; round < ROUNDS; round++) {
        int i = round % 2;
        mlx_array out = mlx_array_new();
        bool right = mlx_convolve(&a, &v[i], MLX_MODE_FULL, mine, &out) == 0 && mlx_array_eval(out) == 0 &&
                     mlx_array_size(out) == mlx_array_size(wanted[i]);
        for (size_t n = 0; right && n < mlx_array_size(out); n++) {
            right = at(out, n) == at(wanted[i], n);
        }
        wrong += !right;
        mlx_array_free(out);
    }
    wrong += mlx_synchronize(mine) != 0;
    mlx_stream_free(mine);
    return (void *)wrong;
}

static void many_threads(void **state) {
    (void)state;
    pthread_t threads[THREADS * KINDS];
    for (intptr_t t = 0; t < THREADS * KINDS; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, convolve_often, (void *)t), 0);
    }
    for (int t = 0; t < THREADS * KINDS; t++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[t], &wrong), 0);
        assert_null(wrong);
    }
    assert_ok(0); /* and no thread had an error */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(across_streams),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, inputs, no_inputs);
}
