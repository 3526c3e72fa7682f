#include "sums.h"

const char *const boundary_names[BOUNDARIES] = {"zero", "edge", "symmetric", "reflect", "wrap"};

const mlx_convolve_options default_options = MLX_CONVOLVE_OPTIONS_INIT;

outputs kept_outputs(size_t a_len, size_t v_len, const mlx_convolve_options *options) {
    bool zero = options->boundary == MLX_BOUNDARY_ZERO;
    size_t n = zero && v_len > a_len ? v_len : a_len, k = zero && v_len > a_len ? a_len : v_len;
    switch (options->mode) {
    case MLX_MODE_FULL: return (outputs){0, a_len + v_len - 1};
    case MLX_MODE_VALID: return n < k ? (outputs){0, 0} : (outputs){k - 1, n - k + 1};
    default: break;
    }
    bool rounds_up = zero && options->operation == MLX_OPERATION_CORRELATE && v_len > a_len;
    return (outputs){(rounds_up ? k : k - 1) / 2, n};
}

outputs wanted_outputs(size_t a_len, size_t v_len, const mlx_convolve_options *options) {
    outputs kept = kept_outputs(a_len, v_len, options);
    size_t rest = kept.count - options->first;
    return (outputs){kept.first + options->first, options->count == SIZE_MAX ? rest : options->count};
}

/* Which element stands at position `i` of the continued signal: a walk from one end to the other and on. */
static size_t position(mlx_boundary boundary, long i, long len) {
    long period;
    switch (boundary) {
    case MLX_BOUNDARY_EDGE: return (size_t)(i < 0 ? 0 : i < len ? i : len - 1);
    case MLX_BOUNDARY_WRAP: period = len; break;
    case MLX_BOUNDARY_SYMMETRIC: period = 2 * len; break;
    default: period = len > 1 ? 2 * len - 2 : 1; break;
    }
    i = (i % period + period) % period;
    if (i >= len) {
        i = period - (boundary == MLX_BOUNDARY_SYMMETRIC ? i + 1 : i);
    }
    return (size_t)i;
}

/* Conjugated and reversed, a filter that is convolved with gives a correlation. */
static void reverse(operand *filter) {
    for (size_t i = 0, j = filter->len - 1; filter->bits != NULL && i < j; i++, j--) {
        uint64_t bits = filter->bits[i];
        filter->bits[i] = filter->bits[j], filter->bits[j] = bits;
    }
    for (size_t i = 0, j = filter->len - 1; filter->re != NULL && i < j; i++, j--) {
        double re = filter->re[i], im = filter->im[i];
        filter->re[i] = filter->re[j], filter->im[i] = filter->im[j];
        filter->re[j] = re, filter->im[j] = im;
    }
    for (size_t i = 0; filter->im != NULL && i < filter->len; i++) {
        filter->im[i] = -filter->im[i];
    }
}

bool are_direct(mlx_dtype dtype, size_t a_len, size_t v_len, const mlx_convolve_options *options) {
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain_with(a_len, v_len, dtype, options, &text));
    bool direct = strstr(mlx_string_data(text), "method: direct") != NULL;
    if (direct == (strstr(mlx_string_data(text), "method: fft") != NULL)) {
        fail_msg("no method in \"%s\"", mlx_string_data(text));
    }
    assert_ok(mlx_string_free(text));
    return direct;
}

static size_t points_of(mlx_dtype dtype, size_t a_len, size_t v_len, const mlx_convolve_options *options) {
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain_with(a_len, v_len, dtype, options, &text));
    const char *block = strstr(mlx_string_data(text), "block: ");
    size_t points = 0;
    if (block == NULL || sscanf(block, "block: %zu points", &points) != 1) {
        fail_msg("no block in \"%s\"", mlx_string_data(text));
    }
    assert_ok(mlx_string_free(text));
    return points;
}

sums sums_of(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
             const mlx_convolve_options *options, bool small_values) {
    bool zero = options->boundary == MLX_BOUNDARY_ZERO;
    size_t before = zero ? 0 : v_len - 1, len = a_len + 2 * before;
    char *continued = take(len * dtype->size);
    for (size_t i = 0; i < len; i++) {
        size_t from = zero ? i : position(options->boundary, (long)i - (long)before, (long)a_len);
        memcpy(continued + i * dtype->size, (const char *)a + from * dtype->size, dtype->size);
    }
    sums problem = {operand_of(dtype, continued, len), operand_of(dtype, v, v_len), before, {0, 0}, {0, 0}};
    free(continued);
    if (options->operation == MLX_OPERATION_CORRELATE) {
        reverse(&problem.filter);
    }
    problem.wanted = wanted_outputs(a_len, v_len, options);
    /* The operands' own dtype need not be that of the result, in which they are summed. */
    mlx_convolve_options in_dtype = *options;
    in_dtype.dtype = MLX_DTYPE_PROMOTED;
    if (problem.wanted.count == 0 || is_exact(dtype) || are_direct(dtype->dtype, a_len, v_len, &in_dtype)) {
        size_t k = zero && v_len > a_len ? a_len : v_len;
        problem.allowed = (tolerance){small_values ? 0 : (double)k * dtype->eps, 0};
    } else {
        size_t points = points_of(dtype->dtype, a_len, v_len, &in_dtype);
        problem.allowed = transform_bound(&problem.signal, &problem.filter, points);
    }
    return problem;
}

void sums_free(sums *problem) {
    operand_free(&problem->signal);
    operand_free(&problem->filter);
}

void check_sums(const sums *problem, const void *out, size_t samples) {
    size_t count = problem->wanted.count;
    uint64_t seed = count;
    for (size_t i = 0; i < count && (samples == 0 || i < samples + 2); i++) {
        size_t at = samples == 0 || samples >= count ? i : i == 0 ? 0 : i == 1 ? count - 1 : next_random(&seed) % count;
        check_full(&problem->signal, &problem->filter, problem->wanted.first + at + problem->before, out, at,
                   problem->allowed);
    }
}

void *through_into_with(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
                        const mlx_convolve_options *options, size_t *out_len) {
    mlx_dtype result = options == NULL || options->dtype == MLX_DTYPE_PROMOTED ? dtype->dtype : options->dtype;
    assert_ok(mlx_convolve_length_with(a_len, v_len, options, out_len));
    void *out = take(*out_len * all_dtypes[result].size);
    assert_ok(mlx_convolve_into_with(a, a_len, v, v_len, dtype->dtype, options, out, *out_len));
    return out;
}

void *array_values_with(mlx_array a, mlx_array v, const mlx_convolve_options *options, size_t *out_len) {
    mlx_stream stream = mlx_default_stream_new();
    mlx_array out = mlx_array_new();
    assert_ok(mlx_convolve_with(&a, &v, options, stream, &out));
    void *values = values_of(out, out_len);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
    return values;
}
