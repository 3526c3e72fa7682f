/* Streams: identity, defaults per thread, order of work. */
#include "support.h"

#include <pthread.h>

static mlx_device cpu;

static int open_cpu(void **state) {
    (void)state;
    cpu = mlx_device_new_type(MLX_CPU, 0);
    return cpu.ctx == NULL;
}

static int close_cpu(void **state) {
    (void)state;
    return mlx_device_free(cpu);
}

static void new_streams_are_distinct(void **state) {
    (void)state;
    mlx_stream one = mlx_stream_new_device(cpu), two = mlx_stream_new_device(cpu), empty = mlx_stream_new();
    assert_null(empty.ctx);
    assert_true(mlx_stream_equal(one, one));
    assert_false(mlx_stream_equal(one, two));
    assert_false(mlx_stream_equal(one, empty));
    int first = -1, second = -1;
    assert_ok(mlx_stream_get_index(&first, one));
    assert_ok(mlx_stream_get_index(&second, two));
    assert_int_not_equal(first, second);
    mlx_device device = mlx_device_new();
    assert_ok(mlx_stream_get_device(&device, one));
    assert_true(mlx_device_equal(device, cpu));
    assert_ok(mlx_device_free(device));
    mlx_string text = mlx_string_new();
    char want[64];
    snprintf(want, sizeof want, "Stream(Device(cpu, 0), %d)", first); /* MLX's form */
    assert_ok(mlx_stream_tostring(&text, one));
    assert_string_equal(mlx_string_data(text), want);
    assert_ok(mlx_string_free(text));
    assert_ok(mlx_stream_free(one));
    assert_ok(mlx_stream_free(two));
    assert_ok(mlx_stream_free(empty));
}

static void set_makes_an_equal_one(void **state) {
    (void)state;
    mlx_stream source = mlx_stream_new_device(cpu), stream = mlx_stream_new();
    assert_ok(mlx_stream_set(&stream, source));
    assert_true(mlx_stream_equal(stream, source));
    mlx_stream copy = stream, other = mlx_stream_new_device(cpu);
    assert_ok(mlx_stream_set(&stream, other));
    assert_ptr_equal(stream.ctx, copy.ctx);
    assert_true(mlx_stream_equal(copy, other));
    assert_ok(mlx_stream_free(source));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_stream_free(other));
}

static void defaults_of_the_device(void **state) {
    (void)state;
    mlx_stream python_none = mlx_default_stream_new(), cpu_default = mlx_default_cpu_stream_new();
    mlx_stream got = mlx_stream_new();
    assert_ok(mlx_get_default_stream(&got, cpu));
    assert_true(mlx_stream_equal(got, cpu_default));
    mlx_device device = mlx_device_new(), current = mlx_device_new();
    assert_ok(mlx_stream_get_device(&device, python_none));
    assert_ok(mlx_get_default_device(&current));
    assert_true(mlx_device_equal(device, current));
    assert_ok(mlx_device_free(device));
    assert_ok(mlx_device_free(current));
    assert_ok(mlx_stream_free(python_none));
    assert_ok(mlx_stream_free(cpu_default));
    assert_ok(mlx_stream_free(got));
}

static void *default_of_another_thread(void *mine) {
    mlx_stream theirs = mlx_default_cpu_stream_new();
    assert_non_null(theirs.ctx);
    bool same = mlx_stream_equal(theirs, *(mlx_stream *)mine);
    assert_ok(mlx_stream_free(theirs));
    return same ? mine : NULL;
}

static void defaults_are_per_thread(void **state) {
    (void)state;
    mlx_stream before = mlx_default_cpu_stream_new(), chosen = mlx_stream_new_device(cpu);
    assert_ok(mlx_set_default_stream(chosen));
    mlx_stream after = mlx_default_cpu_stream_new();
    assert_true(mlx_stream_equal(after, chosen));
    assert_ok(mlx_set_default_stream(before));
    const mlx_stream mine[] = {before, chosen};
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *same;
        assert_int_equal(pthread_create(&thread, NULL, default_of_another_thread, (void *)&mine[i]), 0);
        assert_int_equal(pthread_join(thread, &same), 0);
        assert_null(same);
    }
    assert_ok(mlx_stream_free(before));
    assert_ok(mlx_stream_free(chosen));
    assert_ok(mlx_stream_free(after));
}

/* Work may outlive the last handle of its stream. */
static void freed_stream_still_delivers(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_INT64];
    const size_t n = quick() ? 2000 : 30000, k = quick() ? 300 : 2000;
    int64_t *a = take(n * sizeof *a), *v = take(k * sizeof *v);
    fill_random(dtype, a, n, 1);
    fill_random(dtype, v, k, 2);
    mlx_stream stream = mlx_stream_new_device(cpu);
    mlx_array a_array = array_of(dtype, a, n), v_array = array_of(dtype, v, k), out = mlx_array_new();
    assert_ok(mlx_convolve(&a_array, &v_array, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    void *want = through_into(dtype, a, n, v, k, MLX_MODE_SAME);
    assert_memory_equal(mlx_array_data_int64(out), want, n * sizeof *a);
    assert_ok(mlx_array_free(out));
    free(want);
    free(a);
    free(v);
}

static void synchronize_idle(void **state) {
    (void)state;
    mlx_stream stream = mlx_stream_new_device(cpu);
    assert_ok(mlx_synchronize(stream));
    assert_ok(mlx_synchronize(stream));
    assert_ok(mlx_stream_free(stream));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_streams_are_distinct),  cmocka_unit_test(set_makes_an_equal_one),
        cmocka_unit_test(defaults_of_the_device),    cmocka_unit_test(defaults_are_per_thread),
        cmocka_unit_test(freed_stream_still_delivers), cmocka_unit_test(synchronize_idle),
    };
    return cmocka_run_group_tests(tests, open_cpu, close_cpu);
}
