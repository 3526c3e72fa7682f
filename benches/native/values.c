#include "values.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define HALF_EPSILON 0x1p-10
#define BRAIN_EPSILON 0x1p-7

static const dtype_info dtypes[] = {
    {MLX_BOOL, "bool", 1, KIND_BOOL, 0, 0},
    {MLX_UINT8, "uint8", 1, KIND_UNSIGNED, 0, 0},
    {MLX_UINT16, "uint16", 2, KIND_UNSIGNED, 0, 0},
    {MLX_UINT32, "uint32", 4, KIND_UNSIGNED, 0, 0},
    {MLX_UINT64, "uint64", 8, KIND_UNSIGNED, 0, 0},
    {MLX_INT8, "int8", 1, KIND_SIGNED, 0, 0},
    {MLX_INT16, "int16", 2, KIND_SIGNED, 0, 0},
    {MLX_INT32, "int32", 4, KIND_SIGNED, 0, 0},
    {MLX_INT64, "int64", 8, KIND_SIGNED, 0, 0},
    {MLX_FLOAT16, "float16", 2, KIND_FLOAT, HALF_EPSILON, FLT_EPSILON},
    {MLX_FLOAT32, "float32", 4, KIND_FLOAT, FLT_EPSILON, FLT_EPSILON},
    {MLX_FLOAT64, "float64", 8, KIND_FLOAT, DBL_EPSILON, DBL_EPSILON},
    {MLX_BFLOAT16, "bfloat16", 2, KIND_FLOAT, BRAIN_EPSILON, FLT_EPSILON},
    {MLX_COMPLEX64, "complex64", 8, KIND_COMPLEX, FLT_EPSILON, FLT_EPSILON},
};

const dtype_info *dtype_named(const char *name) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            return &dtypes[i];
        }
    }
    return NULL;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double next_uniform(uint64_t *state) { return (double)(int64_t)next_random(state) * 0x1p-63; }

void fill(const dtype_info *dtype, void *values, size_t len, double share, uint64_t seed) {
    size_t parts = dtype->kind == KIND_COMPLEX ? 2 : 1;
    for (size_t i = 0; i < len * parts; i++) {
        char *to = (char *)values + i * (dtype->size / parts);
        uint64_t bits = next_random(&seed);
        if (dtype->number == MLX_FLOAT64) {
            double x = next_uniform(&seed);
            memcpy(to, &x, sizeof x);
        } else if (dtype->number == MLX_FLOAT16) {
            /* Random sign and fraction, exponent -1: half precision has no arithmetic here. */
            uint16_t half = (bits & 0x83ff) | 0x3800;
            memcpy(to, &half, sizeof half);
        } else if (dtype->kind >= KIND_FLOAT) {
            float x = (float)next_uniform(&seed);
            /* bfloat16 is the upper half of a float: on a little-endian machine its second part. */
            memcpy(to, (char *)&x + sizeof x - dtype->size / parts, dtype->size / parts);
        } else if (dtype->kind == KIND_BOOL) {
            *to = fabs(next_uniform(&seed)) < share;
        } else {
            memcpy(to, &bits, dtype->size);
        }
    }
}

static float half_to_float(uint16_t half) {
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float size = exponent == 31  ? (fraction ? NAN : INFINITY)
                 : exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(fraction + 1024), exponent - 25);
    return half & 0x8000 ? -size : size;
}

value load(const dtype_info *dtype, const void *values, size_t i) {
    const char *at = (const char *)values + i * dtype->size;
    value loaded = {0, 0, 0};
    float parts[2] = {0, 0};
    if (dtype->number == MLX_FLOAT64) {
        memcpy(&loaded.re, at, sizeof loaded.re);
    } else if (dtype->number == MLX_FLOAT16) {
        uint16_t half;
        memcpy(&half, at, sizeof half);
        loaded.re = half_to_float(half);
    } else if (dtype->kind >= KIND_FLOAT) {
        memcpy((char *)parts + (dtype->size == 2 ? 2 : 0), at, dtype->size);
        loaded.re = parts[0];
        loaded.im = parts[1];
    } else {
        memcpy(&loaded.bits, at, dtype->size);
    }
    return loaded;
}

double norm(const dtype_info *dtype, const void *values, size_t len) {
    double sum = 0;
    for (size_t i = 0; i < len; i++) {
        value x = load(dtype, values, i);
        sum += x.re * x.re + x.im * x.im;
    }
    return sqrt(sum);
}

double difference(const dtype_info *dtype, value got, value want) {
    if (dtype->kind < KIND_FLOAT) {
        return got.bits == want.bits ? 0 : INFINITY;
    }
    double size = hypot(got.re - want.re, got.im - want.im);
    return isnan(size) ? INFINITY : size;
}

value convolved(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, size_t n) {
    long double re = 0, im = 0;
    uint64_t bits = 0;
    for (size_t k = n < a_len ? 0 : n - a_len + 1; k < v_len && k <= n; k++) {
        value x = load(dtype, a, n - k), y = load(dtype, v, k);
        re += (long double)x.re * y.re - (long double)x.im * y.im;
        im += (long double)x.re * y.im + (long double)x.im * y.re;
        bits = dtype->kind == KIND_BOOL ? bits | (x.bits & y.bits) : bits + x.bits * y.bits;
    }
    /* Modulo 2^bits of the dtype, as load gives it. */
    bits &= dtype->size < 8 ? (UINT64_C(1) << 8 * dtype->size) - 1 : UINT64_MAX;
    return (value){(double)re, (double)im, dtype->kind < KIND_FLOAT ? bits : 0};
}
