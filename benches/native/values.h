/* The 14 dtypes: random values, and what a convolution of them is by definition. */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include <mlx_convolve.h>

#include <stddef.h>
#include <stdint.h>

typedef enum { KIND_BOOL, KIND_UNSIGNED, KIND_SIGNED, KIND_FLOAT, KIND_COMPLEX } value_kind;

typedef struct {
    mlx_dtype number;
    const char *name;
    size_t size; /* bytes of one element */
    value_kind kind;
    double eps;     /* from 1 to the next value of the dtype; 0 where results are exact */
    double sum_eps; /* the same of the dtype that it is summed in */
} dtype_info;

/* NULL where there is no such dtype. */
const dtype_info *dtype_named(const char *name);

/* Random values: all bits of integers, floats in (-1, 1). Of bools, `share` are true. */
void fill(const dtype_info *dtype, void *values, size_t len, double share, uint64_t seed);

/* Uniform in (-1, 1). */
double next_uniform(uint64_t *state);

/* An element, exactly: of integers the value modulo 2^64. */
typedef struct {
    double re, im;
    uint64_t bits;
} value;
value load(const dtype_info *dtype, const void *values, size_t i);

/* sqrt(sum of |x|^2) */
double norm(const dtype_info *dtype, const void *values, size_t len);

/* |got - want|; of exact dtypes 0 or infinity. */
double difference(const dtype_info *dtype, value got, value want);

/* full[n] by definition, of `a` and the shorter `v`. */
value convolved(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, size_t n);

#endif
