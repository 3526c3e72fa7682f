/* What mlx_convolve_with and its companions compute, by its definition: each boundary, operation, mode and range as a
 * convolution of a signal that was really continued with a filter that was really reversed. */
#ifndef C_TESTS_SUMS_H
#define C_TESTS_SUMS_H

#include "oracle.h"

enum { BOUNDARIES = 5, OPERATIONS = 2 };
extern const char *const boundary_names[BOUNDARIES];

extern const mlx_convolve_options default_options;

/* The outputs that options ask for: y[first], y[first + 1], ... */
typedef struct {
    size_t first, count;
} outputs;

/* The outputs that the mode keeps; none where lengths and mode do not fit. */
outputs kept_outputs(size_t a_len, size_t v_len, const mlx_convolve_options *options);
outputs wanted_outputs(size_t a_len, size_t v_len, const mlx_convolve_options *options);

/* A problem whose answers are known. */
typedef struct {
    operand signal, filter; /* y[j] is full[j + before] of these two */
    size_t before;
    outputs wanted;
    tolerance allowed;
} sums;

/* For operands whose values are elements of `dtype`, the result's. The bounds are the published ones, for the method
 * that the library says it uses; where sums of small integers are direct, their values are exact. */
sums sums_of(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
             const mlx_convolve_options *options, bool small_values);
void sums_free(sums *problem);

/* Fails the test where `out` is not the problem's answer: at all outputs, or at `samples` random ones where > 0. */
void check_sums(const sums *problem, const void *out, size_t samples);

/* Whether mlx_convolve_explain_with says that sums are direct. There must be outputs. */
bool are_direct(mlx_dtype dtype, size_t a_len, size_t v_len, const mlx_convolve_options *options);

/* mlx_convolve_into_with, into fresh memory. */
void *through_into_with(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
                        const mlx_convolve_options *options, size_t *out_len);

/* mlx_convolve_with on the default stream, waited for; the values copied to fresh memory. */
void *array_values_with(mlx_array a, mlx_array v, const mlx_convolve_options *options, size_t *out_len);

#endif
