/* The schoolbook sum in higher precision, one output at a time, and the largest permitted difference from it. */
#ifndef C_TESTS_ORACLE_H
#define C_TESTS_ORACLE_H

#include "support.h"

/* Values of one input, as numbers that the oracle can sum. */
typedef struct {
    const dtype_info *dtype;
    size_t len;
    uint64_t *bits; /* bool and integers, modulo 2^64 */
    double *re;     /* floats */
    double *im;     /* complex64 only */
} operand;

operand operand_of(const dtype_info *dtype, const void *data, size_t len);
void operand_free(operand *values);

/* full[n] in the schoolbook's way. */
typedef struct {
    uint64_t bits;           /* bool and integers */
    double re, im;           /* floats: twice the precision of float64, rounded */
    double size_re, size_im; /* sums of |a||v| */
} expected;

expected schoolbook(const operand *a, const operand *v, size_t n);

/* full's index of output `i`. */
size_t window_start(size_t a_len, size_t v_len, mlx_mode mode);

/* How close to the schoolbook a result must come: |y - ref| <= factor (|a| conv |v|) + absolute, and half an
 * ulp where the result is a half type. */
typedef struct {
    double factor;   /* K eps for direct sums; 0 where they do not round */
    double absolute; /* what transforms may add */
} tolerance;

/* The published bounds, for the method that the library says it uses: K eps (|a| conv |v|) for direct sums; with
 * the tests' constant, 0.2 eps log2(B) ||a|| ||v|| + K tiny, for transforms. */
tolerance bound_for(const operand *a, const operand *v, mlx_mode mode);

/* The same for transforms of `points` points that read no more of `a` than it holds. */
tolerance transform_bound(const operand *a, const operand *v, size_t points);

/* Fails the test where element `i` of `out` is not full[n]. */
void check_full(const operand *a, const operand *v, size_t n, const void *out, size_t i, tolerance allowed);

/* Fails the test where output `i` of a convolution in `mode` is not the schoolbook's. */
void check_output(const operand *a, const operand *v, mlx_mode mode, const void *out, size_t i, tolerance allowed);

/* check_output for all outputs, or for `samples` random ones where samples > 0. */
void check_outputs(const operand *a, const operand *v, mlx_mode mode, const void *out, size_t samples,
                   tolerance allowed);

#endif
