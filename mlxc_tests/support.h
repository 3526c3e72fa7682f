/* The common part of the test programs: cmocka, mlx-c, mlx_convolve on it, arrays of floats, and mlx-c's errors. */
#ifndef MLXC_TESTS_SUPPORT_H
#define MLXC_TESTS_SUPPORT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlx/c/mlx.h"

#include "mlx_convolve_mlxc.h"

/* Of all tests: an error handler that counts and keeps messages, and the default stream of the CPU. A setup and
 * a teardown of cmocka's. */
int begin(void **state);
int end(void **state);
extern mlx_stream stream;

/* Asserts 0, and that the error handler was not called. */
#define assert_ok(call) assert_ok_((call), #call, __FILE__, __LINE__)
void assert_ok_(int status, const char *call, const char *file, int line);

/* Asserts 1 and one call of the error handler, with "[convolve] " and `words` first in its message. */
#define assert_refused(call, words) assert_refused_((call), (words), #call, __FILE__, __LINE__)
void assert_refused_(int status, const char *words, const char *call, const char *file, int line);

/* A new stream of the CPU. */
mlx_stream new_stream(void);

/* An array of a length, of float32: `at`, `at` + `step`, ... */
mlx_array ramp(int len, float at, float step);

/* An array of floats in [-1, 1), always the same. */
mlx_array noise(int len, unsigned seed);

/* The element, of an array that is evaluated. */
float at(mlx_array array, size_t i);

/* Whether the values are there. */
bool available(mlx_array array);

/* Asserts that the array, which is evaluated, has the values of the convolution of two evaluated arrays of float32. */
void assert_convolution(mlx_array got, mlx_array a, mlx_array v, mlx_mode mode);

/* What MLX says that it holds. */
size_t active_memory(void);

#endif
