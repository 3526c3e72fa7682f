/* mlx_convolve_options as a struct: its layout, its defaults, and how it can grow. c_tests/invalid has the wrong numbers
 * in its fields. */
#include "support.h"

static const mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT;

enum { LARGEST = 4096, UNIT = sizeof(size_t) };

static void layout_has_no_padding(void **state) {
    (void)state;
    const size_t ends[] = {offsetof(mlx_convolve_options, size) + sizeof defaults.size,
                           offsetof(mlx_convolve_options, mode) + sizeof defaults.mode,
                           offsetof(mlx_convolve_options, dtype) + sizeof defaults.dtype,
                           offsetof(mlx_convolve_options, accuracy) + sizeof defaults.accuracy,
                           offsetof(mlx_convolve_options, boundary) + sizeof defaults.boundary,
                           offsetof(mlx_convolve_options, operation) + sizeof defaults.operation,
                           offsetof(mlx_convolve_options, subnormals) + sizeof defaults.subnormals,
                           offsetof(mlx_convolve_options, axis) + sizeof defaults.axis,
                           offsetof(mlx_convolve_options, reserved) + sizeof defaults.reserved,
                           offsetof(mlx_convolve_options, first) + sizeof defaults.first,
                           offsetof(mlx_convolve_options, count) + sizeof defaults.count};
    size_t end = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        end += i == 0 || i > 8 ? sizeof(size_t) : sizeof(int32_t);
        assert_int_equal(ends[i], end);
    }
    assert_int_equal(offsetof(mlx_convolve_options, size), 0);
    assert_int_equal(sizeof defaults, sizeof(size_t) == 8 ? 56 : 44);
}

static void defaults_are_what_the_header_says(void **state) {
    (void)state;
    assert_int_equal(defaults.size, sizeof defaults);
    assert_int_equal(defaults.mode, MLX_MODE_FULL);
    assert_int_equal(defaults.dtype, MLX_DTYPE_PROMOTED);
    assert_int_equal(defaults.accuracy, MLX_ACCURACY_NORMWISE);
    assert_int_equal(defaults.boundary, MLX_BOUNDARY_ZERO);
    assert_int_equal(defaults.operation, MLX_OPERATION_CONVOLVE);
    assert_int_equal(defaults.subnormals, MLX_SUBNORMALS_KEEP);
    assert_int_equal(defaults.axis, -1);
    assert_int_equal(defaults.reserved, 0);
    assert_int_equal(defaults.first, 0);
    assert_true(defaults.count == SIZE_MAX);
    /* Numbers stay what they are for ever. */
    const int32_t numbers[] = {MLX_DTYPE_PROMOTED,     MLX_ACCURACY_NORMWISE,   MLX_ACCURACY_COMPONENTWISE,
                               MLX_BOUNDARY_ZERO,      MLX_BOUNDARY_EDGE,       MLX_BOUNDARY_SYMMETRIC,
                               MLX_BOUNDARY_REFLECT,   MLX_BOUNDARY_WRAP,       MLX_OPERATION_CONVOLVE,
                               MLX_OPERATION_CORRELATE, MLX_SUBNORMALS_KEEP,    MLX_SUBNORMALS_FLUSH};
    const int32_t want[] = {-1, 0, 1, 0, 1, 2, 3, 4, 0, 1, 0, 1};
    assert_memory_equal(numbers, want, sizeof want);
}

/* Every size that a later version may have: the known fields, the size itself, zeros, and nothing behind them. */
static void init_fills_exactly_its_size(void **state) {
    (void)state;
    static union {
        mlx_convolve_options options;
        unsigned char bytes[LARGEST + UNIT];
    } room;
    for (size_t size = sizeof defaults; size <= LARGEST; size += UNIT) {
        memset(&room, 0xa5, sizeof room);
        assert_ok(mlx_convolve_options_init(&room.options, size));
        assert_true(room.options.size == size);
        room.options.size = sizeof defaults;
        assert_memory_equal(&room.options, &defaults, sizeof defaults);
        for (size_t i = sizeof defaults; i < sizeof room; i++) {
            assert_int_equal(room.bytes[i], i < size ? 0 : 0xa5);
        }
    }
}

/* Options that say `size`, as the last bytes before a page that cannot be read. */
static mlx_convolve_options *at_the_edge(guarded memory, size_t size) {
    mlx_convolve_options *options = (mlx_convolve_options *)(void *)memory.data;
    memset(memory.data, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
    options->size = size;
    return options;
}

/* All functions with these options: correlate 1 2 3 with 1 10, which gives 10 21 32 3. */
static void correlates(const mlx_convolve_options *options) {
    const double a[] = {1, 2, 3}, v[] = {1, 10}, want[] = {10, 21, 32, 3};
    double out[4] = {0};
    size_t len = 0;
    assert_ok(mlx_convolve_length_with(3, 2, options, &len));
    assert_int_equal(len, 4);
    assert_ok(mlx_convolve_into_with(a, 3, v, 2, MLX_FLOAT64, options, out, 4));
    for (int i = 0; i < 4; i++) {
        assert_true(out[i] - want[i] < 1e-9 && want[i] - out[i] < 1e-9); /* transforms may be forced */
    }
    double again[4] = {0};
    const mlx_rows a_rows = {a, MLX_FLOAT64, 3, 1, 0}, v_rows = {v, MLX_FLOAT64, 2, 1, 0};
    const mlx_rows_out out_rows = {again, MLX_FLOAT64, 4, 1, 0};
    assert_ok(mlx_convolve_rows(&a_rows, &v_rows, 1, options, &out_rows));
    assert_memory_equal(again, out, sizeof out);
    mlx_array a_array = array_of(&all_dtypes[MLX_FLOAT64], a, 3), v_array = array_of(&all_dtypes[MLX_FLOAT64], v, 2);
    mlx_array result = mlx_array_new();
    mlx_stream stream = mlx_default_stream_new();
    assert_ok(mlx_convolve_with(&a_array, &v_array, options, stream, &result));
    void *values = values_of(result, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(values, out, sizeof out);
    free(values);
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain_with(3, 2, MLX_FLOAT64, options, &text));
    assert_true(strlen(mlx_string_data(text)) > 0);
    assert_ok(mlx_string_free(text));
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    assert_ok(mlx_array_free(result));
    assert_ok(mlx_stream_free(stream));
}

/* A program that was compiled with a later header: zeros beyond the known fields are their defaults. */
static void longer_structs_are_accepted_up_to_their_size(void **state) {
    (void)state;
    for (size_t size = sizeof defaults; size <= LARGEST; size += size < 128 ? UNIT : 31 * UNIT) {
        guarded memory = guard(size);
        mlx_convolve_options *options = at_the_edge(memory, size);
        options->operation = MLX_OPERATION_CORRELATE;
        correlates(options);
        unguard(memory);
    }
    guarded memory = guard(LARGEST);
    mlx_convolve_options *options = at_the_edge(memory, LARGEST);
    options->operation = MLX_OPERATION_CORRELATE;
    correlates(options);
    unguard(memory);
}

static void bytes_beyond_the_known_fields_are_zero(void **state) {
    (void)state;
    const size_t sizes[] = {sizeof defaults + UNIT, sizeof defaults + 3 * UNIT, LARGEST};
    for (size_t s = 0; s < 3; s++) {
        guarded memory = guard(sizes[s]);
        mlx_convolve_options *options = at_the_edge(memory, sizes[s]);
        for (size_t i = sizeof defaults; i < sizes[s]; i++) {
            size_t len = 99;
            memory.data[i] = i % 2 ? 1 : (char)0x80;
            assert_fails(mlx_convolve_length_with(3, 2, options, &len), MLX_STATUS_INVALID_ARGUMENT, "size");
            assert_non_null(strstr(mlx_last_error(), "MLX_CONVOLVE_OPTIONS_INIT"));
            assert_int_equal(len, 99);
            memory.data[i] = 0;
        }
        unguard(memory);
    }
}

/* A size that is not allowed is all that is read. */
static void structs_of_other_sizes_are_not_read(void **state) {
    (void)state;
    const size_t wrong[] = {0,  1,           8,           sizeof defaults - UNIT, sizeof defaults + 1, LARGEST + UNIT,
                            64 * LARGEST, SIZE_MAX - 7, SIZE_MAX};
    guarded memory = guard(sizeof(size_t));
    mlx_convolve_options *options = (mlx_convolve_options *)(void *)memory.data;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t len = 99;
        memcpy(memory.data, &wrong[i], sizeof wrong[i]);
        assert_fails(mlx_convolve_length_with(3, 2, options, &len), MLX_STATUS_INVALID_ARGUMENT, "size");
        assert_non_null(strstr(mlx_last_error(), "MLX_CONVOLVE_OPTIONS_INIT"));
        assert_int_equal(len, 99);
    }
    unguard(memory);
}

/* What the program may write is written up to its end, and not beyond. */
static void init_writes_up_to_the_edge(void **state) {
    (void)state;
    for (size_t size = sizeof defaults; size <= LARGEST; size += 101 * UNIT) {
        guarded memory = guard(size);
        assert_ok(mlx_convolve_options_init((mlx_convolve_options *)(void *)memory.data, size));
        unguard(memory);
    }
}

static void no_options_are_the_defaults(void **state) {
    (void)state;
    const float a[] = {1, 2, 3, 4}, v[] = {1, 0.5f};
    float with_null[5], with_defaults[5], plain[5];
    assert_ok(mlx_convolve_into_with(a, 4, v, 2, MLX_FLOAT32, NULL, with_null, 5));
    assert_ok(mlx_convolve_into_with(a, 4, v, 2, MLX_FLOAT32, &defaults, with_defaults, 5));
    assert_ok(mlx_convolve_into(a, 4, v, 2, MLX_FLOAT32, MLX_MODE_FULL, plain, 5));
    assert_memory_equal(with_null, plain, sizeof plain);
    assert_memory_equal(with_defaults, plain, sizeof plain);
    const mlx_rows a_rows = {a, MLX_FLOAT32, 4, 1, 0}, v_rows = {v, MLX_FLOAT32, 2, 1, 0};
    const mlx_rows_out out_rows = {with_null, MLX_FLOAT32, 5, 1, 0};
    memset(with_null, 0xa5, sizeof with_null);
    assert_ok(mlx_convolve_rows(&a_rows, &v_rows, 1, NULL, &out_rows));
    assert_memory_equal(with_null, plain, sizeof plain);
    size_t len = 0;
    assert_ok(mlx_convolve_length_with(4, 2, NULL, &len));
    assert_int_equal(len, 5);
}

/* Plain pointers have no axis. */
static void the_axis_is_for_arrays(void **state) {
    (void)state;
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    const float a[] = {1, 2, 3}, v[] = {1};
    float out[3] = {0};
    size_t len = 0;
    options.axis = 7;
    assert_ok(mlx_convolve_into_with(a, 3, v, 1, MLX_FLOAT32, &options, out, 3));
    assert_true(out[0] == 1 && out[1] == 2 && out[2] == 3);
    assert_ok(mlx_convolve_length_with(3, 1, &options, &len));
    assert_int_equal(len, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_has_no_padding),
        cmocka_unit_test(defaults_are_what_the_header_says),
        cmocka_unit_test(init_fills_exactly_its_size),
        cmocka_unit_test(init_writes_up_to_the_edge),
        cmocka_unit_test(longer_structs_are_accepted_up_to_their_size),
        cmocka_unit_test(bytes_beyond_the_known_fields_are_zero),
        cmocka_unit_test(structs_of_other_sizes_are_not_read),
        cmocka_unit_test(no_options_are_the_defaults),
        cmocka_unit_test(the_axis_is_for_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
