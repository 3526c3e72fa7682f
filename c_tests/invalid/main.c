#include "walk.h"

#include <ctype.h>
#include <unistd.h>

void *contexts[CONTEXTS];
mlx_array array, kept_array;
mlx_string string, kept_string;
mlx_device device, kept_device;
mlx_stream stream, kept_stream;
union results result;
const int32_t wrong_values[WRONG_VALUES] = {-1, 14, 255, INT32_MAX, INT32_MIN};

/* Enough for all of the header's functions and for the first failures. */
static const char *walked[400];
static size_t walked_len;
static char failures[20000];
static size_t failures_len;

static void fail_walk(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(failures + failures_len, sizeof failures - failures_len, format, arguments);
    va_end(arguments);
    if (written > 0 && failures_len + (size_t)written < sizeof failures) {
        failures_len += (size_t)written;
    }
}

/* "array_new" of mlx_array_new and of mlx_convolve_array_new, its name in the library. */
static const char *short_name(const char *function) {
    function += strlen("mlx_");
    return strncmp(function, "convolve_", 9) == 0 ? function + 9 : function;
}

static bool was_walked(const char *function) {
    for (size_t i = 0; i < walked_len; i++) {
        if (strcmp(short_name(walked[i]), short_name(function)) == 0) {
            return true;
        }
    }
    return false;
}

void before_call(const char *function) {
    if (!was_walked(function) && walked_len < sizeof walked / sizeof *walked) {
        walked[walked_len++] = function;
    }
    memset(result.bytes, 0xa5, sizeof result.bytes);
    mlx_set_num_threads(-4242); /* a message that no other failure has */
}

static void check_destinations(const char *call) {
    bool same = true;
    for (size_t i = 0; i < sizeof result.bytes; i++) {
        same = same && result.bytes[i] == 0xa5;
    }
    if (!same) {
        fail_walk("%s: wrote its result\n", call);
    }
    if (mlx_array_size(kept_array) != 1 || *mlx_array_data_float32(kept_array) != 5) {
        fail_walk("%s: changed its destination array\n", call);
    }
    if (strcmp(mlx_string_data(kept_string), "kept") != 0) {
        fail_walk("%s: changed its destination string\n", call);
    }
    if (!mlx_device_equal(kept_device, device) || !mlx_stream_equal(kept_stream, stream)) {
        fail_walk("%s: changed its destination device or stream\n", call);
    }
}

/* Whether `message` holds `word` with no letter, digit or underscore beside it. */
static bool has_word(const char *message, const char *word, size_t len) {
    for (const char *at = message; *at != 0; at++) {
        bool starts = at == message || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        if (starts && strncmp(at, word, len) == 0 && !isalnum((unsigned char)at[len]) && at[len] != '_') {
            return true;
        }
    }
    return false;
}

static void check_message(const char *words, const char *call) {
    const char *message = mlx_last_error();
    if (strstr(message, "4242") != NULL) {
        fail_walk("%s: left no message\n", call);
        return;
    }
    while (*words != 0) {
        size_t len = strcspn(words, " ");
        if (!has_word(message, words, len)) {
            fail_walk("%s: no \"%.*s\" in \"%s\"\n", call, (int)len, words, message);
        }
        words += len + (words[len] == ' ');
    }
}

void after_status(const char *words, const char *call, mlx_status status) {
    if (status != MLX_STATUS_INVALID_ARGUMENT) {
        fail_walk("%s: status %d, \"%s\"\n", call, (int)status, mlx_last_error());
    } else {
        check_message(words, call);
    }
    check_destinations(call);
}

void after_value(const char *words, const char *call, bool is_failure) {
    if (!is_failure) {
        fail_walk("%s: no failure\n", call);
    } else {
        check_message(words, call);
    }
    check_destinations(call);
}

void after_success(const char *call, mlx_status status) {
    if (status != MLX_STATUS_SUCCESS) {
        fail_walk("%s: status %d, \"%s\"\n", call, (int)status, mlx_last_error());
    }
    check_destinations(call);
}

void check_context(bool unchanged, const char *function) {
    if (!unchanged) {
        fail_walk("%s: wrote to a foreign handle\n", function);
    }
}

static int open_arguments(void **state) {
    static uint64_t zeros[16], ones[16];
    const float values[] = {1, 2, 3};
    (void)state;
    array = array_of(&all_dtypes[MLX_FLOAT32], values, 3);
    string = mlx_string_new_data("text");
    device = mlx_device_new_type(MLX_CPU, 0);
    stream = mlx_stream_new_device(device);
    kept_array = mlx_array_new_float(5);
    kept_string = mlx_string_new_data("kept");
    kept_device = mlx_device_new();
    kept_stream = mlx_stream_new();
    assert_ok(mlx_device_set(&kept_device, device));
    assert_ok(mlx_stream_set(&kept_stream, stream));
    memset(ones, 0xff, sizeof ones);
    contexts[EMPTY] = NULL;
    contexts[ZEROS] = zeros;
    contexts[ONES] = ones;
    contexts[ODD_ADDRESS] = (char *)zeros + 1;
    contexts[LIVE + ARRAY] = array.ctx;
    contexts[LIVE + STRING] = string.ctx;
    contexts[LIVE + DEVICE] = device.ctx;
    contexts[LIVE + STREAM] = stream.ctx;
    return 0;
}

static int close_arguments(void **state) {
    (void)state;
    return mlx_array_free(array) || mlx_array_free(kept_array) || mlx_string_free(string) ||
           mlx_string_free(kept_string) || mlx_device_free(device) || mlx_device_free(kept_device) ||
           mlx_stream_free(stream) || mlx_stream_free(kept_stream);
}

/* Runs a part with stdout and stderr in a file, which stays empty; then tells what failed. */
static void run_silently(void (*part)(void)) {
    FILE *spoken = tmpfile();
    assert_non_null(spoken);
    fflush(stdout);
    fflush(stderr);
    int old_stdout = dup(1), old_stderr = dup(2);
    dup2(fileno(spoken), 1);
    dup2(fileno(spoken), 2);
    failures_len = 0;
    part();
    fflush(stdout);
    fflush(stderr);
    dup2(old_stdout, 1);
    dup2(old_stderr, 2);
    close(old_stdout);
    close(old_stderr);
    char words[200] = "";
    rewind(spoken);
    size_t length = fread(words, 1, sizeof words - 1, spoken);
    fclose(spoken);
    if (failures_len > 0) {
        print_error("%s", failures);
        fail();
    }
    if (length > 0) {
        fail_msg("the library printed \"%.*s\"", (int)length, words);
    }
}

static void arrays(void **state) { (void)state, run_silently(walk_arrays); }
static void items_and_data(void **state) { (void)state, run_silently(walk_items_and_data); }
static void convolve(void **state) { (void)state, run_silently(walk_convolve); }
static void options(void **state) { (void)state, run_silently(walk_options); }
static void devices_and_streams(void **state) { (void)state, run_silently(walk_devices_and_streams); }
static void the_rest(void **state) { (void)state, run_silently(walk_the_rest); }

/* The name that a declaration in the header declares: what stands before its first parenthesis. */
static bool declared_name(const char *line, char name[100]) {
    size_t end = strcspn(line, "(");
    size_t start = end;
    while (start > 0 && (isalnum((unsigned char)line[start - 1]) || line[start - 1] == '_')) {
        start--;
    }
    bool declares = line[end] == '(' && end - start < 100 && strncmp(line + start, "mlx_", 4) == 0;
    if (declares) {
        memcpy(name, line + start, end - start);
        name[end - start] = 0;
    }
    return declares;
}

/* Declarations begin in the first column of the header; comments, macros and their second lines do not. */
static void every_function_was_walked(void **state) {
    (void)state;
    FILE *header = fopen(MLX_CONVOLVE_HEADER, "r");
    assert_non_null(header);
    char line[1000], name[100];
    size_t functions = 0, missing = 0;
    while (fgets(line, sizeof line, header) != NULL) {
        if (!isalpha((unsigned char)line[0]) || !declared_name(line, name)) {
            continue;
        }
        functions++;
        if (!was_walked(name)) {
            print_error("not walked: %s\n", name);
            missing++;
        }
    }
    fclose(header);
    assert_in_range(functions, 101, 400); /* the functions of version 0.1, or this cannot read the header any more */
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays),
        cmocka_unit_test(items_and_data),
        cmocka_unit_test(convolve),
        cmocka_unit_test(options),
        cmocka_unit_test(devices_and_streams),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(every_function_was_walked),
    };
    return cmocka_run_group_tests(tests, open_arguments, close_arguments);
}
