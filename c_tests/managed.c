/* mlx_array_new_data_managed borrows a buffer and gives it back exactly once, after the last reader is done. */
#include "support.h"

enum { LEN = 64 };

/* What a destructor saw. */
static struct {
    int calls;
    void *argument;
} returned;

static void give_back(void *argument) {
    returned.calls++;
    returned.argument = argument;
}

static int forget(void **state) {
    (void)state;
    returned.calls = 0;
    returned.argument = NULL;
    return 0;
}

static float buffer[LEN];
static const int shape[1] = {LEN};

static mlx_array borrow(void) {
    mlx_array array = mlx_array_new_data_managed(buffer, shape, 1, MLX_FLOAT32, give_back);
    assert_non_null(array.ctx);
    assert_int_equal(returned.calls, 0);
    return array;
}

static void assert_returned(const void *argument) {
    assert_int_equal(returned.calls, 1);
    assert_ptr_equal(returned.argument, argument);
}

static void borrows_without_copying(void **state) {
    (void)state;
    mlx_array array = borrow();
    assert_ptr_equal(mlx_array_data_float32(array), buffer);
    assert_ok(mlx_array_free(array));
    assert_returned(buffer);
}

static void payload_goes_to_the_destructor(void **state) {
    (void)state;
    int payload;
    mlx_array array = mlx_array_new_data_managed_payload(buffer, shape, 1, MLX_FLOAT32, &payload, give_back);
    assert_ptr_equal(mlx_array_data_float32(array), buffer);
    assert_ok(mlx_array_free(array));
    assert_returned(&payload);
}

static void null_payload_is_passed_on(void **state) {
    (void)state;
    returned.argument = buffer;
    mlx_array array = mlx_array_new_data_managed_payload(buffer, shape, 1, MLX_FLOAT32, NULL, give_back);
    assert_ok(mlx_array_free(array));
    assert_returned(NULL);
}

static void null_destructor_means_never_freed(void **state) {
    (void)state;
    mlx_array plain = mlx_array_new_data_managed(buffer, shape, 1, MLX_FLOAT32, NULL);
    mlx_array with_payload = mlx_array_new_data_managed_payload(buffer, shape, 1, MLX_FLOAT32, buffer, NULL);
    assert_non_null(plain.ctx);
    assert_non_null(with_payload.ctx);
    assert_ok(mlx_array_free(plain));
    assert_ok(mlx_array_free(with_payload));
    assert_int_equal(returned.calls, 0);
}

/* The original, a copy made by mlx_array_set, a view and a view of the view, freed in every order. */
static void last_reader_in_any_order(void **state) {
    (void)state;
    for (int order = 0; order < 24; order++) {
        forget(NULL);
        mlx_array readers[4] = {borrow(), mlx_array_new(), {NULL}, {NULL}};
        assert_ok(mlx_array_set(&readers[1], readers[0]));
        readers[2] = strided_view(readers[0], LEN / 2, -2, LEN - 1);
        readers[3] = strided_view(readers[0], 4, 3, 1);
        int left[4] = {0, 1, 2, 3};
        for (int count = 4, digits = order; count > 0; digits /= count, count--) {
            int pick = digits % count;
            assert_int_equal(returned.calls, 0);
            assert_ok(mlx_array_free(readers[left[pick]]));
            left[pick] = left[count - 1];
        }
        assert_returned(buffer);
    }
}

/* Memory that would go on at address 0 is none. */
static void memory_that_wraps_around_is_refused(void **state) {
    (void)state;
    const uintptr_t end = UINTPTR_MAX - 63; /* 64 bytes are left before it wraps, of which a pointer may have 63 */
    const int fits[1] = {15}, wraps[1] = {16}, far_too_many[1] = {INT32_MAX};
    mlx_array array = mlx_array_new_data_managed((void *)end, fits, 1, MLX_FLOAT32, NULL);
    assert_non_null(array.ctx);
    assert_ok(mlx_array_free(array));
    for (int i = 0; i < 2; i++) {
        array = mlx_array_new_data_managed((void *)end, i == 0 ? wraps : far_too_many, 1, MLX_FLOAT32, give_back);
        assert_null(array.ctx);
        assert_non_null(strstr(mlx_last_error(), "data: "));
    }
    assert_int_equal(returned.calls, 0);
}

static void rebinding_releases(void **state) {
    (void)state;
    mlx_array array = borrow();
    assert_ok(mlx_array_set_data(&array, buffer, shape, 1, MLX_FLOAT32));
    assert_returned(buffer);
    assert_ptr_not_equal(mlx_array_data_float32(array), buffer);
    assert_ok(mlx_array_free(array));
    assert_returned(buffer);
}

static void setting_to_itself_keeps(void **state) {
    (void)state;
    mlx_array array = borrow();
    assert_ok(mlx_array_set(&array, array));
    assert_int_equal(returned.calls, 0);
    assert_ptr_equal(mlx_array_data_float32(array), buffer);
    assert_ok(mlx_array_free(array));
    assert_returned(buffer);
}

/* A convolution is a reader until it is done, a result is not one. */
static void convolution_reads_then_returns(void **state) {
    (void)state;
    mlx_stream stream = mlx_default_stream_new();
    mlx_array array = borrow(), out = mlx_array_new();
    assert_ok(mlx_convolve(&array, &array, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_array_free(array));
    assert_ok(mlx_synchronize(stream));
    assert_returned(buffer);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
    assert_returned(buffer);
}

static void result_over_the_input_returns_it(void **state) {
    (void)state;
    mlx_stream stream = mlx_default_stream_new();
    mlx_array array = borrow();
    assert_ok(mlx_convolve(&array, &array, MLX_MODE_FULL, stream, &array));
    assert_ok(mlx_synchronize(stream));
    assert_returned(buffer);
    assert_int_equal(mlx_array_size(array), 2 * LEN - 1);
    assert_ok(mlx_array_free(array));
    assert_returned(buffer);
    assert_ok(mlx_stream_free(stream));
}

static void failure_does_not_call_it(void **state) {
    (void)state;
    const int negative[1] = {-1};
    assert_null(mlx_array_new_data_managed(NULL, shape, 1, MLX_FLOAT32, give_back).ctx);
    assert_null(mlx_array_new_data_managed(buffer, negative, 1, MLX_FLOAT32, give_back).ctx);
    assert_null(mlx_array_new_data_managed(buffer, shape, 1, 99, give_back).ctx);
    assert_null(mlx_array_new_data_managed((char *)buffer + 1, shape, 1, MLX_FLOAT32, give_back).ctx);
    assert_null(mlx_array_new_data_managed_payload(NULL, shape, 1, MLX_FLOAT32, buffer, give_back).ctx);
    assert_int_equal(returned.calls, 0);
}

/* The destructor may use the library: no lock is held around it. */
static void convolve_and_give_back(void *argument) {
    mlx_array one = mlx_array_new_float(1);
    mlx_array view = strided_view(one, 3, 0, 0);
    mlx_stream stream = mlx_default_stream_new();
    assert_ok(mlx_convolve(&view, &view, MLX_MODE_FULL, stream, &view));
    assert_ok(mlx_stream_free(stream));
    assert_ok(mlx_array_free(view));
    assert_ok(mlx_array_free(one));
    give_back(argument);
}

static void destructor_may_call_the_library(void **state) {
    (void)state;
    mlx_array array = mlx_array_new_data_managed(buffer, shape, 1, MLX_FLOAT32, convolve_and_give_back);
    assert_ok(mlx_array_free(array));
    assert_returned(buffer);
}

#define after_forgetting(test) cmocka_unit_test_setup(test, forget)

int main(void) {
    const struct CMUnitTest tests[] = {
        after_forgetting(borrows_without_copying),
        after_forgetting(payload_goes_to_the_destructor),
        after_forgetting(null_payload_is_passed_on),
        after_forgetting(null_destructor_means_never_freed),
        after_forgetting(last_reader_in_any_order),
        after_forgetting(memory_that_wraps_around_is_refused),
        after_forgetting(rebinding_releases),
        after_forgetting(setting_to_itself_keeps),
        after_forgetting(convolution_reads_then_returns),
        after_forgetting(result_over_the_input_returns_it),
        after_forgetting(failure_does_not_call_it),
        after_forgetting(destructor_may_call_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
