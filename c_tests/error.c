/* Statuses, mlx_last_error per thread, and the process-wide error handler. */
#include "support.h"

#include <pthread.h>

/* One failure that every test can provoke; it names `mode` and its value. */
static mlx_status fail_with_mode(mlx_mode mode) {
    const float one = 1;
    float out;
    return mlx_convolve_into(&one, 1, &one, 1, MLX_FLOAT32, mode, &out, 1);
}

typedef struct {
    int calls, released;
    char message[200];
    pthread_t thread;
    bool use_library;
    char last_error[200]; /* as the handler saw it */
} witness;

static void handle(const char *message, void *data) {
    witness *seen = data;
    seen->calls++;
    seen->thread = pthread_self();
    snprintf(seen->message, sizeof seen->message, "%s", message);
    snprintf(seen->last_error, sizeof seen->last_error, "%s", mlx_last_error());
    if (seen->use_library) {
        seen->use_library = false;
        mlx_array array = mlx_array_new_float(2);
        assert_ok(mlx_array_free(array));
        assert_ok(mlx_set_num_threads(0));
        assert_fails(fail_with_mode(77), MLX_STATUS_INVALID_ARGUMENT, "77");
    }
}

static void release(void *data) { ((witness *)data)->released++; }

static int no_handler(void **state) {
    (void)state;
    mlx_set_error_handler(NULL, NULL, NULL);
    return 0;
}

static void status_numbers_and_strings(void **state) {
    (void)state;
    const mlx_status all[] = {MLX_STATUS_SUCCESS,       MLX_STATUS_INVALID_ARGUMENT,   MLX_STATUS_UNSUPPORTED,
                              MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_DEVICE_UNAVAILABLE, MLX_STATUS_DEVICE_LOST,
                              MLX_STATUS_INTERNAL};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(all[i], i);
        assert_true(strlen(mlx_status_string(all[i])) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(mlx_status_string(all[i]), mlx_status_string(all[j]));
        }
    }
    assert_non_null(mlx_status_string(7));
    assert_non_null(mlx_status_string(-1));
    assert_non_null(mlx_status_string(INT32_MIN));
}

static void message_names_the_argument_and_stays(void **state) {
    (void)state;
    assert_fails(fail_with_mode(41), MLX_STATUS_INVALID_ARGUMENT, "mode");
    assert_non_null(strstr(mlx_last_error(), "41"));
    const char *message = mlx_last_error();
    char copy[200];
    snprintf(copy, sizeof copy, "%s", message);
    mlx_array array = mlx_array_new_float(1); /* successes leave it alone */
    assert_ok(mlx_array_eval(array));
    assert_ok(mlx_array_free(array));
    assert_ptr_equal(mlx_last_error(), message);
    assert_string_equal(message, copy);
}

static void *first_words_of_a_thread(void *unused) {
    (void)unused;
    assert_non_null(mlx_last_error());
    assert_string_equal(mlx_last_error(), "");
    assert_fails(fail_with_mode(52), MLX_STATUS_INVALID_ARGUMENT, "52");
    return NULL;
}

static void each_thread_has_its_own_message(void **state) {
    (void)state;
    assert_fails(fail_with_mode(51), MLX_STATUS_INVALID_ARGUMENT, "51");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, first_words_of_a_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(strstr(mlx_last_error(), "51"));
}

static void handler_gets_the_message_on_this_thread(void **state) {
    (void)state;
    witness seen = {0};
    mlx_set_error_handler(handle, &seen, release);
    assert_int_equal(fail_with_mode(61), MLX_STATUS_INVALID_ARGUMENT);
    assert_int_equal(seen.calls, 1);
    assert_true(pthread_equal(seen.thread, pthread_self()));
    assert_non_null(strstr(seen.message, "61"));
    /* Last of all: what the failure leaves behind was already there. */
    assert_string_equal(seen.last_error, seen.message);
    assert_string_equal(mlx_last_error(), seen.message);
    assert_ok(mlx_set_num_threads(0));
    assert_int_equal(seen.calls, 1);
    mlx_set_error_handler(NULL, NULL, NULL);
    assert_int_equal(fail_with_mode(62), MLX_STATUS_INVALID_ARGUMENT);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.released, 1);
}

static void constructors_tell_the_handler_too(void **state) {
    (void)state;
    witness seen = {0};
    mlx_set_error_handler(handle, &seen, NULL);
    const int negative[1] = {-3};
    const float value = 0;
    mlx_array array = mlx_array_new_data(&value, negative, 1, MLX_FLOAT32);
    assert_null(array.ctx);
    assert_int_equal(seen.calls, 1);
    assert_non_null(strstr(seen.message, "shape"));
    assert_non_null(strstr(seen.message, "-3"));
}

static void handler_may_call_the_library(void **state) {
    (void)state;
    witness seen = {.use_library = true};
    mlx_set_error_handler(handle, &seen, NULL);
    assert_fails(fail_with_mode(71), MLX_STATUS_INVALID_ARGUMENT, "71"); /* not the message of the call inside */
    assert_false(seen.use_library);
}

static void replaced_data_is_released_once(void **state) {
    (void)state;
    witness first = {0}, second = {0};
    mlx_set_error_handler(handle, &first, release);
    assert_int_equal(first.released, 0);
    mlx_set_error_handler(handle, &second, release);
    assert_int_equal(first.released, 1);
    assert_int_equal(fail_with_mode(81), MLX_STATUS_INVALID_ARGUMENT);
    assert_int_equal(first.calls, 0);
    assert_int_equal(second.calls, 1);
    mlx_set_error_handler(NULL, NULL, NULL);
    mlx_set_error_handler(NULL, NULL, NULL);
    assert_int_equal(first.released, 1);
    assert_int_equal(second.released, 1);
}

static void *fail_elsewhere(void *unused) {
    (void)unused;
    fail_with_mode(91);
    return NULL;
}

static void handler_is_process_wide(void **state) {
    (void)state;
    witness seen = {0};
    mlx_set_error_handler(handle, &seen, NULL);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen.calls, 1);
    assert_false(pthread_equal(seen.thread, pthread_self()));
}

/* A handler that replaces itself: its data goes when it has returned, once. */
static void replace_itself(const char *message, void *data) {
    (void)message;
    witness *seen = data;
    mlx_set_error_handler(NULL, NULL, NULL);
    seen->calls++;
    assert_true(seen->released <= 1);
}

static void handler_may_replace_itself(void **state) {
    (void)state;
    witness seen = {0};
    mlx_set_error_handler(replace_itself, &seen, release);
    assert_int_equal(fail_with_mode(101), MLX_STATUS_INVALID_ARGUMENT);
    assert_int_equal(fail_with_mode(102), MLX_STATUS_INVALID_ARGUMENT);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.released, 1);
}

#define then_without_handler(test) cmocka_unit_test_teardown(test, no_handler)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_numbers_and_strings),
        cmocka_unit_test(message_names_the_argument_and_stays),
        cmocka_unit_test(each_thread_has_its_own_message),
        then_without_handler(handler_gets_the_message_on_this_thread),
        then_without_handler(constructors_tell_the_handler_too),
        then_without_handler(handler_may_call_the_library),
        then_without_handler(replaced_data_is_released_once),
        then_without_handler(handler_is_process_wide),
        then_without_handler(handler_may_replace_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
