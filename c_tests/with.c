/* mlx_convolve_with, mlx_convolve_into_with and mlx_convolve_length_with: what each option gives, against sums that are
 * computed here. Other files have ranges (ranges.c), axes (axes.c) and subnormal numbers (subnormals.c). */
#include "sums.h"

/* Every boundary, operation and mode of two lengths: the length, the values, and the same bits through arrays. */
static void check_options(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
                          bool small_values, size_t samples) {
    mlx_array a_array = array_of(dtype, a, a_len), v_array = array_of(dtype, v, v_len);
    for (int i = 0; i < MODES * BOUNDARIES * OPERATIONS; i++) {
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        options.mode = i % MODES;
        options.boundary = i / MODES % BOUNDARIES;
        options.operation = i / MODES / BOUNDARIES;
        outputs kept = kept_outputs(a_len, v_len, &options);
        size_t len = 99;
        if (kept.count == 0) {
            assert_fails(mlx_convolve_length_with(a_len, v_len, &options, &len), MLX_STATUS_INVALID_ARGUMENT, "v_len");
            assert_int_equal(len, 99);
            continue;
        }
        sums problem = sums_of(dtype, a, a_len, v, v_len, &options, small_values);
        void *out = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
        assert_int_equal(len, kept.count);
        check_sums(&problem, out, samples);
        void *values = array_values_with(a_array, v_array, &options, &len);
        assert_int_equal(len, kept.count);
        if (memcmp(values, out, len * dtype->size) != 0) {
            fail_msg("%s %zu x %zu %s %s: arrays have other bits", dtype->name, a_len, v_len, mode_names[options.mode],
                     boundary_names[options.boundary]);
        }
        free(values);
        free(out);
        sums_free(&problem);
    }
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
}

/* Short operands, either of which may be the longer. Integers so small that direct sums are exact. */
static void short_operands(void **state) {
    const dtype_info *dtype = *state;
    enum { LONGEST = 40 };
    static const size_t lengths[] = {1, 2, 3, 4, 5, 8, 13, 31, 40};
    void *a = take(LONGEST * dtype->size), *v = take(LONGEST * dtype->size);
    fill_small(dtype, a, LONGEST, 1);
    fill_small(dtype, v, LONGEST, 2);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i += quick() ? 2 : 1) {
        for (size_t j = i % 2; j < sizeof lengths / sizeof *lengths; j += quick() ? 5 : 2) {
            check_options(dtype, a, lengths[i], v, lengths[j], true, 0);
        }
    }
    free(a);
    free(v);
}

/* Lengths at which direct sums and transforms share the work of a call, or which either does alone. */
static void long_operands(void **state) {
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{3000, 20}, {4000, 900}, {700, 700}, {30, 1000}, {600, 5000}};
    enum { LONGEST = 5000 };
    void *a = take(LONGEST * dtype->size), *v = take(LONGEST * dtype->size);
    fill_random(dtype, a, LONGEST, 3);
    fill_random(dtype, v, LONGEST, 4);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i += quick() ? 3 : 1) {
        size_t shrink = quick() ? 15 : 1;
        check_options(dtype, a, lengths[i][0] / shrink, v, lengths[i][1] / shrink, false, quick() ? 4 : 12);
    }
    free(a);
    free(v);
}

/* Default options are mlx_convolve and mlx_convolve_into, bit for bit. */
static void defaults_have_the_bits_of_mlx_convolve(void **state) {
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{100, 17}, {5, 60}, {3000, 700}, {300, 4000}};
    enum { LONGEST = 4000 };
    void *a = take(LONGEST * dtype->size), *v = take(LONGEST * dtype->size);
    fill_random(dtype, a, LONGEST, 5);
    fill_random(dtype, v, LONGEST, 6);
    for (size_t i = 0; i < 4; i++) {
        for (mlx_mode mode = 0; mode < MODES; mode++) {
            size_t shrink = quick() && i >= 2 ? 10 : 1, a_len = lengths[i][0] / shrink, v_len = lengths[i][1] / shrink, len;
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
            options.mode = mode;
            void *want = through_into(dtype, a, a_len, v, v_len, mode);
            void *out = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
            assert_int_equal(len, mlx_convolve_length(a_len, v_len, mode));
            assert_memory_equal(out, want, len * dtype->size);
            mlx_array a_array = array_of(dtype, a, a_len), v_array = array_of(dtype, v, v_len);
            void *values = array_values_with(a_array, v_array, mode == MLX_MODE_FULL ? NULL : &options, &len);
            assert_memory_equal(values, want, len * dtype->size);
            assert_ok(mlx_array_free(a_array));
            assert_ok(mlx_array_free(v_array));
            free(values);
            free(out);
            free(want);
        }
    }
    free(a);
    free(v);
}

/* The continued signal itself, from four positions before it to four behind it: a filter longer than the signal, of a
 * single 1. */
static void boundaries_continue_as_the_header_shows(void **state) {
    (void)state;
    static const char *const want[BOUNDARIES] = {"....abcd....", "aaaaabcddddd", "dcbaabcddcba", "cdcbabcdcbab",
                                                 "abcdabcdabcd"};
    const int32_t a[] = {'a' - '.', 'b' - '.', 'c' - '.', 'd' - '.'}, v[] = {0, 0, 0, 0, 1, 0, 0, 0, 0};
    for (mlx_boundary boundary = 0; boundary < BOUNDARIES; boundary++) {
        for (mlx_operation operation = 0; operation < OPERATIONS; operation++) { /* the filter is its own mirror image */
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
            options.boundary = boundary, options.operation = operation;
            int32_t out[12];
            char got[13] = "";
            assert_ok(mlx_convolve_into_with(a, 4, v, 9, MLX_INT32, &options, out, 12));
            for (size_t i = 0; i < 12; i++) {
                got[i] = (char)('.' + out[i]);
            }
            assert_string_equal(got, want[boundary]);
            /* One element goes on for ever. */
            assert_ok(mlx_convolve_into_with(a, 1, v, 9, MLX_INT32, &options, out, 9));
            for (size_t i = 0; i < 9; i++) {
                assert_int_equal(out[i], boundary == MLX_BOUNDARY_ZERO && i != 4 ? 0 : a[0]);
            }
        }
    }
}

/* The names that mlx_convolve_with gives to what other libraries compute, in figures of those libraries. */
static void correlations_by_hand(void **state) {
    (void)state;
    /* numpy.correlate([1, 2, 3, 4], [1, 10], mode), and with its arguments exchanged. */
    const int16_t a[] = {1, 2, 3, 4}, v[] = {1, 10};
    static const int16_t full[] = {10, 21, 32, 43, 4}, exchanged[] = {4, 43, 32, 21, 10};
    int16_t out[5];
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.operation = MLX_OPERATION_CORRELATE;
    for (options.mode = 0; options.mode < MODES; options.mode++) {
        static const size_t first[2][MODES] = {{0, 1, 0}, {0, 1, 1}}, count[MODES] = {5, 3, 4};
        size_t len = count[options.mode];
        assert_ok(mlx_convolve_into_with(a, 4, v, 2, MLX_INT16, &options, out, len));
        assert_memory_equal(out, full + first[0][options.mode], len * sizeof *out);
        assert_ok(mlx_convolve_into_with(v, 2, a, 4, MLX_INT16, &options, out, len));
        assert_memory_equal(out, exchanged + first[1][options.mode], len * sizeof *out);
    }
    /* (1 + 2i) (3 - 4i) = 11 + 2i, and the other way round its conjugate; a convolution has no conjugate. */
    const float one[] = {1, 2}, other[] = {3, 4}, forwards[] = {11, 2}, backwards[] = {11, -2}, product[] = {-5, 10};
    float complex_out[2];
    options.mode = MLX_MODE_SAME;
    assert_ok(mlx_convolve_into_with(one, 1, other, 1, MLX_COMPLEX64, &options, complex_out, 1));
    assert_floats(complex_out, forwards, 2);
    assert_ok(mlx_convolve_into_with(other, 1, one, 1, MLX_COMPLEX64, &options, complex_out, 1));
    assert_floats(complex_out, backwards, 2);
    options.operation = MLX_OPERATION_CONVOLVE;
    assert_ok(mlx_convolve_into_with(one, 1, other, 1, MLX_COMPLEX64, &options, complex_out, 1));
    assert_floats(complex_out, product, 2);
}

/* A dtype of one's own: both operands convert to it first. */
static void operands_convert_to_the_dtype_asked_for(void **state) {
    (void)state;
    enum { A = 50, V = 9 };
    for (size_t given = 0; given < DTYPES; given++) {
        const dtype_info *from = &all_dtypes[given];
        char a[A * 8], v[V * 8], wide_a[A * 8], wide_v[V * 8];
        fill_small(from, a, A, 11);
        fill_small(from, v, V, 12);
        for (size_t asked = 0; asked < DTYPES; asked += quick() ? 3 : 1) {
            const dtype_info *to = &all_dtypes[asked];
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT, in_dtype = MLX_CONVOLVE_OPTIONS_INIT;
            options.dtype = to->dtype;
            options.boundary = in_dtype.boundary = MLX_BOUNDARY_EDGE;
            /* Where MLX promotes the two to it. */
            const float one[] = {1, 0};
            mlx_array x = array_of(from, a, 1), y = array_of(to, one, 1), sum = mlx_array_new();
            mlx_stream stream = mlx_default_stream_new();
            assert_ok(mlx_convolve(&x, &y, MLX_MODE_FULL, stream, &sum));
            bool promotes = mlx_array_dtype(sum) == to->dtype;
            size_t len, again;
            if (promotes) {
                for (size_t i = 0; i < A; i++) {
                    store(to, wide_a, i, load_re(from, a, i), load_im(from, a, i));
                    if (i < V) {
                        store(to, wide_v, i, load_re(from, v, i), load_im(from, v, i));
                    }
                }
                void *want = through_into_with(to, wide_a, A, wide_v, V, &in_dtype, &len);
                void *out = through_into_with(from, a, A, v, V, &options, &again);
                assert_int_equal(again, len);
                assert_memory_equal(out, want, len * to->size);
                mlx_array a_array = array_of(from, a, A), v_array = array_of(to, wide_v, V);
                void *values = array_values_with(a_array, v_array, &options, &again);
                assert_memory_equal(values, want, len * to->size);
                assert_ok(mlx_array_free(a_array));
                assert_ok(mlx_array_free(v_array));
                free(values);
                free(out);
                free(want);
            } else {
                char out[(A + V) * 8];
                assert_fails(mlx_convolve_into_with(a, A, v, V, from->dtype, &options, out, A + V - 1),
                             MLX_STATUS_INVALID_ARGUMENT, to->name);
                assert_fails(mlx_convolve_with(&x, &x, &options, stream, &sum), MLX_STATUS_INVALID_ARGUMENT, to->name);
            }
            assert_ok(mlx_array_free(x));
            assert_ok(mlx_array_free(y));
            assert_ok(mlx_array_free(sum));
            assert_ok(mlx_stream_free(stream));
        }
    }
}

/* Work that is queued has options of its own: the caller's may change at once. And it is an input as any other. */
static void queued_work_keeps_its_options(void **state) {
    const dtype_info *dtype = *state;
    enum { TURNS = 4 };
    const size_t a_len = quick() ? 900 : 60000, v_len = quick() ? 80 : 3000;
    char *a = take(a_len * dtype->size), *v = take(v_len * dtype->size);
    fill_random(dtype, a, a_len, 13);
    fill_random(dtype, v, v_len, 14);
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = MLX_MODE_SAME, options.boundary = MLX_BOUNDARY_REFLECT, options.operation = MLX_OPERATION_CORRELATE;
    size_t len;
    void *once = through_into_with(dtype, a, a_len, v, v_len, &options, &len);
    void *twice = through_into_with(dtype, once, len, v, v_len, &options, &len);
    mlx_stream streams[2] = {new_stream(), new_stream()};
    mlx_array a_array = array_of(dtype, a, a_len), v_array = array_of(dtype, v, v_len), results[TURNS][2];
    for (size_t turn = 0; turn < TURNS; turn++) {
        results[turn][0] = mlx_array_new(), results[turn][1] = mlx_array_new();
        mlx_convolve_options changing = options;
        assert_ok(mlx_convolve_with(&a_array, &v_array, &changing, streams[turn % 2], &results[turn][0]));
        memset(&changing, 0xff, sizeof changing);
        changing = options;
        assert_ok(mlx_convolve_with(&results[turn][0], &v_array, &changing, streams[1 - turn % 2], &results[turn][1]));
        memset(&changing, 0xff, sizeof changing);
    }
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    for (size_t turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < 2; i++) {
            size_t got_len;
            void *got = values_of(results[turn][i], &got_len);
            assert_int_equal(got_len, len);
            assert_memory_equal(got, i == 0 ? once : twice, len * dtype->size);
            free(got);
            assert_ok(mlx_array_free(results[turn][i]));
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_ok(mlx_synchronize(streams[i]));
        assert_ok(mlx_stream_free(streams[i]));
    }
    free(once);
    free(twice);
    free(a);
    free(v);
}

/* Integers and bool are exact, so neither accuracy nor subnormals have an effect. */
static void integers_are_exact_whatever_is_asked_for(void **state) {
    const dtype_info *dtype = *state;
    static const size_t lengths[][2] = {{60, 9}, {3000, 700}};
    char *a = take(3000 * dtype->size), *v = take(700 * dtype->size);
    fill_random(dtype, a, 3000, 15);
    fill_random(dtype, v, 700, 16);
    for (size_t i = 0; i < 2; i++) {
        size_t len;
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        options.boundary = MLX_BOUNDARY_SYMMETRIC;
        void *want = through_into_with(dtype, a, lengths[i][0], v, lengths[i][1], &options, &len);
        options.accuracy = MLX_ACCURACY_COMPONENTWISE, options.subnormals = MLX_SUBNORMALS_FLUSH;
        void *got = through_into_with(dtype, a, lengths[i][0], v, lengths[i][1], &options, &len);
        assert_memory_equal(got, want, len * dtype->size);
        free(want);
        free(got);
    }
    free(a);
    free(v);
}

/* What is explained without options is explained with the defaults, and a boundary may change it. */
static void explanations(void **state) {
    (void)state;
    mlx_string plain = mlx_string_new(), with = mlx_string_new();
    const mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT, *both[] = {NULL, &defaults};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(mlx_convolve_explain(5000, 400, MLX_FLOAT32, MLX_MODE_FULL, &plain));
        assert_ok(mlx_convolve_explain_with(5000, 400, MLX_FLOAT32, both[i], &with));
        assert_string_equal(mlx_string_data(with), mlx_string_data(plain));
    }
    mlx_convolve_options one = MLX_CONVOLVE_OPTIONS_INIT;
    one.boundary = MLX_BOUNDARY_WRAP, one.first = 100, one.count = 1;
    assert_ok(mlx_convolve_explain_with(5000, 400, MLX_FLOAT32, &one, &with));
    assert_true(strcmp(mlx_string_data(with), mlx_string_data(plain)) != 0);
    one.mode = MLX_MODE_VALID, one.count = 5000;
    assert_fails(mlx_convolve_explain_with(5000, 400, MLX_FLOAT32, &one, &with), MLX_STATUS_INVALID_ARGUMENT, "count");
    assert_ok(mlx_string_free(plain));
    assert_ok(mlx_string_free(with));
}

/* Tests of every dtype, or of the exact ones. */
static const struct {
    const char *name;
    CMUnitTestFunction function;
    bool only_exact;
} each[] = {{"short operands", short_operands, false},
            {"long operands", long_operands, false},
            {"the bits of mlx_convolve", defaults_have_the_bits_of_mlx_convolve, false},
            {"queued work", queued_work_keeps_its_options, false},
            {"exact, whatever is asked for", integers_are_exact_whatever_is_asked_for, true}};

int main(void) {
    enum { OF_EACH = sizeof each / sizeof *each };
    static char names[DTYPES][OF_EACH][60];
    struct CMUnitTest tests[OF_EACH * DTYPES + 4] = {
        cmocka_unit_test(boundaries_continue_as_the_header_shows),
        cmocka_unit_test(correlations_by_hand),
        cmocka_unit_test(operands_convert_to_the_dtype_asked_for),
        cmocka_unit_test(explanations),
    };
    size_t len = 4;
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t i = 0; i < OF_EACH; i++) {
            if (!each[i].only_exact || is_exact(&all_dtypes[d])) {
                snprintf(names[d][i], sizeof names[d][i], "%s: %s", all_dtypes[d].name, each[i].name);
                tests[len++] = (struct CMUnitTest){names[d][i], each[i].function, NULL, NULL, (void *)&all_dtypes[d]};
            }
        }
    }
    return _cmocka_run_group_tests("with", tests, len, NULL, NULL);
}
