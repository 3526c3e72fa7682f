#include "oracle.h"

#include <float.h>
#include <math.h>

operand operand_of(const dtype_info *dtype, const void *data, size_t len) {
    operand values = {dtype, len, NULL, NULL, NULL};
    if (is_exact(dtype)) {
        values.bits = take(len * sizeof *values.bits);
        for (size_t i = 0; i < len; i++) {
            values.bits[i] = load_bits(dtype, data, i);
        }
        return values;
    }
    values.re = take(len * sizeof *values.re);
    values.im = take(len * sizeof *values.im);
    for (size_t i = 0; i < len; i++) {
        values.re[i] = load_re(dtype, data, i);
        values.im[i] = load_im(dtype, data, i);
    }
    return values;
}

void operand_free(operand *values) {
    free(values->bits);
    free(values->re);
    free(values->im);
}

/* A sum kept as value + rest, with the rounding errors of products and additions in rest. */
typedef struct {
    double value, rest, size;
} long_sum;

static void add_product(long_sum *sum, double x, double y) {
    double product = x * y;
    double lost = fma(x, y, -product);
    double total = sum->value + product;
    double kept = total - sum->value;
    lost += (sum->value - (total - kept)) + (product - kept);
    sum->value = total;
    sum->rest += lost;
    sum->size += fabs(product);
}

/* Products of two float32 are exact in a double, whose sums are 2^29 times finer than float32's. */
static void add_short_product(long_sum *sum, double x, double y) {
    sum->value += x * y;
    sum->size += fabs(x * y);
}

expected schoolbook(const operand *a, const operand *v, size_t n) {
    size_t first = n >= v->len ? n - (v->len - 1) : 0;
    size_t last = n < a->len ? n : a->len - 1;
    expected sum = {0, 0, 0, 0, 0};
    long_sum re = {0, 0, 0}, im = {0, 0, 0};
    value_kind kind = a->dtype->kind;
    for (size_t k = first; k <= last; k++) {
        size_t j = n - k;
        if (kind == KIND_BOOL) {
            sum.bits |= a->bits[k] & v->bits[j];
        } else if (kind < KIND_FLOAT) {
            sum.bits += a->bits[k] * v->bits[j];
        } else if (a->dtype->dtype == MLX_FLOAT64) {
            add_product(&re, a->re[k], v->re[j]);
        } else {
            add_short_product(&re, a->re[k], v->re[j]);
            if (kind == KIND_COMPLEX) {
                add_short_product(&re, -a->im[k], v->im[j]);
                add_short_product(&im, a->re[k], v->im[j]);
                add_short_product(&im, a->im[k], v->re[j]);
            }
        }
    }
    sum.re = re.value + re.rest;
    sum.im = im.value + im.rest;
    sum.size_re = re.size;
    sum.size_im = im.size;
    return sum;
}

size_t window_start(size_t a_len, size_t v_len, mlx_mode mode) {
    size_t taps = a_len < v_len ? a_len : v_len;
    return mode == MLX_MODE_FULL ? 0 : mode == MLX_MODE_VALID ? taps - 1 : (taps - 1) / 2;
}

/* Scaled by a power of two, so that the squares of the largest and smallest doubles are numbers, too. */
static double norm(const operand *values) {
    double largest = 0, squares = 0;
    for (size_t i = 0; i < values->len; i++) {
        largest = fmax(largest, fmax(fabs(values->re[i]), fabs(values->im[i])));
    }
    int exponent;
    frexp(largest, &exponent);
    for (size_t i = 0; i < values->len; i++) {
        double re = ldexp(values->re[i], -exponent), im = ldexp(values->im[i], -exponent);
        squares += re * re + im * im;
    }
    return ldexp(sqrt(squares), exponent);
}

static double taps_of(const operand *a, const operand *v) { return (double)(a->len < v->len ? a->len : v->len); }

tolerance transform_bound(const operand *a, const operand *v, size_t points) {
    double tiny = a->dtype->dtype == MLX_FLOAT64 ? DBL_MIN : (double)FLT_MIN;
    /* The published constant, 0.2, is for 256 points and more. The fewer the points, the less errors cancel, and the
     * result's own rounding alone is half an eps. */
    double constant = points < 256 ? 1 : 0.2;
    double rounding = constant * log2((double)points) * (a->dtype->eps * norm(a)) * norm(v);
    return (tolerance){0, rounding + taps_of(a, v) * tiny};
}

tolerance bound_for(const operand *a, const operand *v, mlx_mode mode) {
    method_plan plan = method_for(a->dtype, a->len, v->len, mode);
    if (plan.direct || is_exact(a->dtype)) {
        return (tolerance){taps_of(a, v) * a->dtype->eps, 0};
    }
    return transform_bound(a, v, plan.points);
}

/* Half the distance between neighbours of a half-precision type around x; 0 for the other types. */
static double half_ulp(const dtype_info *dtype, double x) {
    int mantissa_bits = dtype->dtype == MLX_FLOAT16 ? 10 : 7;
    int lowest_exponent = dtype->dtype == MLX_FLOAT16 ? -14 : -126;
    if (dtype->size != 2) {
        return 0;
    }
    int exponent;
    frexp(x, &exponent);
    exponent = exponent - 1 < lowest_exponent ? lowest_exponent : exponent - 1;
    return ldexp(0.5, exponent - mantissa_bits);
}

static bool close_enough(const dtype_info *dtype, double got, double want, double size, tolerance allowed) {
    double bound = allowed.factor * size + allowed.absolute;
    return fabs(got - want) <= bound + half_ulp(dtype, fabs(want) + bound);
}

void check_full(const operand *a, const operand *v, size_t n, const void *out, size_t i, tolerance allowed) {
    const dtype_info *dtype = a->dtype;
    expected want = schoolbook(a, v, n);
    unsigned char rounded[16];
    bool good;
    if (is_exact(dtype)) {
        uint64_t mask = ~UINT64_C(0) >> (64 - 8 * dtype->size);
        good = ((load_bits(dtype, out, i) ^ want.bits) & mask) == 0;
        if (dtype->kind == KIND_BOOL) {
            good = good && ((const unsigned char *)out)[i] <= 1;
        }
        if (!good) {
            fail_msg("%s %zu x %zu: output %zu, full[%zu], is %" PRIu64 ", not %" PRIu64 " (modulo 2^%zu)", dtype->name,
                     a->len, v->len, i, n, load_bits(dtype, out, i) & mask, want.bits & mask, 8 * dtype->size);
        }
        return;
    }
    double re = load_re(dtype, out, i), im = load_im(dtype, out, i);
    if (allowed.factor == 0 && allowed.absolute == 0) {
        store(dtype, rounded, 0, want.re, want.im);
        good = re == load_re(dtype, rounded, 0) && im == load_im(dtype, rounded, 0);
    } else {
        good = close_enough(dtype, re, want.re, want.size_re, allowed) &&
               close_enough(dtype, im, want.im, want.size_im, allowed);
    }
    if (!good) {
        fail_msg("%s %zu x %zu: output %zu, full[%zu], is %.17g%+.17gi, not %.17g%+.17gi; allowed %g (%g%+gi) + %g",
                 dtype->name, a->len, v->len, i, n, re, im, want.re, want.im, allowed.factor, want.size_re, want.size_im,
                 allowed.absolute);
    }
}

void check_output(const operand *a, const operand *v, mlx_mode mode, const void *out, size_t i, tolerance allowed) {
    check_full(a, v, window_start(a->len, v->len, mode) + i, out, i, allowed);
}

void check_outputs(const operand *a, const operand *v, mlx_mode mode, const void *out, size_t samples,
                   tolerance allowed) {
    size_t len = mlx_convolve_length(a->len, v->len, mode);
    uint64_t seed = len;
    if (samples == 0 || samples >= len) {
        for (size_t i = 0; i < len; i++) {
            check_output(a, v, mode, out, i, allowed);
        }
        return;
    }
    check_output(a, v, mode, out, 0, allowed);
    check_output(a, v, mode, out, len - 1, allowed);
    for (size_t s = 0; s < samples; s++) {
        check_output(a, v, mode, out, next_random(&seed) % len, allowed);
    }
}
