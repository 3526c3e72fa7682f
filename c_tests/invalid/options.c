#include "walk.h"

#include <limits.h>

static mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT;

/* Each field with numbers that it must not have, and what the message names. */
static const struct {
    const char *words;
    size_t offset;
    int32_t wrong[4];
} fields[] = {
    {"options->mode MLX_MODE_FULL", offsetof(mlx_convolve_options, mode), {-1, 3, INT32_MAX, INT32_MIN}},
    {"options->dtype MLX_DTYPE_PROMOTED", offsetof(mlx_convolve_options, dtype), {-2, 14, INT32_MAX, INT32_MIN}},
    {"options->accuracy MLX_ACCURACY_NORMWISE", offsetof(mlx_convolve_options, accuracy), {-1, 2, INT32_MAX, INT32_MIN}},
    {"options->boundary MLX_BOUNDARY_ZERO", offsetof(mlx_convolve_options, boundary), {-1, 5, INT32_MAX, INT32_MIN}},
    {"options->operation MLX_OPERATION_CONVOLVE",
     offsetof(mlx_convolve_options, operation),
     {-1, 2, INT32_MAX, INT32_MIN}},
    {"options->subnormals MLX_SUBNORMALS_KEEP",
     offsetof(mlx_convolve_options, subnormals),
     {-1, 2, INT32_MAX, INT32_MIN}},
    {"options->reserved MLX_CONVOLVE_OPTIONS_INIT",
     offsetof(mlx_convolve_options, reserved),
     {-1, 1, INT32_MAX, INT32_MIN}},
};

/* Memory of the walk's own for plain pointers, and what it holds before and after. */
static union {
    double doubles[64];
    char bytes[512];
} memory;

static const double *const a = memory.doubles, *const v = memory.doubles + 8;
static double *const out = memory.doubles + 16;
static const mlx_rows a_rows = {memory.doubles, MLX_FLOAT64, 4, 1, 0}, v_rows = {memory.doubles + 8, MLX_FLOAT64, 3, 1, 0};
static const mlx_rows_out out_rows = {memory.doubles + 16, MLX_FLOAT64, 6, 1, 6};

static void check_memory(const char *function) {
    bool same = true;
    for (size_t i = 0; i < sizeof memory.bytes; i++) {
        same = same && memory.bytes[i] == 0x3c;
    }
    check_context(same, function);
}

/* The functions that take options, and know the operands' dtype. */
static void walk_wrong_dtype(const char *words, const mlx_convolve_options *options) {
    REFUSED(words, mlx_convolve_with, &array, &array, options, stream, &kept_array);
    REFUSED(words, mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, options, out, 6);
    REFUSED(words, mlx_convolve_rows, &a_rows, &v_rows, 2, options, &out_rows);
    REFUSED(words, mlx_convolve_explain_with, 4, 3, MLX_FLOAT64, options, &kept_string);
    check_memory("a function with options");
}

/* All functions that take options. */
static void walk_wrong_options(const char *words, const mlx_convolve_options *options) {
    walk_wrong_dtype(words, options);
    REFUSED(words, mlx_convolve_length_with, 4, 3, options, &result.size);
}

static void walk_fields(void) {
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        for (size_t w = 0; w < 4; w++) {
            mlx_convolve_options o = defaults;
            memcpy((char *)&o + fields[f].offset, &fields[f].wrong[w], sizeof(int32_t));
            walk_wrong_options(fields[f].words, &o);
        }
    }
    mlx_convolve_options o = defaults;
    o.first = 100;
    walk_wrong_options("options->first 100", &o);
    o.first = SIZE_MAX;
    walk_wrong_options("options->first", &o);
    o = defaults;
    o.count = 100;
    walk_wrong_options("options->count 100", &o);
    o.first = 3, o.count = SIZE_MAX - 1; /* their sum wraps */
    walk_wrong_options("options->count 3", &o);
    /* A struct of zeros asks for bool. */
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    walk_wrong_dtype("options->dtype bool MLX_CONVOLVE_OPTIONS_INIT", &o);
    o = defaults;
    o.dtype = MLX_INT32; /* no narrowing */
    walk_wrong_dtype("options->dtype int32", &o);
}

static void walk_sizes_of_options(void) {
    const size_t unit = sizeof(size_t), wrong[] = {0,
                                                   1,
                                                   sizeof(mlx_convolve_options) - unit,
                                                   sizeof(mlx_convolve_options) - 1,
                                                   sizeof(mlx_convolve_options) + 1,
                                                   sizeof(mlx_convolve_options) + unit / 2,
                                                   4096 + unit,
                                                   SIZE_MAX / 2 + 1,
                                                   SIZE_MAX};
    static union {
        mlx_convolve_options options;
        char bytes[5000];
    } room;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mlx_convolve_options o = defaults;
        o.size = wrong[i];
        walk_wrong_options("options->size MLX_CONVOLVE_OPTIONS_INIT", &o);
        memset(&room, 0x3c, sizeof room);
        REFUSED("size MLX_CONVOLVE_OPTIONS_INIT", mlx_convolve_options_init, &room.options, wrong[i]);
        for (size_t byte = 0; byte < sizeof room; byte++) {
            check_context(room.bytes[byte] == 0x3c, "mlx_convolve_options_init");
        }
    }
    REFUSED("options", mlx_convolve_options_init, NULL, sizeof room.options);
    for (size_t shift = 1; shift < unit; shift++) {
        mlx_convolve_options *misaligned = (mlx_convolve_options *)(void *)(room.bytes + shift);
        walk_wrong_options("options", misaligned);
        REFUSED("options", mlx_convolve_options_init, misaligned, sizeof room.options);
    }
}

static void walk_mlx_convolve_with(void) {
    const mlx_convolve_options *o = &defaults;
    for_bad_contexts(ctx, ARRAY) {
        mlx_array bad = {ctx};
        REFUSED("a", mlx_convolve_with, &bad, &array, o, stream, &kept_array);
        REFUSED("v", mlx_convolve_with, &array, &bad, o, stream, &kept_array);
    }
    for_foreign_contexts(ctx, ARRAY) {
        mlx_array bad = {ctx};
        REFUSED("out", mlx_convolve_with, &array, &array, o, stream, &bad);
        check_context(bad.ctx == ctx, "mlx_convolve_with");
    }
    for_bad_contexts(ctx, STREAM) {
        REFUSED("stream", mlx_convolve_with, &array, &array, o, (mlx_stream){ctx}, &kept_array);
    }
    REFUSED("a", mlx_convolve_with, NULL, &array, o, stream, &kept_array);
    REFUSED("v", mlx_convolve_with, &array, NULL, o, stream, &kept_array);
    REFUSED("out", mlx_convolve_with, &array, &array, o, stream, NULL);
}

/* Shapes that do not fit, and axes that are not there. */
static void walk_shapes(void) {
    const float values[6] = {0};
    const int two_by_three[] = {2, 3}, three_by_two[] = {3, 2}, none[] = {0}, two_by_none[] = {2, 0};
    mlx_array scalar = mlx_array_new_float(1), matrix = mlx_array_new_data(values, two_by_three, 2, MLX_FLOAT32);
    mlx_array other = mlx_array_new_data(values, three_by_two, 2, MLX_FLOAT32);
    mlx_array empty = mlx_array_new_data(values, none, 1, MLX_FLOAT32);
    mlx_array empty_rows = mlx_array_new_data(values, two_by_none, 2, MLX_FLOAT32);
    const mlx_array bad[] = {scalar, empty, empty_rows};
    mlx_convolve_options o = defaults;
    for (size_t i = 0; i < 3; i++) {
        REFUSED("a", mlx_convolve_with, &bad[i], &array, &o, stream, &kept_array);
        REFUSED("v", mlx_convolve_with, &array, &bad[i], &o, stream, &kept_array);
    }
    REFUSED("a v", mlx_convolve_with, &matrix, &other, &o, stream, &kept_array);
    const int32_t wrong_axes[] = {1, -2, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < 4; i++) {
        o.axis = wrong_axes[i];
        REFUSED("options->axis", mlx_convolve_with, &array, &array, &o, stream, &kept_array);
    }
    o.axis = 2;
    REFUSED("options->axis 2", mlx_convolve_with, &matrix, &array, &o, stream, &kept_array);
    o.axis = -3;
    REFUSED("options->axis", mlx_convolve_with, &array, &matrix, &o, stream, &kept_array);
    /* The axis is in the result, but among the ones that are put before the matrix's shape. */
    const int cube_shape[] = {1, 2, 3};
    mlx_array cube = mlx_array_new_data(values, cube_shape, 3, MLX_FLOAT32);
    o.axis = 0;
    REFUSED("options->axis v", mlx_convolve_with, &cube, &matrix, &o, stream, &kept_array);
    REFUSED("options->axis a", mlx_convolve_with, &matrix, &cube, &o, stream, &kept_array);
    /* INT_MAX + 1 outputs along the axis. */
    o = defaults;
    mlx_array longest = strided_view(scalar, INT_MAX, 0, 0), pair = strided_view(scalar, 2, 0, 0);
    REFUSED("2147483648", mlx_convolve_with, &longest, &pair, &o, stream, &kept_array);
    const mlx_array made[] = {scalar, matrix, other, empty, empty_rows, cube, longest, pair};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        ACCEPTED(mlx_array_free, made[i]);
    }
}

static void walk_mlx_convolve_into_with(void) {
    const mlx_convolve_options *o = &defaults;
    REFUSED("a", mlx_convolve_into_with, NULL, 4, v, 3, MLX_FLOAT64, o, out, 6);
    REFUSED("v", mlx_convolve_into_with, a, 4, NULL, 3, MLX_FLOAT64, o, out, 6);
    REFUSED("out", mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, o, NULL, 6);
    REFUSED("a_len", mlx_convolve_into_with, a, 0, v, 3, MLX_FLOAT64, o, out, 2);
    REFUSED("v_len", mlx_convolve_into_with, a, 4, v, 0, MLX_FLOAT64, o, out, 3);
    REFUSED("a_len", mlx_convolve_into_with, a, SIZE_MAX, v, 3, MLX_FLOAT64, o, out, 6);
    REFUSED("v_len", mlx_convolve_into_with, a, 4, v, SIZE_MAX / 2, MLX_FLOAT64, o, out, 6);
    REFUSED("out_len 5 6", mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, o, out, 5);
    REFUSED("out_len 7 6", mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, NULL, out, 7);
    mlx_convolve_options empty = defaults;
    empty.count = 0;
    REFUSED("out_len 6 0", mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, &empty, out, 6);
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        REFUSED("dtype", mlx_convolve_into_with, a, 4, v, 3, wrong_values[i], o, out, 6);
    }
    const char *bytes = memory.bytes;
    for (size_t shift = 1; shift < 8; shift++) {
        REFUSED("a", mlx_convolve_into_with, bytes + shift, 4, v, 3, MLX_FLOAT64, o, out, 6);
        REFUSED("v", mlx_convolve_into_with, a, 4, bytes + 64 + shift, 3, MLX_FLOAT64, o, out, 6);
        REFUSED("out", mlx_convolve_into_with, a, 4, v, 3, MLX_FLOAT64, o, memory.bytes + 128 + shift, 6);
    }
    /* An output wider than its inputs, which reaches one of them with its last element. */
    mlx_convolve_options wide = defaults;
    wide.dtype = MLX_FLOAT64;
    const float *narrow = (const float *)(const void *)(memory.doubles + 21);
    REFUSED("out a", mlx_convolve_into_with, narrow, 4, v, 3, MLX_FLOAT32, &wide, out, 6);
    check_memory("mlx_convolve_into_with");
}

static void walk_mlx_convolve_rows(void) {
    const mlx_convolve_options *o = &defaults;
    REFUSED("a", mlx_convolve_rows, NULL, &v_rows, 2, o, &out_rows);
    REFUSED("v", mlx_convolve_rows, &a_rows, NULL, 2, o, &out_rows);
    REFUSED("out", mlx_convolve_rows, &a_rows, &v_rows, 2, o, NULL);
    const void *odd = memory.bytes + 1;
    REFUSED("a", mlx_convolve_rows, (const mlx_rows *)odd, &v_rows, 2, o, &out_rows);
    REFUSED("v", mlx_convolve_rows, &a_rows, (const mlx_rows *)odd, 2, o, &out_rows);
    REFUSED("out", mlx_convolve_rows, &a_rows, &v_rows, 2, o, (const mlx_rows_out *)odd);
    for (size_t count = 0; count <= 2; count++) {
        mlx_rows rows = a_rows;
        mlx_rows_out rows_out = out_rows;
        rows.len = 0;
        REFUSED("a->len 0", mlx_convolve_rows, &rows, &v_rows, count, o, &out_rows);
        REFUSED("v->len 0", mlx_convolve_rows, &a_rows, &rows, count, o, &out_rows);
        rows_out.len = 5;
        REFUSED("out->len 5 6", mlx_convolve_rows, &a_rows, &v_rows, count, o, &rows_out);
        for (size_t i = 0; i < WRONG_VALUES; i++) {
            rows = a_rows, rows_out = out_rows;
            rows.dtype = rows_out.dtype = wrong_values[i];
            REFUSED("a->dtype", mlx_convolve_rows, &rows, &v_rows, count, o, &out_rows);
            REFUSED("v->dtype", mlx_convolve_rows, &a_rows, &rows, count, o, &out_rows);
            REFUSED("out->dtype", mlx_convolve_rows, &a_rows, &v_rows, count, o, &rows_out);
        }
        rows = a_rows, rows_out = out_rows;
        rows.stride = rows_out.stride = 0;
        REFUSED("a->stride a->len 4", mlx_convolve_rows, &rows, &v_rows, count, o, &out_rows);
        REFUSED("v->stride v->len 4", mlx_convolve_rows, &a_rows, &rows, count, o, &out_rows);
        REFUSED("out->stride out->len 6", mlx_convolve_rows, &a_rows, &v_rows, count, o, &rows_out);
        rows = a_rows, rows_out = out_rows;
        rows.data = odd, rows_out.data = memory.bytes + 129;
        REFUSED("a->data", mlx_convolve_rows, &rows, &v_rows, count, o, &out_rows);
        REFUSED("v->data", mlx_convolve_rows, &a_rows, &rows, count, o, &out_rows);
        REFUSED("out->data", mlx_convolve_rows, &a_rows, &v_rows, count, o, &rows_out);
        /* float64 does not become float32, nor another dtype that the options ask for. */
        rows_out = out_rows;
        rows_out.dtype = MLX_FLOAT32;
        REFUSED("out->dtype float32 a->dtype", mlx_convolve_rows, &a_rows, &v_rows, count, o, &rows_out);
        mlx_convolve_options complex = defaults;
        complex.dtype = MLX_COMPLEX64;
        REFUSED("options->dtype complex64 out->dtype", mlx_convolve_rows, &a_rows, &v_rows, count, &complex, &out_rows);
    }
    mlx_rows no_a = a_rows, no_v = v_rows;
    mlx_rows_out no_out = out_rows;
    no_a.data = no_v.data = no_out.data = NULL;
    REFUSED("a->data NULL", mlx_convolve_rows, &no_a, &v_rows, 2, o, &out_rows);
    REFUSED("v->data NULL", mlx_convolve_rows, &a_rows, &no_v, 2, o, &out_rows);
    REFUSED("out->data NULL", mlx_convolve_rows, &a_rows, &v_rows, 2, o, &no_out);
    check_memory("mlx_convolve_rows");
}

static void walk_explanations(void) {
    const mlx_convolve_options *o = &defaults;
    REFUSED("a_len 0", mlx_convolve_explain_with, 0, 3, MLX_FLOAT32, o, &kept_string);
    REFUSED("v_len 0", mlx_convolve_explain_with, 3, 0, MLX_FLOAT32, o, &kept_string);
    REFUSED("a_len v_len", mlx_convolve_explain_with, SIZE_MAX, SIZE_MAX, MLX_FLOAT32, o, &kept_string);
    REFUSED("out", mlx_convolve_explain_with, 3, 3, MLX_FLOAT32, o, NULL);
    for_foreign_contexts(ctx, STRING) {
        mlx_string bad = {ctx};
        REFUSED("out", mlx_convolve_explain_with, 3, 3, MLX_FLOAT32, o, &bad);
        check_context(bad.ctx == ctx, "mlx_convolve_explain_with");
    }
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        REFUSED("dtype", mlx_convolve_explain_with, 3, 3, wrong_values[i], o, &kept_string);
    }
    REFUSED("out_len", mlx_convolve_length_with, 3, 3, o, NULL);
    REFUSED("a_len 0", mlx_convolve_length_with, 0, 3, o, &result.size);
    REFUSED("v_len 0", mlx_convolve_length_with, 3, 0, o, &result.size);
    REFUSED("a_len v_len", mlx_convolve_length_with, SIZE_MAX, 2, o, &result.size);
    const float values[4] = {0};
    const int shape[] = {4};
    mlx_array four = mlx_array_new_data(values, shape, 1, MLX_FLOAT32);
    mlx_convolve_options valid = defaults;
    valid.mode = MLX_MODE_VALID, valid.boundary = MLX_BOUNDARY_WRAP;
    REFUSED("a_len v_len 3 4", mlx_convolve_length_with, 3, 4, &valid, &result.size);
    REFUSED("a v 3 4", mlx_convolve_with, &array, &four, &valid, stream, &kept_array);
    REFUSED("a->len v->len 3 4", mlx_convolve_rows, &v_rows, &a_rows, 2, &valid, &out_rows);
    ACCEPTED(mlx_array_free, four);
}

void walk_options(void) {
    memset(memory.bytes, 0x3c, sizeof memory.bytes);
    walk_fields();
    walk_sizes_of_options();
    walk_mlx_convolve_with();
    walk_shapes();
    walk_mlx_convolve_into_with();
    walk_mlx_convolve_rows();
    walk_explanations();
}
