/* mlx_convolve_rows: rows of any layout, each with the bits of its own call; nothing but outputs is written; refused
 * layouts. threads_rows.c writes rows of one buffer on several threads. */
#include "sums.h"

/* Where elements lie, in elements. */
typedef struct {
    ptrdiff_t stride, step;
} layout;

/* Rows in memory of their own: their span, which ends at a page without access. */
typedef struct {
    const dtype_info *dtype;
    size_t len, count;
    layout at;
    guarded memory;
    size_t elements; /* in the span */
    char *first;     /* element 0 of row 0 */
} rows;

static ptrdiff_t least(ptrdiff_t x) { return x < 0 ? x : 0; }
static ptrdiff_t most(ptrdiff_t x) { return x > 0 ? x : 0; }

static rows make_rows(const dtype_info *dtype, size_t len, size_t count, layout at) {
    ptrdiff_t along = (ptrdiff_t)(len - 1) * at.stride, across = (ptrdiff_t)(count - 1) * at.step;
    ptrdiff_t before = -(least(along) + least(across)), behind = most(along) + most(across);
    rows made = {dtype, len, count, at, {NULL, 0, NULL}, (size_t)(before + behind + 1), NULL};
    made.memory = guard(made.elements * dtype->size);
    made.first = made.memory.data + (size_t)before * dtype->size;
    return made;
}

static void free_rows(rows made) { unguard(made.memory); }

static char *element_of(const rows *of, size_t row, size_t i) {
    ptrdiff_t at = (ptrdiff_t)row * of->at.step + (ptrdiff_t)i * of->at.stride;
    return of->first + at * (ptrdiff_t)of->dtype->size;
}

static mlx_rows input(const rows *of) {
    mlx_rows c = {of->first, of->dtype->dtype, of->len, of->at.stride, of->at.step};
    return c;
}

static mlx_rows_out output(const rows *of) {
    mlx_rows_out c = {of->first, of->dtype->dtype, of->len, of->at.stride, of->at.step};
    return c;
}

/* Row `row` as an array of its own. */
static mlx_array row_array(const rows *of, size_t row) {
    char *values = take(of->len * of->dtype->size);
    for (size_t i = 0; i < of->len; i++) {
        memcpy(values + i * of->dtype->size, element_of(of, row, i), of->dtype->size);
    }
    mlx_array array = array_of(of->dtype, values, of->len);
    free(values);
    return array;
}

enum { PATTERN = 0xa5 };

/* Each row has the bits of its own mlx_convolve_with; each byte that is no output keeps its pattern. */
static void check_rows(const rows *a, const rows *v, const rows *out, const mlx_convolve_options *options) {
    mlx_rows a_rows = input(a), v_rows = input(v);
    mlx_rows_out out_rows = output(out);
    memset(out->memory.data, PATTERN, out->elements * out->dtype->size);
    assert_ok(mlx_convolve_rows(&a_rows, &v_rows, out->count, options, &out_rows));
    mlx_convolve_options in_dtype = *options;
    in_dtype.dtype = out->dtype->dtype;
    for (size_t row = 0; row < out->count; row++) {
        mlx_array a_array = row_array(a, row), v_array = row_array(v, row);
        size_t len;
        char *want = array_values_with(a_array, v_array, &in_dtype, &len);
        assert_int_equal(len, out->len);
        for (size_t i = 0; i < len; i++) {
            char *got = element_of(out, row, i);
            if (memcmp(got, want + i * out->dtype->size, out->dtype->size) != 0) {
                fail_msg("%s x %s -> %s, %zu x %zu, stride %td, step %td: output %zu of row %zu has other bits",
                         a->dtype->name, v->dtype->name, out->dtype->name, a->len, v->len, out->at.stride, out->at.step,
                         i, row);
            }
            memset(got, PATTERN, out->dtype->size);
        }
        free(want);
        assert_ok(mlx_array_free(a_array));
        assert_ok(mlx_array_free(v_array));
    }
    for (size_t i = 0; i < out->elements * out->dtype->size; i++) {
        assert_int_equal((unsigned char)out->memory.data[i], PATTERN);
    }
}

/* Layouts of `count` rows of `len` elements that do not share one: behind each other, interleaved, reversed, backwards, and
 * with other elements between. */
enum { LAYOUTS = 8 };
static layout some_layout(size_t which, size_t len, size_t count) {
    ptrdiff_t n = (ptrdiff_t)len, c = (ptrdiff_t)count;
    const layout all[LAYOUTS] = {{1, n},           {c, 1},     {-1, n + 3}, {-c, 1},
                                 {c + 2, -1},      {2, -2 * n - 1}, {-3, -3 * n}, {n > 1 ? c * 2 - 1 : 1, 1}};
    return all[which % LAYOUTS];
}

static void check_layouts(const dtype_info *dtype, size_t a_len, size_t v_len, size_t count, size_t turns) {
    for (size_t i = 0; i < turns; i++) {
        mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
        options.mode = (mlx_mode)(i % MODES);
        options.boundary = (mlx_boundary)(i % BOUNDARIES);
        options.operation = (mlx_operation)(i / 2 % OPERATIONS);
        size_t len = kept_outputs(a_len, v_len, &options).count;
        if (len == 0) {
            options.mode = MLX_MODE_FULL;
            len = a_len + v_len - 1;
        }
        /* Filters: the same for all rows, or one each. */
        layout of_filter = i % 3 == 0 ? (layout){i % 2 ? 1 : -2, 0} : some_layout(i / 3, v_len, count);
        rows a = make_rows(dtype, a_len, count, some_layout(i, a_len, count));
        rows v = make_rows(dtype, v_len, count, of_filter);
        rows out = make_rows(dtype, len, count, some_layout(i / 2 + i % 5, len, count));
        fill_random(dtype, a.memory.data, a.elements, i);
        fill_random(dtype, v.memory.data, v.elements, i + 100);
        check_rows(&a, &v, &out, &options);
        free_rows(a);
        free_rows(v);
        free_rows(out);
    }
}

static void layouts_short(void **state) {
    check_layouts(*state, 30, 7, 3, quick() ? 8 : 60);
    check_layouts(*state, 5, 12, 2, quick() ? 8 : 60);
    check_layouts(*state, 70, 1, 1, 10);
    check_layouts(*state, 1, 1, 5, 10);
}

static void layouts_long(void **state) {
    check_layouts(*state, quick() ? 400 : 5000, quick() ? 60 : 900, 2, quick() ? 4 : 10);
    check_layouts(*state, quick() ? 500 : 20000, 30, 3, quick() ? 3 : 8);
}

/* So much work that threads share it. */
static void layouts_shared_by_threads(void **state) {
    check_layouts(*state, quick() ? 500 : 60000, quick() ? 50 : 2000, 6, 2);
}

/* int16 samples with float taps, and so on: the dtype of the outputs decides. */
static void mixed_dtypes(void **state) {
    (void)state;
    static const mlx_dtype cases[][3] = {
        {MLX_INT16, MLX_FLOAT32, MLX_FLOAT32},    {MLX_FLOAT32, MLX_INT16, MLX_FLOAT64},
        {MLX_INT16, MLX_INT16, MLX_FLOAT32},      {MLX_UINT8, MLX_INT8, MLX_INT32},
        {MLX_BOOL, MLX_BFLOAT16, MLX_BFLOAT16},   {MLX_FLOAT16, MLX_BFLOAT16, MLX_FLOAT32},
        {MLX_INT32, MLX_FLOAT64, MLX_COMPLEX64},  {MLX_BOOL, MLX_BOOL, MLX_INT64},
        {MLX_FLOAT32, MLX_COMPLEX64, MLX_COMPLEX64}, {MLX_BFLOAT16, MLX_UINT16, MLX_BFLOAT16},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const mlx_dtype *of = cases[c];
        for (size_t a_len = 40; a_len <= (quick() ? 400u : 3000u); a_len += quick() ? 360 : 1480) {
            mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
            options.mode = MLX_MODE_SAME;
            options.dtype = c % 2 ? of[2] : MLX_DTYPE_PROMOTED;
            rows a = make_rows(&all_dtypes[of[0]], a_len, 2, (layout){2, 1});
            rows v = make_rows(&all_dtypes[of[1]], a_len / 5, 2, (layout){1, 0});
            rows out = make_rows(&all_dtypes[of[2]], a_len, 2, (layout){2, 1});
            fill_random(a.dtype, a.memory.data, a.elements, c);
            fill_random(v.dtype, v.memory.data, v.elements, c + 50);
            check_rows(&a, &v, &out, &options);
            free_rows(a);
            free_rows(v);
            free_rows(out);
        }
    }
}

static void ranges_of_rows(void **state) {
    (void)state;
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.boundary = MLX_BOUNDARY_WRAP, options.first = 3, options.count = 5;
    rows a = make_rows(&all_dtypes[MLX_FLOAT64], 9, 3, (layout){3, 1});
    rows v = make_rows(&all_dtypes[MLX_FLOAT64], 4, 3, (layout){-1, 4});
    rows out = make_rows(&all_dtypes[MLX_FLOAT64], 5, 3, (layout){3, 1});
    fill_random(a.dtype, a.memory.data, a.elements, 1);
    fill_random(v.dtype, v.memory.data, v.elements, 2);
    check_rows(&a, &v, &out, &options);
    free_rows(a);
    free_rows(v);
    free_rows(out);
}

/* Outputs of 2 x 2 and more in every small layout: accepted where all places differ, which is counted here. */
static void outputs_are_distinct(void **state) {
    (void)state;
    enum { MOST = 5, REACH = 7, ROOM = 2 * MOST * REACH + 1 };
    const int32_t a[] = {1, 2, 3, 4, 5}, v[] = {1};
    static int32_t room[2 * ROOM + 1];
    size_t accepted = 0, refused = 0;
    for (ptrdiff_t stride = -REACH; stride <= REACH; stride++) {
        for (ptrdiff_t step = -REACH; step <= REACH; step += quick() ? 3 : 1) {
            for (size_t len = 1; len <= MOST; len++) {
                for (size_t count = 1; count <= MOST; count++) {
                    unsigned char seen[2 * ROOM + 1] = {0};
                    bool distinct = true;
                    for (size_t i = 0; i < len * count; i++) {
                        ptrdiff_t at = ROOM + (ptrdiff_t)(i % len) * stride + (ptrdiff_t)(i / len) * step;
                        distinct = distinct && seen[at]++ == 0;
                    }
                    memset(room, PATTERN, sizeof room);
                    const mlx_rows a_rows = {a, MLX_INT32, len, 1, 0}, v_rows = {v, MLX_INT32, 1, 1, 0};
                    const mlx_rows_out out = {room + ROOM, MLX_INT32, len, stride, step};
                    mlx_status status = mlx_convolve_rows(&a_rows, &v_rows, count, NULL, &out);
                    accepted += distinct, refused += !distinct;
                    assert_int_equal(status, distinct ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT);
                    for (ptrdiff_t at = 0; at <= 2 * ROOM; at++) {
                        bool is_output = distinct && seen[at] != 0;
                        assert_int_equal(is_output, room[at] != (int32_t)0xa5a5a5a5);
                    }
                    if (!distinct) {
                        assert_non_null(strstr(mlx_last_error(), "out->stride"));
                    }
                }
            }
        }
    }
    assert_true(accepted > 300 && refused > 300);
}

/* Spans meet, or are neighbours: of outputs at every place around an input of two interleaved rows. */
static void outputs_are_apart_from_inputs(void **state) {
    (void)state;
    double memory[40];
    const double one[] = {1};
    for (int is_v = 0; is_v < 2; is_v++) {
        for (size_t shift = 0; shift + 6 <= 40; shift++) {
            memset(memory, 0, sizeof memory);
            /* The input spans elements 15 to 19, the outputs shift to shift + 5. */
            const mlx_rows input_rows = {memory + 15, MLX_FLOAT64, 3, 2, 0}, unit = {one, MLX_FLOAT64, 1, 1, 0};
            const mlx_rows_out out = {memory + shift, MLX_FLOAT64, 3, 2, 1};
            bool meets = shift + 6 > 15 && shift < 20;
            const mlx_rows *a = is_v ? &unit : &input_rows, *v = is_v ? &input_rows : &unit;
            mlx_status status = mlx_convolve_rows(a, v, 2, NULL, &out);
            assert_int_equal(status, meets ? MLX_STATUS_INVALID_ARGUMENT : MLX_STATUS_SUCCESS);
            if (meets) {
                assert_string_equal(mlx_last_error(), is_v ? "out: its span meets that of v" : "out: its span meets that of a");
            }
        }
    }
    /* Between the elements of an input is within its span. */
    const mlx_rows even = {memory, MLX_FLOAT64, 10, 2, 0}, unit = {one, MLX_FLOAT64, 1, 1, 0};
    const mlx_rows_out odd = {memory + 1, MLX_FLOAT64, 10, 2, 0};
    assert_fails(mlx_convolve_rows(&even, &unit, 1, NULL, &odd), MLX_STATUS_INVALID_ARGUMENT, "out");
    /* The inputs may be one. */
    double square[5];
    const mlx_rows both = {memory, MLX_FLOAT64, 3, 1, 0};
    const mlx_rows_out out = {square, MLX_FLOAT64, 5, 1, 0};
    memory[0] = 1, memory[1] = 2, memory[2] = 3;
    assert_ok(mlx_convolve_rows(&both, &both, 1, NULL, &out));
    assert_true(square[0] > 0.99 && square[0] < 1.01 && square[4] > 8.99 && square[4] < 9.01);
}

/* Lengths, strides and steps whose products wrap. */
static void spans_fit_a_pointer_difference(void **state) {
    (void)state;
    static double memory[8];
    const mlx_rows unit = {memory, MLX_FLOAT64, 1, 1, 0};
    const mlx_rows_out out = {memory + 4, MLX_FLOAT64, 2, 1, 0}, single = {memory + 4, MLX_FLOAT64, 1, 1, 1};
    const ptrdiff_t far[] = {PTRDIFF_MAX, PTRDIFF_MIN, PTRDIFF_MAX / 8 + 1, -PTRDIFF_MAX / 8 - 1};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        const mlx_rows wide = {memory, MLX_FLOAT64, 2, far[i], 0}, high = {memory, MLX_FLOAT64, 1, 1, far[i]};
        const mlx_rows_out wide_out = {memory, MLX_FLOAT64, 2, far[i], 0}, high_out = {memory, MLX_FLOAT64, 1, 1, far[i]};
        const mlx_rows two = {memory, MLX_FLOAT64, 2, 1, 0};
        assert_fails(mlx_convolve_rows(&wide, &unit, 1, NULL, &out), MLX_STATUS_INVALID_ARGUMENT, "a->stride");
        assert_fails(mlx_convolve_rows(&unit, &wide, 1, NULL, &out), MLX_STATUS_INVALID_ARGUMENT, "v->stride");
        assert_fails(mlx_convolve_rows(&two, &unit, 1, NULL, &wide_out), MLX_STATUS_INVALID_ARGUMENT, "out->stride");
        assert_fails(mlx_convolve_rows(&high, &unit, 2, NULL, &single), MLX_STATUS_INVALID_ARGUMENT, "a->step");
        assert_fails(mlx_convolve_rows(&unit, &high, 2, NULL, &single), MLX_STATUS_INVALID_ARGUMENT, "v->step");
        assert_fails(mlx_convolve_rows(&unit, &unit, 2, NULL, &high_out), MLX_STATUS_INVALID_ARGUMENT, "out->step");
        /* A distance that leads from no element to another may be anything. */
        const mlx_rows alone = {memory, MLX_FLOAT64, 1, far[i], far[i]};
        const mlx_rows_out alone_out = {memory + 4, MLX_FLOAT64, 1, far[i], far[i]};
        memory[0] = 3;
        assert_ok(mlx_convolve_rows(&alone, &alone, 1, NULL, &alone_out));
        assert_true(memory[4] > 8.99 && memory[4] < 9.01);
    }
    const size_t long_lens[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 16 + 1};
    for (size_t i = 0; i < 3; i++) {
        for (size_t f = 0; f < sizeof far / sizeof *far; f++) {
            const mlx_rows huge = {memory, MLX_FLOAT64, long_lens[i], far[f], far[f]};
            const mlx_rows endless = {memory, MLX_FLOAT64, long_lens[i], 1, 0};
            assert_fails(mlx_convolve_rows(&huge, &unit, SIZE_MAX, NULL, &out), MLX_STATUS_INVALID_ARGUMENT, "a->len");
            assert_fails(mlx_convolve_rows(&unit, &huge, 2, NULL, &out), MLX_STATUS_INVALID_ARGUMENT, "v->len");
            assert_fails(mlx_convolve_rows(&unit, &endless, 2, NULL, &out), MLX_STATUS_INVALID_ARGUMENT, "v->len");
        }
    }
    /* Within a pointer difference, but beyond the address space. */
    const mlx_rows below = {memory, MLX_UINT8, 2, PTRDIFF_MIN + 2, 0}, u8 = {memory, MLX_UINT8, 1, 1, 0};
    const mlx_rows_out u8_out = {memory + 4, MLX_UINT8, 2, 1, 0};
    assert_fails(mlx_convolve_rows(&below, &u8, 1, NULL, &u8_out), MLX_STATUS_INVALID_ARGUMENT, "a->data");
    /* So many rows that one input serves for ever, but whose outputs do not fit. */
    const mlx_rows_out outs = {memory + 4, MLX_FLOAT64, 1, 1, 1};
    assert_fails(mlx_convolve_rows(&unit, &unit, SIZE_MAX, NULL, &outs), MLX_STATUS_INVALID_ARGUMENT, "out->step");
}

/* No rows, or none of their outputs: nothing is touched, and there need be no memory. */
static void nothing_to_do_is_success(void **state) {
    (void)state;
    float memory[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const float before[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const mlx_rows a = {memory, MLX_FLOAT32, 3, 1, 0}, v = {memory, MLX_FLOAT32, 2, 1, 0};
    const mlx_rows no_a = {NULL, MLX_FLOAT32, 3, 1, 0}, no_v = {NULL, MLX_FLOAT32, 2, 1, 0};
    const mlx_rows_out out = {memory, MLX_FLOAT32, 4, 1, 0}, no_out = {NULL, MLX_FLOAT32, 4, 1, 0};
    assert_ok(mlx_convolve_rows(&a, &v, 0, NULL, &out));
    assert_ok(mlx_convolve_rows(&no_a, &no_v, 0, NULL, &no_out));
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.count = 0;
    const mlx_rows_out none = {memory, MLX_FLOAT32, 0, 0, 0}, nowhere = {NULL, MLX_FLOAT32, 0, 0, 0};
    for (size_t count = 0; count < 3; count++) {
        assert_ok(mlx_convolve_rows(&a, &v, count, &options, &none));
        assert_ok(mlx_convolve_rows(&no_a, &no_v, count, &options, &nowhere));
    }
    assert_memory_equal(memory, before, sizeof memory);
}

int main(void) {
    enum { OF_EACH = 3, OTHERS = 6 };
    static char names[OF_EACH * DTYPES][50];
    struct CMUnitTest tests[OF_EACH * DTYPES + OTHERS] = {
        cmocka_unit_test(mixed_dtypes),
        cmocka_unit_test(ranges_of_rows),
        cmocka_unit_test(outputs_are_distinct),
        cmocka_unit_test(outputs_are_apart_from_inputs),
        cmocka_unit_test(spans_fit_a_pointer_difference),
        cmocka_unit_test(nothing_to_do_is_success),
    };
    static const struct {
        const char *name;
        CMUnitTestFunction function;
    } each[OF_EACH] = {{"short", layouts_short}, {"long", layouts_long}, {"on threads", layouts_shared_by_threads}};
    for (size_t i = 0; i < OF_EACH * DTYPES; i++) {
        const dtype_info *dtype = &all_dtypes[i / OF_EACH];
        snprintf(names[i], sizeof names[i], "%s: layouts, %s", dtype->name, each[i % OF_EACH].name);
        tests[OTHERS + i] = (struct CMUnitTest){names[i], each[i % OF_EACH].function, NULL, NULL, (void *)dtype};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
